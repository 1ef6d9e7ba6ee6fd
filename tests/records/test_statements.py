"""The number of statements does not depend on the number of changes."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from integrations.records.services import Change, apply
from tests.records.conftest import ADDRESS, SYNC, create, statements


def kinds_of(seen: Iterable[str]) -> Counter[str]:
    return Counter(sql.split()[0] for sql in seen)


def properties(count: int) -> list[Change]:
    return [
        Change("property", action="create", values={"name": f"Immeuble {n}", "address": ADDRESS}) for n in range(count)
    ]


def jobs(count: int) -> list[Change]:
    line = {"description": "Heure", "quantity": 1, "unit_price": "95", "total": "95"}
    return [Change("job", action="create", values={"title": f"T{n}", "lines": [line, line]}) for n in range(count)]


@pytest.mark.django_db
@pytest.mark.parametrize("count", [10, 1000])
def test_creating_costs_one_insert_of_records_and_one_of_history(count: int) -> None:
    with statements() as seen:
        created = apply(properties(count), SYNC)
    assert kinds_of(seen) == {"INSERT": 2}
    with statements() as seen:
        apply(
            [Change("property", each.id, values={"name": f"{each.version}", "unit_count": 3}) for each in created], SYNC
        )
    assert kinds_of(seen) == {"SELECT": 1, "INSERT": 2}
    with statements() as seen:
        again = apply([Change("property", each.id, values={"unit_count": 3}) for each in created], SYNC)
    assert kinds_of(seen) == {"SELECT": 1} and {each.action for each in again} == {"unchanged"}


@pytest.mark.django_db
@pytest.mark.parametrize("count", [10, 1000])
def test_creates_and_updates_of_a_kind_share_their_statement(count: int) -> None:
    known = apply(properties(count), SYNC)
    mixed = [*properties(count), *(Change("property", each.id, values={"code": "x"}) for each in known)]
    with statements() as seen:
        apply(mixed, SYNC)
    assert kinds_of(seen) == {"SELECT": 1, "INSERT": 2}


@pytest.mark.django_db
@pytest.mark.parametrize("count", [10, 1000])
def test_events_add_one_insert_and_lines_a_read_a_delete_and_an_insert(count: int) -> None:
    with statements() as seen:
        created = apply(jobs(count), SYNC)
    assert kinds_of(seen) == {"INSERT": 4}  # jobs, lines, history, events
    with statements() as seen:
        apply([Change("job", each.id, values={"lines": [{"description": "Neuve"}]}) for each in created], SYNC)
    assert kinds_of(seen) == {"SELECT": 2, "DELETE": 1, "INSERT": 4}


@pytest.mark.django_db
def test_several_kinds_cost_a_lock_and_a_write_each() -> None:
    customer, contact = create("customer", name="A"), create("contact", name="B")
    changes: list[Any] = [
        Change("customer", customer.pk, values={"name": "AA"}),
        Change("contact", contact.pk, values={"name": "BB"}),
    ]
    with statements() as seen:
        apply(changes, SYNC)
    # customers with their divisions, contacts; customers, contacts, history, events, marks for the webhooks.
    assert kinds_of(seen) == {"SELECT": 3, "INSERT": 4}
    assert not [sql for sql in seen if "SAVEPOINT" in sql]
