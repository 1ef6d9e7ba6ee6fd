"""The contract suite itself: a connector with one fault fails the check that is there for it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

import connectors
from connectors.base.classify import Answer
from connectors.base.connector import Connector, Page
from connectors.base.errors import ConnectorError, Transient
from connectors.base.resource import Codec
from connectors.base.writes import Outcome, PreparedWrite
from tests.connectors.suite import access, batches, reading, trouble, writing
from tests.connectors.suite.adapter import Adapter, adapters
from tests.connectors.suite.desk import Desk
from tests.connectors.suite.registry import PROVIDER_CHECKS, RESOURCE_CHECKS, Case
from tests.simulator import Control

CHECKS = (access, reading, trouble, writing, batches)
Sound: Any = connectors.get("rovida")
FLOATS = Codec(lambda raw: raw and raw["amount"] / 100, Sound.resource("tenants").codecs["cents"].encode)


class LosesARecord(Sound):
    def pull(self, *args: Any, **options: Any) -> Iterator[Page]:
        for page in super().pull(*args, **options):
            yield replace(page, records=page.records[:-1])


class AsksTwice(Sound):
    def pull(self, *args: Any, **options: Any) -> Iterator[Page]:
        for page in super().pull(*args, **options):
            self.check()
            yield page


class BeginsAgain(Sound):
    def pull(self, resource: str, cursor: Any, **options: Any) -> Iterator[Page]:
        yield from super().pull(resource, None, **options)


class SeesNoDeletion(Sound):
    resources = tuple(replace(one, deleted_field="") for one in Sound.resources)


class ReadsFloats(Sound):
    resources = tuple(replace(one, codecs={**one.codecs, "cents": FLOATS}) for one in Sound.resources)


class WritesAscii(Sound):
    def prepare_push(self, *args: Any, **options: Any) -> PreparedWrite:
        prepared = super().prepare_push(*args, **options)
        return replace(prepared, body=prepared.body.encode("ascii", "ignore").decode())


class ForgetsTheReference(Sound):
    def prepare_push(self, *args: Any, **options: Any) -> PreparedWrite:
        prepared = super().prepare_push(*args, **{**options, "reference": ""})
        return replace(prepared, headers={k: v for k, v in prepared.headers.items() if k != "Idempotency-Key"})


class OverwritesOthers(Sound):
    def prepare_push(self, *args: Any, **options: Any) -> PreparedWrite:
        return super().prepare_push(*args, **{**options, "version": ""})


class KeepsWhatWasEmptied(Sound):
    def prepare_push(self, resource: str, values: Any, **options: Any) -> PreparedWrite:
        said = {name: value for name, value in values.items() if value is not None}
        return super().prepare_push(resource, said, **options)


class AnswersWithLess(Sound):
    def written(self, prepared: PreparedWrite, answer: Answer) -> dict[str, Any]:
        return {**answer.data, "email": None}


class SpeaksEnglish(Sound):
    def classify(self, answer: Answer) -> ConnectorError | None:
        error = super().classify(answer)
        if error:
            error.sentence = "The request is not valid, please try again."
        return error


class TriesForEver(Sound):
    def classify(self, answer: Answer) -> ConnectorError | None:
        return None if answer.ok else Transient("Le service ne répond pas; un nouvel essai aura lieu.")


class TellsTheKey(Sound):
    def secrets(self) -> list[str]:
        return []

    def classify(self, answer: Answer) -> ConnectorError | None:
        error = super().classify(answer)
        if error:
            error.detail = self.connection.credentials["api_key"]
        return error


class TakesAnythingForAList(Sound):
    def _records(self, data: Any) -> list[dict[str, Any]]:
        return [one for one in super()._records(data) if one.get("id")]


Batching: Any = connectors.get("hubspot")


class MixesRows(Batching):
    def send_many(self, *args: Any) -> list[Outcome]:
        return list(reversed(super().send_many(*args)))


class GivesUpForOneRow(Batching):
    def send_many(self, *args: Any) -> list[Outcome]:
        outcomes = super().send_many(*args)
        for one in outcomes:
            if isinstance(one, Exception):
                raise one
        return outcomes


class LooksAtNoVersion(Batching):
    def send_many(self, joined: PreparedWrite, writes: Any) -> list[Outcome]:
        return super().send_many(joined, [replace(one, version="") for one in writes])


class ForgetsWhoseRowItIs(Batching):
    def join(self, writes: Any, **options: Any) -> PreparedWrite:
        joined = super().join(writes, **options)
        return replace(joined, body=joined.body.replace("objectWriteTraceId", "trace"))

    def send_many(self, joined: PreparedWrite, writes: Any) -> list[Outcome]:
        rows = self.client.request("POST", joined.path, json=json.loads(joined.body)).data["results"]
        return [self.fetch(joined.resource, row["id"]) for row in rows]


class MakesEachAnew(Batching):
    def join(self, writes: Any, **options: Any) -> PreparedWrite:
        joined = super().join(writes, **options)
        rows = json.loads(joined.body)["inputs"]
        anew = [{**row, "id": f"{row['id']}-{uuid.uuid4()}"} for row in rows]
        return replace(joined, body=json.dumps({"inputs": anew}))

    def send_many(self, joined: PreparedWrite, writes: Any) -> list[Outcome]:
        rows = {row["objectWriteTraceId"]: row for row in self.sent(joined).data["results"]}
        traces = [json.loads(one.body)["inputs"][0]["objectWriteTraceId"] for one in writes]
        return [self.fetch(joined.resource, rows[trace]["id"]) for trace in traces]


FAULTS = [
    (LosesARecord, ("full_pull", "page_edges", "resume")),
    (AsksTwice, ("full_pull", "page_edges")),
    (BeginsAgain, ("resume", "incremental_pull")),
    (SeesNoDeletion, ("delete_seen",)),
    (ReadsFloats, ("money",)),
    (WritesAscii, ("create",)),
    (ForgetsTheReference, ("guard", "time_out", "duplicate")),
    (OverwritesOthers, ("stale_update",)),
    (KeepsWhatWasEmptied, ("emptied",)),
    (AnswersWithLess, ("echo",)),
    (SpeaksEnglish, ("refuse", "forbidden", "fetch", "invalid", "duplicate", "throttled", "outage")),
    (TriesForEver, ("refuse", "revoked", "forbidden", "fetch", "invalid", "unauthorized_write")),
    (TellsTheKey, ("masked",)),
    (TakesAnythingForAList, ("malformed_record",)),
]


@pytest.mark.parametrize(
    ("faulty", "name"),
    [pytest.param(faulty, name, id=f"{faulty.__name__}-{name}") for faulty, names in FAULTS for name in names],
)
def test_a_fault_is_found(simulator_server: Control, faulty: type[Connector], name: str) -> None:
    desk = _desk(simulator_server, faulty)
    run: Callable[[], None]
    if name in PROVIDER_CHECKS:
        run = lambda: PROVIDER_CHECKS[name][0](desk)  # noqa: E731
    else:
        case = Case(desk, faulty.resource("tenants"), desk.adapter.subjects["tenants"])
        run = lambda: RESOURCE_CHECKS[name][0](case)  # noqa: E731
    with pytest.raises((AssertionError, ConnectorError, pytest.fail.Exception)):
        run()


BATCH_FAULTS = [
    (MixesRows, ("batch_create", "batch_update", "batch_bad_row")),
    (GivesUpForOneRow, ("batch_bad_row", "batch_spoilt_update")),
    (LooksAtNoVersion, ("batch_spoilt_update",)),
    (ForgetsWhoseRowItIs, ("batch_create", "batch_bad_row")),
    (MakesEachAnew, ("batch_time_out",)),
]


@pytest.mark.parametrize(
    ("faulty", "name"),
    [pytest.param(faulty, name, id=f"{faulty.__name__}-{name}") for faulty, names in BATCH_FAULTS for name in names],
)
def test_a_fault_of_many_writes_is_found(simulator_server: Control, faulty: type[Connector], name: str) -> None:
    desk = _desk(simulator_server, faulty, "hubspot")
    case = Case(desk, faulty.resource("companies"), desk.adapter.subjects["companies"])
    with pytest.raises((AssertionError, ConnectorError, pytest.fail.Exception)):
        RESOURCE_CHECKS[name][0](case)


def _desk(control: Control, connector: type[Connector], slug: str = "rovida") -> Desk:
    adapter = adapters()[slug]
    assert isinstance(adapter, Adapter)
    desk = Desk(replace(adapter, connector=connector), control, "api_key")
    desk.reset()
    return desk
