"""Writing: once, to the letter, and never over what somebody else just changed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from connectors.base.client import RetryPolicy
from connectors.base.connector import Connector
from connectors.base.errors import AuthExpired, Conflict, ConnectorError, NotFound, Rejected, Transient
from connectors.base.resource import Map, Resource, dig
from connectors.base.writes import PreparedWrite
from tests.connectors.suite.adapter import Missing, Said
from tests.connectors.suite.french import is_french
from tests.connectors.suite.reading import compare, gone, pull, records
from tests.connectors.suite.registry import Case, can, of_resource

ONE_TRY = RetryPolicy(max_retries=0)
CREATE = can("create")


def create_said(case: Case) -> Said:
    """What the adapter creates through the connector."""
    return case.desk.said(case.subject.create, f"{case.name}.create")


def prepare(case: Case, connector: Connector, said: Said, *, key: str = "clé-1", reference: str = "NOTRE-1") -> Any:
    """A creation, stored and read back as the engine does."""
    prepared = connector.prepare_push(case.name, said.values, idempotency_key=key, reference=reference)
    assert PreparedWrite.from_json(prepared.to_json()) == prepared
    return prepared


def created(case: Case, connector: Connector) -> dict[str, Any]:
    """An object that the connector made, as it then is."""
    return connector.send(prepare(case, connector, create_said(case)))


def fresh(case: Case, connector: Connector, raw: Mapping[str, Any]) -> dict[str, Any]:
    """An object as it is now."""
    return connector.fetch(case.name, case.resource.remote_id(raw))


@of_resource(CREATE)
def create(case: Case) -> None:
    """One object more, with what was sent to the letter and to the cent, and our credential in none of it."""
    connector = case.desk.connect()
    said = create_said(case)
    before = case.live_ids()
    case.desk.forget()
    prepared = prepare(case, connector, said)
    assert case.desk.requests() == [], "a write is prepared without a request"
    assert not any(secret in prepared.to_json() for secret in case.desk.secrets)
    made = connector.send(prepared)
    assert case.live_ids() - before == {case.resource.remote_id(made)}
    for raw in (made, fresh(case, connector, made)):
        compare(case, raw, said.expect)
    if not any(isinstance(value, str) and "Œ" in value for value in said.expect.values()):
        raise Missing("create.expect holds no « Œ », use ACCENTS")
    writes_money = any(one.type == "money" and one.direction in ("both", "out") for one in case.resource.mappings)
    if writes_money and not any(isinstance(value, Decimal) and value % 1 for value in said.expect.values()):
        raise Missing("create.expect holds no Decimal with cents")


@of_resource(CREATE)
def guard(case: Case) -> None:
    """The declared create_guard keeps the same creation from making two objects."""
    connector = case.desk.connect()
    said = create_said(case)
    before = case.live_ids()
    prepared = prepare(case, connector, said)
    made = connector.send(prepared)
    replay(case, connector, prepared, made)
    assert case.live_ids() - before == {case.resource.remote_id(made)}


def replay(case: Case, connector: Connector, prepared: PreparedWrite, made: Mapping[str, Any] | None) -> str:
    """What the engine does with a creation whose outcome it does not know, by the declared guard: the id it ends with.

    key: the same bytes again. external_id: again, the provider then names or refuses the second one. lookup: look for
    it. hold: nothing, a person decides; the write must then say that it is not repeatable.
    """
    kind = case.resource.create_guard
    if kind == "hold":
        assert not prepared.repeatable
        return ""
    if kind == "lookup":
        found = connector.lookup(case.name, keys(case))
        assert len(found) == 1
    else:
        assert kind == "external_id" or prepared.repeatable
        try:
            found = [connector.send(prepared)]
        except Conflict as error:
            assert kind == "external_id" and is_french(error.sentence)
            return ""
    remote_id = case.resource.remote_id(found[0])
    assert made is None or remote_id == case.resource.remote_id(made)
    return remote_id


def keys(case: Case) -> Mapping[str, str]:
    """What finds the object that was created."""
    found = case.subject.lookup
    if found is None:
        raise Missing(f"{case.name}.lookup: the adapter does not say")
    return found(case.desk.memory) if callable(found) else found


@of_resource(CREATE)
def time_out(case: Case) -> None:
    """A creation whose answer never came is found again and not made twice."""
    said, before = create_said(case), case.live_ids()
    hasty = case.desk.connect(retry=ONE_TRY, timeout=0.25)
    prepared = prepare(case, hasty, said)
    case.desk.forget()
    case.desk.fault("timeout", seconds=0.4, after=True, method=prepared.method)
    with pytest.raises(Transient) as caught:
        hasty.send(prepared)
    assert caught.value.code == "timeout" and is_french(caught.value.sentence)
    deadline = time.monotonic() + 5
    while not case.desk.requests() and time.monotonic() < deadline:
        time.sleep(0.02)
    made = case.live_ids() - before
    assert len(made) == 1
    found = replay(case, case.desk.connect(), prepared, None)
    assert case.live_ids() - before == made
    assert found in {"", *made}


@of_resource(CREATE)
def duplicate(case: Case) -> None:
    """What may stand only once is a Conflict the second time, and is not made."""
    connector, twice = case.desk.connect(), case.subject.duplicate
    by_reference = twice == "reference"
    said = create_said(case) if twice == "reference" else case.desk.said(twice, f"{case.name}.duplicate")
    connector.send(prepare(case, connector, said))
    before = case.live_ids()
    again = prepare(case, connector, said, key="clé-2", reference="NOTRE-1" if by_reference else "NOTRE-2")
    with pytest.raises(Conflict) as caught:
        connector.send(again)
    assert is_french(caught.value.sentence)
    assert case.live_ids() == before


@of_resource(CREATE)
def invalid(case: Case) -> None:
    """Values that the provider refuses: Rejected, each field named with a French sentence, nothing made."""
    connector, before = case.desk.connect(), case.live_ids()
    said = case.desk.said(case.subject.invalid, f"{case.name}.invalid")
    with pytest.raises(Rejected) as caught:
        connector.send(prepare(case, connector, said))
    assert is_french(caught.value.sentence)
    assert all(is_french(sentence) for sentence in caught.value.field_errors.values())
    assert set(said.expect) <= set(caught.value.field_errors)
    assert case.live_ids() == before


@of_resource(CREATE)
def unauthorized_write(case: Case) -> None:
    """A creation that meets 401 goes again with a new token, once; without one, nothing is made."""
    connector, said, before = case.desk.connect(), create_said(case), case.live_ids()
    connector.check()
    prepared = prepare(case, connector, said)
    if case.adapter.renews(case.desk.way):
        case.desk.expire()
        made = connector.send(prepared)
        assert case.live_ids() - before == {case.resource.remote_id(made)}
        return
    case.desk.fault("revoked_key")
    with pytest.raises(AuthExpired):
        connector.send(prepared)
    assert case.live_ids() == before


@of_resource(can("create", "update"))
def update(case: Case) -> None:
    """Only what was sent changes."""
    connector = case.desk.connect()
    before = fresh(case, connector, created(case, connector))
    said = case.desk.said(case.subject.update, f"{case.name}.update")
    after = connector.send(_change(case, connector, before, said))
    compare(case, after, said.expect)
    was, now = case.read(before), case.read(fresh(case, connector, after))
    assert {name for name in now if now[name] != was[name]} <= {*said.expect, *said.moves}
    assert all(now[name] != was[name] for name in said.expect), "the update must change what it expects"
    assert case.resource.version(after) != case.resource.version(before) or not case.resource.version(before)


@of_resource(can("create", "update"))
def echo(case: Case) -> None:
    """What a write answers is what the next pull brings: our own change must not come back as somebody else's."""
    connector = case.desk.connect()
    cursor = pull(case, connector)[-1].cursor
    case.desk.advance(seconds=2)
    answer = created(case, connector)
    for write in (None, case.desk.said(case.subject.update, f"{case.name}.update")):
        if write:
            answer = connector.send(_change(case, connector, answer, write))
        pages = pull(case, connector, cursor)
        brought = {case.resource.remote_id(record): record for record in records(pages)}
        record = brought[case.resource.remote_id(answer)]
        assert case.read(record) == case.read(answer)
        assert case.resource.version(record) == case.resource.version(answer)
        cursor = pages[-1].cursor


@of_resource(lambda resource: bool(resource.version_field) and can("create", "update")(resource))
def stale_update(case: Case) -> None:
    """A change of an older state is a Conflict, and what the owner changed meanwhile stays."""
    connector = case.desk.connect()
    before = created(case, connector)
    theirs = case.desk.said(case.subject.change, "change")
    mine = next(raw for raw in case.desk.live(case.subject) if case.id_of(raw) == case.resource.remote_id(before))
    case.desk.advance(seconds=2)
    case.desk.control.edit(case.subject.kind, mine["id"], slug=case.desk.slug, **theirs.values)
    said = case.desk.said(case.subject.update, f"{case.name}.update")
    with pytest.raises(Conflict) as caught:
        connector.send(_change(case, connector, before, said))
    assert is_french(caught.value.sentence)
    compare(case, fresh(case, connector, before), theirs.expect)


EMPTIABLE = ("string", "text", "email", "phone")


def emptiable(resource: Resource) -> list[Map]:
    """Mappings of plain values that a person may take away."""
    return [
        one
        for one in resource.mappings
        if one.direction == "both" and one.type in EMPTIABLE and not (one.required or one.codec or one.option)
    ]


@of_resource(lambda resource: can("create", "update")(resource) and bool(emptiable(resource)))
def emptied(case: Case) -> None:
    """What a person takes away on the platform is taken away at the provider (the engine sends null), field by field;
    what the provider wants to keep is Rejected, and never silently left as it was."""
    connector = case.desk.connect()
    base = fresh(case, connector, created(case, connector))
    filled = [one for one in emptiable(case.resource) if dig(base, one.remote) not in (None, "")]
    if not filled:
        raise Missing(f"{case.name}.create fills none of {', '.join(one.remote for one in emptiable(case.resource))}")
    for one in filled:
        if one.local in case.subject.keeps:
            continue
        try:
            change = _change(case, connector, base, Said(_without(case, base, one)), key=f"sans-{one.remote}")
            connector.send(change)
        except Rejected as error:
            assert is_french(error.sentence)
            continue
        base = fresh(case, connector, base)
        assert case.read(base)[one.local] in (None, ""), f"{one.remote} is filled again: is {one.local} one of `keeps`?"


def _without(case: Case, base: Mapping[str, Any], gone_one: Map) -> dict[str, Any]:
    """The values that take one away. A nested object goes whole, as the engine sends it."""
    top, values = gone_one.remote.partition(".")[0], dict[str, Any]()
    for one in case.resource.mappings:
        if one.remote.partition(".")[0] == top and one.direction in ("both", "out"):
            _put(values, one.remote, None if one is gone_one else _again(case, one, dig(base, one.remote)))
    return values


def _put(values: dict[str, Any], path: str, raw: Any) -> None:
    *parents, last = path.split(".")
    for step in parents:
        values = values.setdefault(step, {})
    values[last] = raw


def _again(case: Case, one: Map, raw: Any) -> Any:
    """A value as the engine writes back what it read."""
    if one.codec:
        codec = case.resource.codecs[one.codec]
        decoded = codec.decode(raw)
        return None if decoded is None else codec.encode(decoded)
    return raw


def _change(case: Case, connector: Connector, base: Mapping[str, Any], said: Said, key: str = "clé-3") -> PreparedWrite:
    return connector.prepare_push(
        case.name, said.values, idempotency_key=key, remote_id=case.resource.remote_id(base),
        version=case.resource.version(base), base=base,
    )  # fmt: skip


@of_resource(can("update"))
def update_missing(case: Case) -> None:
    """A change of what is gone is NotFound."""
    connector = case.desk.connect()
    made = case.desk.new(case.subject)[0]
    base = connector.fetch(case.name, case.id_of(made))
    case.desk.delete(case.subject, made)
    with pytest.raises((NotFound, Conflict)) as caught:
        connector.send(_change(case, connector, base, case.desk.said(case.subject.update, f"{case.name}.update")))
    assert is_french(caught.value.sentence)


@of_resource(can("delete"))
def delete(case: Case) -> None:
    """An object that the connector deletes is gone; a second time is no trouble that a person must look at."""
    connector = case.desk.connect()
    base = connector.fetch(case.name, case.id_of(case.desk.new(case.subject)[0]))
    remote_id, version = case.resource.remote_id(base), case.resource.version(base)
    assert remote_id in case.live_ids()
    prepared = connector.prepare_delete(case.name, remote_id, idempotency_key="clé-4", version=version)
    assert PreparedWrite.from_json(prepared.to_json()) == prepared
    connector.send(prepared)
    assert remote_id not in case.live_ids()
    assert gone(case, connector, remote_id)
    try:
        connector.delete(case.name, remote_id, idempotency_key="clé-5", version=version)
    except ConnectorError as error:
        assert isinstance(error, (NotFound, Conflict))


@of_resource(can("create", "lookup"))
def lookup(case: Case) -> None:
    """What was made is found by what it carries; nothing is found by what nothing carries."""
    connector = case.desk.connect()
    made = created(case, connector)
    wanted = keys(case)
    assert set(wanted) <= set(case.resource.lookup_fields)
    found = [case.resource.remote_id(raw) for raw in connector.lookup(case.name, wanted)]
    assert found == [case.resource.remote_id(made)]
    assert connector.lookup(case.name, dict.fromkeys(wanted, "inconnu@exemple.invalid")) == []


@of_resource(can("act"))
def act(case: Case) -> None:
    """Each act does what it says."""
    for action in case.resource.acts:
        if action.name not in case.subject.acts:
            raise Missing(f"{case.name}.acts: the adapter does not say what {action.name} leads to")
        expected = case.subject.acts[action.name]
        connector = case.desk.connect()
        base = connector.fetch(case.name, case.id_of(case.desk.new(case.subject)[0]))
        after = connector.send(
            connector.prepare_act(
                case.name, case.resource.remote_id(base), action.name, idempotency_key=f"acte-{action.name}",
                version=case.resource.version(base),
            )
        )  # fmt: skip
        compare(case, after or fresh(case, connector, base), expected)
