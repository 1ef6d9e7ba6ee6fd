"""Many writes in one request: each row with its own outcome, in their order; a bad one spoils itself only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from connectors.base.connector import Connector
from connectors.base.errors import Conflict, NotFound, Rejected, Transient
from connectors.base.resource import Resource
from connectors.base.writes import Outcome, PreparedWrite
from tests.connectors.suite.adapter import Said
from tests.connectors.suite.french import is_french
from tests.connectors.suite.reading import compare
from tests.connectors.suite.registry import Applies, Case, of_resource
from tests.connectors.suite.writing import ONE_TRY, create_said, fresh

SOME = 3


def writes_many(action: str, *, keyed: bool | None = None) -> Applies:
    """Resources that take many of these writes in one request."""

    def applies(resource: Resource) -> bool:
        batch = resource.batch
        return batch is not None and action in batch.actions and keyed in (None, batch.keyed)

    return applies


def creations(case: Case, connector: Connector, said: Sequence[Said]) -> list[PreparedWrite]:
    """A creation of each, as the engine prepares them: each with a key and a reference of its own."""
    return [
        connector.prepare_push(case.name, one.values, idempotency_key=f"clé-{place}", reference=f"NOTRE-{place}")
        for place, one in enumerate(said)
    ]


def several(case: Case, count: int = SOME) -> list[Said]:
    """Different objects to create."""
    return [create_said(case) for _ in range(count)]


def made(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The objects of writes that all succeeded."""
    assert [one for one in outcomes if isinstance(one, Exception)] == []
    return [one for one in outcomes if isinstance(one, dict)]


def send(connector: Connector, writes: Sequence[PreparedWrite], key: str = "lot-1") -> list[Outcome]:
    """Join and send, stored and read back between the two as the engine does."""
    joined = connector.join(writes, idempotency_key=key)
    assert PreparedWrite.from_json(joined.to_json()) == joined
    return connector.send_many(PreparedWrite.from_json(joined.to_json()), writes)


@of_resource(writes_many("create"))
def batch_create(case: Case) -> None:
    """A full batch is one writing request; each row gives its object, in the order of the writes, to the letter."""
    connector, before = case.desk.connect(), case.live_ids()
    assert case.resource.batch is not None
    said = several(case, case.resource.batch.most)
    ids = case.live_ids() - before
    writes = creations(case, connector, said)
    case.desk.forget()
    joined = connector.join(writes, idempotency_key="lot-1")
    assert case.desk.requests() == [], "a batch is joined without a request"
    found = made(connector.send_many(joined, writes))
    sent = [one for one in case.desk.requests() if not case.desk.is_read(one)]
    assert len([one for one in sent if one["path"].endswith(joined.path)]) == 1
    assert case.live_ids() - before - ids == {case.resource.remote_id(one) for one in found}
    assert len({case.resource.remote_id(one) for one in found}) == len(writes)
    for raw, one in zip(found, said, strict=True):
        compare(case, raw, one.expect)
    assert case.read(fresh(case, connector, found[-1])) == case.read(found[-1])
    assert case.resource.version(fresh(case, connector, found[-1])) == case.resource.version(found[-1])


@of_resource(writes_many("create"))
def batch_bad_row(case: Case) -> None:
    """A row that the provider refuses is Rejected in French; the others are made."""
    connector, said = case.desk.connect(), several(case)
    bad = case.desk.said(case.subject.invalid, f"{case.name}.invalid")
    before = case.live_ids()
    good, refused, other = send(connector, creations(case, connector, [said[0], bad, said[1]]))
    assert isinstance(refused, Rejected) and is_french(refused.sentence)
    assert set(bad.expect) <= set(refused.field_errors)
    assert all(is_french(sentence) for sentence in refused.field_errors.values())
    found = made([good, other])
    assert case.live_ids() - before == {case.resource.remote_id(one) for one in found}
    for raw, one in zip(found, said, strict=False):
        compare(case, raw, one.expect)


@of_resource(writes_many("create"))
def batch_time_out(case: Case) -> None:
    """A batch whose answer never came, sent again: every row once. (`keyed`: the same bytes; else any part of it.)"""
    said = several(case)
    before = case.live_ids()
    hasty = case.desk.connect(retry=ONE_TRY, timeout=0.25)
    writes = creations(case, hasty, said)
    joined = hasty.join(writes, idempotency_key="lot-1")
    case.desk.fault("timeout", seconds=0.6, after=True, method=joined.method)
    with pytest.raises(Transient):
        hasty.send_many(joined, writes)
    patient = case.desk.connect()
    assert case.resource.batch is not None
    if case.resource.batch.keyed:
        found = made(patient.send_many(joined, writes))
    else:
        found = made(send(patient, writes[1:], "lot-2"))
        found = [patient.send(writes[0]), *found]
    assert case.live_ids() - before == {case.resource.remote_id(one) for one in found}
    assert len({case.resource.remote_id(one) for one in found}) == len(writes)


@of_resource(writes_many("update"))
def batch_update(case: Case) -> None:
    """Only what was sent changes, on the objects that were meant, whatever the order of the answer."""
    connector = case.desk.connect()
    before = [connector.fetch(case.name, case.id_of(case.desk.new(case.subject)[0])) for _ in range(SOME)]
    said = case.desk.said(case.subject.update, f"{case.name}.update")
    after = made(send(connector, changes(case, connector, before, said)))
    assert [case.resource.remote_id(one) for one in after] == [case.resource.remote_id(one) for one in before]
    for was, raw in zip(before, after, strict=True):
        compare(case, raw, said.expect)
        old, now = case.read(was), case.read(fresh(case, connector, raw))
        assert {name for name in now if now[name] != old[name]} <= {*said.expect, *said.moves}


@of_resource(writes_many("update"))
def batch_spoilt_update(case: Case) -> None:
    """A row whose object was changed meanwhile is a Conflict, one whose object is gone NotFound; both stay as they
    are, and the others are written."""
    connector = case.desk.connect()
    ours = [case.desk.new(case.subject)[0] for _ in range(SOME)]
    before = [connector.fetch(case.name, case.id_of(one)) for one in ours]
    said = case.desk.said(case.subject.update, f"{case.name}.update")
    writes = changes(case, connector, before, said)
    case.desk.advance(seconds=2)
    case.desk.delete(case.subject, ours[0])
    theirs = case.desk.change(case.subject, ours[1]) if case.resource.version_field else None
    gone, stale, fine = send(connector, writes)
    assert isinstance(gone, (NotFound, Conflict)) and is_french(gone.sentence)
    if theirs:
        assert isinstance(stale, Conflict) and is_french(stale.sentence)
        compare(case, fresh(case, connector, before[1]), theirs.expect)
    compare(case, made([fine])[0], said.expect)


def changes(case: Case, connector: Connector, before: Sequence[dict[str, Any]], said: Said) -> list[PreparedWrite]:
    """The same change of each of these objects."""
    return [
        connector.prepare_push(
            case.name, said.values, idempotency_key=f"change-{place}", remote_id=case.resource.remote_id(base),
            version=case.resource.version(base), base=base,
        )
        for place, base in enumerate(before)
    ]  # fmt: skip
