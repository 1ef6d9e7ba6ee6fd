"""Several writers at once: nobody overwrites what they have not seen, and nobody waits for ever."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from integrations.records.models import Contact, Customer, Event, RecordHistory
from integrations.records.services import Change, StaleVersion, apply
from tests.records.conftest import SYNC, USER, create

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def together(*work: Callable[[], Any]) -> list[Any]:
    """Run functions at the same time, each on a database connection of its own; return results or exceptions."""
    start = threading.Barrier(len(work))

    def run(function: Callable[[], Any]) -> Any:
        try:
            start.wait(10)
            return function()
        except Exception as error:  # noqa: BLE001 - it is the answer
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as pool:
        return [future.result(30) for future in [pool.submit(run, function) for function in work]]


def test_of_two_corrections_of_the_same_version_one_is_told_that_it_is_late() -> None:
    for _round in range(5):
        customer = create("customer", name="Départ")

        def correct(name: str, pk: Any = customer.pk) -> Any:
            return apply([Change("customer", pk, values={"name": name}, expected_version=1)], USER)

        answers = together(lambda: correct("A"), lambda: correct("B"))
        assert sorted(type(answer).__name__ for answer in answers) == ["StaleVersion", "list"]
        record = Customer.objects.get(pk=customer.pk)
        winner = next(answer for answer in answers if not isinstance(answer, StaleVersion))
        assert (record.version, record.name) == (2, winner[0].record.name)


def test_changes_of_different_fields_are_both_kept() -> None:
    customer = create("customer", name="Départ")

    def repeat(field: str) -> None:
        for number in range(10):
            apply([Change("customer", customer.pk, values={field: f"{field} {number}"})], SYNC)

    assert together(lambda: repeat("name"), lambda: repeat("tax_number")) == [None, None]
    record = Customer.objects.get(pk=customer.pk)
    assert (record.name, record.tax_number, record.version) == ("name 9", "tax_number 9", 21)
    assert list(RecordHistory.objects.order_by("version").values_list("version", flat=True)) == list(range(1, 22))
    assert Event.objects.count() == 21


def test_batches_in_opposite_orders_never_deadlock() -> None:
    customers = [create("customer", name=f"C{number}").pk for number in range(10)]
    contacts = [create("contact", name=f"P{number}").pk for number in range(10)]
    forwards = [("customer", key) for key in customers] + [("contact", key) for key in contacts]

    def rename(order: list[tuple[str, Any]], text: str) -> None:
        for number in range(10):
            apply([Change(kind, key, values={"name": f"{text} {number}"}) for kind, key in order], SYNC)

    assert together(lambda: rename(forwards, "avant"), lambda: rename(forwards[::-1], "arrière")) == [None, None]
    assert set(Customer.objects.values_list("version", flat=True)) == {21}
    assert set(Contact.objects.values_list("version", flat=True)) == {21}


def test_a_record_can_be_referred_to_while_it_is_being_changed() -> None:
    customer = create("customer", name="Occupé")
    inside, done = threading.Event(), threading.Event()

    def hold() -> None:
        from django.db import transaction

        with transaction.atomic():
            apply([Change("customer", customer.pk, values={"name": "Changé"})], USER)
            inside.set()
            assert done.wait(10)

    def refer() -> Any:
        assert inside.wait(10)
        try:
            return create("job", title="T", customer=customer.pk).pk
        finally:
            done.set()

    held, job = together(hold, refer)
    assert held is None and job.version == 7
