"""Nobody writes records past the door."""

from collections.abc import Callable
from typing import Any

import pytest

from integrations.records.kinds import KINDS
from integrations.records.models import Customer, Event, JobLine, RecordHistory, Unit, WriteThroughDoor
from tests.records.conftest import create

pytestmark = pytest.mark.django_db

WRITES: dict[str, Callable[[Any], Any]] = {
    "create": lambda m: m.objects.create(),
    "bulk_create": lambda m: m.objects.bulk_create([m()]),
    "bulk_update": lambda m: m.objects.bulk_update([m()], ["id"]),
    "get_or_create": lambda m: m.objects.get_or_create(),
    "update_or_create": lambda m: m.objects.update_or_create(),
    "update": lambda m: m.objects.update(id=None),
    "filtered update": lambda m: m.objects.filter(pk=None).update(id=None),
    "delete": lambda m: m.objects.all().delete(),
    "save": lambda m: m().save(),
    "instance delete": lambda m: m().delete(),
    "default manager": lambda m: m._default_manager.create(),
}
MODELS = [*(kind.model for kind in KINDS.values()), JobLine, RecordHistory, Event]


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_other_way_to_write_is_closed(model: Any, write: Callable[[Any], Any]) -> None:
    with pytest.raises(WriteThroughDoor, match=rf"{model.__name__}\..*records\.services\.apply"):
        write(model)


def test_related_managers_are_closed_too() -> None:
    building = create("property", name="P")
    unit = create("unit", property=building.pk, number="1")
    for write in (
        lambda: building.units.create(number="2"),
        lambda: building.units.add(unit, bulk=True),
        lambda: building.units.update(number="3"),
        lambda: building.units.all().delete(),
        lambda: Unit.objects.filter(number="1").update(number="4"),
    ):
        with pytest.raises(WriteThroughDoor):
            write()
    assert Unit.objects.get().number == "1"


async def _async_create() -> None:
    await Customer.objects.acreate(name="X")


def test_the_asynchronous_ways_are_closed() -> None:
    from asgiref.sync import async_to_sync

    with pytest.raises(WriteThroughDoor):
        async_to_sync(_async_create)()


def test_reading_is_free() -> None:
    create("customer", name="A")
    assert Customer.objects.live().filter(name="A").count() == Customer.objects.count() == 1
