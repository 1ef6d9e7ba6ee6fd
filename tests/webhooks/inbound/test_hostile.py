"""Every provider's receiver against forged, broken, late, repeated and monstrous calls."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from connectors.base.webhooks import Call
from tests.connectors.suite.calls import Caller, Moment, callers
from tests.webhooks.inbound import pretend
from tests.webhooks.inbound.desk import Desk, refused
from webhooks.models import InboundEvent, InboundRequest, RefusedSample

pytestmark = [pytest.mark.django_db, pytest.mark.once]

CALLERS = {**pretend.CALLERS, **callers()}
DEEP = 100_000
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%s;" % (str(n - 1).encode() if n else b"") * 10) for n in range(12))
    + b"]><b>&a11;</b>"
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]><b>&x;</b>'
MONSTERS = {
    "empty": b"",
    "invalid UTF-8": b'{"id": "\xff\xfe\xc3\x28"}',
    "NUL": b'{"id": "\x00"}',
    "only NUL": b"\x00" * 100,
    "byte order mark": b"\xef\xbb\xbf{}",
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "open lists": b"[" * DEEP,
    "deep XML": b"<a>" * DEEP + b"</a>" * DEEP,
    "entity bomb": BOMB,
    "outside entity": OUTSIDE,
    "long number": b"9" * 200_000,
    "infinity": b'{"id": 1e999, "a": NaN, "b": Infinity}',
    "many fields": b"a=1&" * 200_000,
    "half a pair": b'{"id": "\\ud800"}',
    "a list of nothing": b"[null]",
    "a text": b'"text"',
    "nothing": b"null",
    "lists where objects belong": b'{"events": [[]], "data": [], "object": [], "eventNotifications": [{}]}',
}


@pytest.fixture(params=CALLERS)
def desk(request: Any, db: Any) -> Desk:
    caller = CALLERS[request.param]
    assert isinstance(caller, Caller), f"tests/connectors/{request.param}/calls.py: {caller}"
    return Desk(caller)


@pytest.fixture
def quiet(caplog: Any) -> Any:
    """Fails when the test made a traceback be logged."""
    yield
    assert not [record for record in caplog.get_records("call") if record.exc_info]


def nothing_stored() -> bool:
    """Whether a refused call left nothing but counters and small samples."""
    refused()
    samples = [json.dumps([each.headers, each.path, each.content_type]) for each in RefusedSample.objects.all()]
    small = all(len(sample) < 2048 for sample in samples)
    return small and not InboundRequest.objects.exists() and not InboundEvent.objects.exists()


def turned_away(desk: Desk, answer: Any) -> bool:
    """Whether it was refused, as a forgery or as unreadable."""
    return answer.status_code in (400, desk.refused_status) and nothing_stored()


def changed(text: str) -> str:
    """Another text of the same length and sort."""
    middle = len(text) // 2
    return text[:middle] + ("1" if text[middle] != "1" else "2") + text[middle + 1 :]


def signed_by(headers: Any) -> list[str]:
    """The headers that the signature is made of."""
    return [name for name in headers if name.lower() != "content-type"]


def those(fits: Callable[[Caller], bool]) -> list[str]:
    """The callers that a test can say something of; a broken one fails in every test of all."""
    return [slug for slug, caller in CALLERS.items() if isinstance(caller, Caller) and fits(caller)]


def _signs(caller: Caller) -> bool:
    moment = Moment(caller.secret, "1000", "https://x.example/", 0.0)
    return bool(signed_by(caller.sign(caller.body(moment), moment)))


KEYED = those(lambda caller: bool(caller.secret))
COVERED = those(lambda caller: caller.covers_body)
SIGNING = those(_signs)
TIMED = those(lambda caller: caller.connector.webhooks.signs_time)


# --- What is authentic ----------------------------------------------------------------------------------------------
def test_an_authentic_call_is_taken_once_and_its_repetition_answered_alike(desk, quiet):
    moment = desk.moment()
    with time_machine.travel(time.time(), tick=False):
        first, again = desk.call(moment=moment), desk.call(moment=moment)
    assert first.status_code < 300, (first.status_code, refused())
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert InboundRequest.objects.count() == 1
    found = InboundEvent.objects.get()
    assert (found.integration, found.status) == (desk.integration, "pending")
    assert found.resource in desk.declared.resources
    assert found.remote_id
    assert refused() == {}


def test_another_event_is_another_event(desk):
    assert {desk.call().status_code, desk.call().status_code} == {desk.call().status_code}
    assert InboundEvent.objects.count() == 3


def test_every_vector_is_authentic_and_read_as_documented(desk):
    scheme, parse = desk.declared.scheme, desk.declared.parse
    for vector in desk.caller.vectors:
        headers = {name.lower(): value for name, value in vector.headers.items()}
        options: dict[str, Any] = {"now": vector.at, "url": vector.url}
        assert scheme.verify(vector.body, headers, [vector.secret], **options).ok
        if desk.caller.secret:
            assert scheme.verify(vector.body, headers, [desk.caller.other, vector.secret], **options).ok
            assert not scheme.verify(vector.body, headers, [desk.caller.other], **options).ok
        if vector.hints is not None:
            assert parse(Call(vector.body, headers, vector.url)) == list(vector.hints)


# --- Forgeries ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("desk", KEYED, indirect=True)
def test_another_secret_opens_nothing(desk, quiet):
    answer = desk.call(moment=desk.moment(secret=desk.caller.other))
    assert answer.status_code == desk.refused_status
    assert nothing_stored()
    assert refused() == {"bad_signature": 1}


@pytest.mark.parametrize("desk", COVERED, indirect=True)
def test_a_changed_byte_is_seen(desk, quiet):
    moment = desk.moment()
    body = desk.caller.body(moment)
    headers = desk.caller.sign(body, moment)
    for other in (changed(body.decode()).encode(), body + b" ", body[:-1]):
        assert desk.send(other, headers).status_code == desk.refused_status
    assert nothing_stored()


@pytest.mark.parametrize("desk", SIGNING, indirect=True)
@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda value: None, id="missing"),
        pytest.param(lambda value: "", id="empty"),
        pytest.param(changed, id="changed"),
        pytest.param(lambda value: "!!!", id="no base64"),
        pytest.param(lambda value: value[:-2], id="cut"),
        pytest.param(lambda value: f"{changed(value)},{value}", id="doubled"),
        pytest.param(lambda value: f"{value[:5]}\r\n {value[5:]}", id="folded"),
        pytest.param(lambda value: "é\xff" + value, id="not ASCII"),
        pytest.param(lambda value: value * 400, id="long"),
    ],
)
def test_a_spoilt_signature_is_refused(desk, quiet, spoil):
    moment = desk.moment()
    body = desk.caller.body(moment)
    headers = dict(desk.caller.sign(body, moment))
    assert signed_by(headers)
    for name in signed_by(headers):
        spoilt = spoil(headers[name])
        sent = {n: v for n, v in headers.items() if n != name} | ({} if spoilt is None else {name: spoilt})
        assert desk.send(body, sent).status_code == desk.refused_status, name
    assert nothing_stored()


@pytest.mark.parametrize("desk", TIMED, indirect=True)
@pytest.mark.parametrize("seconds", [-301, -86_400, 301, 86_400, 10**12])
def test_a_call_from_another_time_is_refused(desk, quiet, seconds):
    answer = desk.call(moment=desk.moment(at=time.time() + seconds))
    assert answer.status_code == desk.refused_status
    assert nothing_stored()
    assert set(refused()) <= {"too_old", "too_new", "bad_timestamp"}


@pytest.mark.parametrize("desk", TIMED, indirect=True)
@pytest.mark.parametrize("seconds", [-290, 290])
def test_a_clock_may_differ_a_little(desk, seconds):
    assert desk.call(moment=desk.moment(at=time.time() + seconds)).status_code < 300


# --- Monsters -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("monster", MONSTERS)
@pytest.mark.parametrize("signed", [True, False], ids=["signed", "unsigned"])
def test_a_monster_is_refused_whoever_sends_it(desk, quiet, monster, signed):
    body, moment = MONSTERS[monster], desk.moment()
    headers = dict(desk.caller.sign(body, moment))
    if not signed:
        headers = {name: value for name, value in headers.items() if name.lower() == "content-type"}
    begun = time.monotonic()
    answer = desk.send(body, headers)
    assert time.monotonic() - begun < 5
    assert turned_away(desk, answer), answer.status_code


def test_identifiers_that_no_column_takes_are_refused(desk, quiet):
    for replacement in (b"\\u0000", b"\\ud800", b"%00", b"&#0;", b"9" * 5000):
        moment = desk.moment(number="7777777777")
        body = desk.caller.body(moment).replace(b"7777777777", replacement)
        assert desk.send(body, desk.caller.sign(body, moment)).status_code < 500
    refused()
    kept = "".join(InboundEvent.objects.values_list("remote_id", flat=True))
    assert "\x00" not in kept
    assert len(kept) < 1000


def test_a_long_body_is_refused_before_it_is_read(desk, quiet):
    assert desk.declared.body_limit < 10_000_000
    body, moment = b"x" * 10_000_000, desk.moment()
    assert desk.send(body, desk.caller.sign(body, moment)).status_code == 413
    assert nothing_stored()
    assert refused() == {"too_large": 1}


class Endless(io.RawIOBase):
    """A body that never ends; tells how much was read."""

    taken = 0

    def read(self, size: int = -1) -> bytes:
        self.taken += size
        return b"x" * size


def test_a_body_without_length_is_read_no_further_than_the_limit(desk, quiet):
    endless = Endless()
    headers = desk.caller.sign(b"", desk.moment())
    kind = next(value for name, value in headers.items() if name.lower() == "content-type")
    answer = desk.client.post(
        desk.path,
        **{"wsgi.input": endless, "wsgi.input_terminated": True, "CONTENT_LENGTH": "", "CONTENT_TYPE": kind},
        headers={name: value for name, value in headers.items() if name.lower() != "content-type"},
    )
    assert answer.status_code == 413
    assert endless.taken == desk.declared.body_limit + 1
    assert nothing_stored()


@pytest.mark.parametrize("kind", ["", "text/html", "multipart/form-data; boundary=x", "application/jsonx", "é"])
def test_another_content_type_is_refused(desk, quiet, kind):
    moment = desk.moment()
    body = desk.caller.body(moment)
    headers = {n: v for n, v in desk.caller.sign(body, moment).items() if n.lower() != "content-type"}
    assert desk.send(body, headers | {"Content-Type": kind}).status_code == 415
    assert nothing_stored()


def test_the_content_type_may_have_parameters(desk):
    moment = desk.moment()
    body = desk.caller.body(moment)
    headers = {
        name: f"{value.partition(';')[0].upper()} ; charset=UTF-8" if name.lower() == "content-type" else value
        for name, value in desk.caller.sign(body, moment).items()
    }
    assert desk.send(body, headers).status_code < 300
