"""Reading: everything, then what changed; pages, deletions, texts and amounts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from connectors.base.connector import Connector, Page
from connectors.base.errors import Misconfigured, NotFound
from tests.connectors.suite.adapter import Missing
from tests.connectors.suite.french import is_french
from tests.connectors.suite.registry import Case, can, of_resource

COMFORTABLE = 25


def size_of(case: Case) -> int:
    """A page of some records."""
    return max(case.subject.page_size, min(COMFORTABLE, case.resource.max_page_size))


def pull(case: Case, connector: Connector, cursor: Any = None, size: int = 0) -> list[Page]:
    """A whole pass; its cursors survive storage as JSON, its last page is marked, and it only read: one request a
    page."""
    case.desk.forget()
    pages = []
    for page in connector.pull(case.name, cursor, page_size=size or size_of(case)):
        assert json.loads(json.dumps(page.cursor)) == page.cursor
        json.dumps(page.records)
        pages.append(page)
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    made, aside, later = case.desk.requests(), case.subject.pass_requests, case.subject.later_requests
    aside = later if cursor and later is not None else aside
    assert all(case.desk.is_read(one) for one in made), made
    aside += case.subject.record_requests * len(records(pages)) if cursor else 0
    assert len(made) == len(pages) * case.subject.page_requests + aside, made
    return pages


def records(pages: list[Page]) -> list[dict[str, Any]]:
    """All of a pass."""
    return [record for page in pages for record in page.records]


def ids(case: Case, found: list[dict[str, Any]]) -> set[str]:
    """Their ids."""
    return {case.resource.remote_id(record) for record in found}


def alive(case: Case, found: list[dict[str, Any]]) -> set[str]:
    """The ids of those that are no tombstone."""
    return {case.resource.remote_id(record) for record in found if not case.resource.is_deleted(record)}


def compare(case: Case, raw: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """What is read of an object is what was expected of it."""
    read = case.read(raw)
    assert {name: read[name] for name in expected} == dict(expected)


@of_resource()
def full_pull(case: Case) -> None:
    """Everything that is there comes, and the mappings can read each of it."""
    found = records(pull(case, case.desk.connect()))
    assert found, "the demonstration data holds none"
    assert alive(case, found) == case.live_ids()
    for record in found:
        if not case.resource.is_deleted(record):
            case.read(record)
        if case.resource.version_field:
            assert case.resource.version(record)


@of_resource()
def page_edges(case: Case) -> None:
    """0, 1, a page, and a page and one more: all of them come, in as few requests as pages."""
    size = case.subject.page_size
    for count in (0, 1, size, size + 1):
        case.desk.empty()
        for _ in range(count):
            case.desk.advance(seconds=1)
            case.desk.new(case.subject)
        case.desk.advance(seconds=1)
        pages = pull(case, case.desk.connect(), size=size)
        wanted = case.live_ids()
        assert alive(case, records(pages)) == wanted
        assert len(wanted) == count
        # A provider that does not tell its last page shows it by a page that is not full.
        assert max(1, -(-count // size)) <= len(pages) <= count // size + 1


@of_resource()
def resume(case: Case) -> None:
    """A pull that was interrupted goes on right after the page whose cursor was saved."""
    for _ in range(max(0, case.subject.page_size + 1 - len(case.desk.live(case.subject)))):
        case.desk.new(case.subject)
    wanted = case.live_ids()
    size = max(case.subject.page_size, min(COMFORTABLE, len(wanted) // 2))
    first = next(iter(case.desk.connect().pull(case.name, None, page_size=size)))
    assert not first.last
    saved = json.loads(json.dumps(first.cursor))
    rest = records(list(case.desk.connect().pull(case.name, saved, page_size=size)))
    assert alive(case, first.records) | alive(case, rest) == wanted
    assert len(rest) <= len(ids(case, first.records + rest)) - len(first.records) + 2, "it began again"


@of_resource()
def incremental_pull(case: Case) -> None:
    """The next pull brings what was changed and made since, and next to nothing else."""
    desk, connector = case.desk, case.desk.connect()
    first = case.id_of(desk.new(case.subject)[0])
    cursor = pull(case, connector)[-1].cursor
    desk.advance(days=2)
    second = desk.new(case.subject)[0]
    cursor = pull(case, connector, cursor)[-1].cursor
    desk.advance(days=2)
    edited = next(raw for raw in desk.live(case.subject) if case.id_of(raw) == first)
    said = desk.change(case.subject, edited)
    made = case.id_of(desk.new(case.subject)[0])
    pages = pull(case, connector, cursor)
    found = {case.resource.remote_id(record): record for record in records(pages)}
    assert {first, made} <= set(found) <= {first, made, case.id_of(second)}
    compare(case, found[first], said.expect)
    assert ids(case, records(pull(case, connector, pages[-1].cursor))) <= set(found)


@of_resource()
def delete_seen(case: Case) -> None:
    """What is deleted at the provider arrives as a tombstone, and is no longer there."""
    desk, connector = case.desk, case.desk.connect()
    made = desk.new(case.subject)[0]
    cursor = pull(case, connector)[-1].cursor
    desk.advance(days=1)
    desk.delete(case.subject, made)
    found = {case.resource.remote_id(record): record for record in records(pull(case, connector, cursor))}
    assert case.id_of(made) in found, "not told"
    assert case.resource.is_deleted(found[case.id_of(made)])
    assert gone(case, connector, case.id_of(made))


def gone(case: Case, connector: Connector, remote_id: str) -> bool:
    """Whether an object is not found, or found as deleted."""
    try:
        return case.resource.is_deleted(connector.fetch(case.name, remote_id))
    except NotFound as error:
        return is_french(error.sentence)


@of_resource(can("fetch"))
def fetch(case: Case) -> None:
    """One object by its id, as a pull gives it; NotFound, in French, when there is none."""
    connector = case.desk.connect()
    made, said = case.desk.new(case.subject)
    raw = connector.fetch(case.name, case.id_of(made))
    assert case.resource.remote_id(raw) == case.id_of(made)
    compare(case, raw, said.expect)
    with pytest.raises(NotFound) as caught:
        connector.fetch(case.name, case.subject.missing)
    assert is_french(caught.value.sentence)


@of_resource()
def accents(case: Case) -> None:
    """A text comes through with every accent, both ways."""
    texts = _expected(case, str, "« Œ », use ACCENTS", lambda value: "Œ" in value)
    found = _read_new(case)
    assert {name: found[name] for name in texts} == texts


@of_resource(lambda resource: any(one.type == "money" for one in resource.mappings))
def money(case: Case) -> None:
    """An amount comes through to the cent, as a Decimal."""
    amounts = _expected(case, Decimal, "a Decimal with cents", lambda value: value % 1)
    found = _read_new(case)
    assert {name: found[name] for name in amounts} == amounts
    assert all(isinstance(found[name], Decimal) for name in amounts)


def _expected(case: Case, kind: type, what: str, wanted: Any) -> dict[str, Any]:
    made, said = case.desk.new(case.subject)
    case.desk.memory["made"] = case.id_of(made)
    found = {name: value for name, value in said.expect.items() if isinstance(value, kind) and wanted(value)}
    if not found:
        raise Missing(f"new.expect holds no {what}")
    return found


def _read_new(case: Case) -> dict[str, Any]:
    """The object that _expected() made, as the pull brings it."""
    found = records(pull(case, case.desk.connect()))
    return next(case.read(one) for one in found if case.resource.remote_id(one) == case.desk.memory["made"])


@of_resource()
def filters(case: Case) -> None:
    """A filter that the provider does not know is a setting to correct, not one that is left aside."""
    connector = case.desk.connect()
    case.desk.forget()
    with pytest.raises(Misconfigured) as caught:
        next(iter(connector.pull(case.name, None, page_size=5, filters={"couleur": "rouge"})))
    assert is_french(caught.value.sentence)
    assert case.desk.requests() == []
