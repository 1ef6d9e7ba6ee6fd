"""Whatever an authentic call holds, a connector reads hints that can be stored out of it, or calls it unreadable."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import connectors
from connectors.base.webhooks import Call, Unreadable
from tests.connectors.suite.calls import Caller, Moment, callers

WITH = sorted(slug for slug in connectors.REGISTRY if connectors.get(slug).webhooks)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
HOSTILE = [
    b"",
    b"\x00",
    b"\xff\xfe<\x00",
    b"null",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
    b"1" * 100_000,
    b"[{}]",
    b"{}",
    b"<a>" * 100_000,
    b"<a>" * 100_000 + b"</a>" * 100_000,
    b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>',
    b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>',
    b'<?xml version="1.0" encoding="utf-7"?><a/>',
    b"a=1&b=%00&c=%ff",
]


def read(slug: str, body: bytes, headers: dict[str, str] | None = None) -> None:
    """Parse, and hold the hints to what the database takes."""
    declared = connectors.get(slug).webhooks
    assert declared
    call = Call(body, headers or {}, "https://console.example.com/webhook/x")
    try:
        found = declared.parse(call)
    except Unreadable as error:
        assert str(error)
        return
    for hint in found:
        assert hint.resource in {"", *declared.resources}
        assert hint.remote_id or not hint.resource
        limits = ((hint.remote_id, 200), (hint.account, 200), (hint.kind, 120), (hint.version, 120))
        for text, limit in (*limits, (hint.dedupe_key, 200)):
            assert len(text) <= limit
            assert "\x00" not in text
            text.encode()
        assert hint.dedupe_key
        assert not hint.at or datetime.fromisoformat(hint.at).tzinfo


def whole(slug: str) -> tuple[Caller, Moment, bytes]:
    """A provider as a caller, with a body of its own."""
    caller = callers()[slug]
    assert isinstance(caller, Caller), caller
    moment = Moment(caller.secret, "4711", "https://console.example.com/webhook/x", 1_790_000_000.0)
    return caller, moment, caller.body(moment)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    return [path, *(found for key, one in inner for found in places(one, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with another one at a place."""
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize("slug", WITH)
@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_body_is_unreadable_or_harmless(slug, body):
    read(slug, body)


@pytest.mark.parametrize("slug", WITH)
def test_the_body_of_the_caller_is_read_as_one_object_to_look_at(slug):
    caller, moment, body = whole(slug)
    headers = {name.lower(): value for name, value in caller.sign(body, moment).items()}
    read(slug, body, headers)
    hints = caller.connector.webhooks.parse(Call(body, headers, moment.url))
    assert {hint.account for hint in hints} <= {caller.account, ""}
    assert all(hint.resource for hint in hints)
    again = caller.connector.webhooks.parse(Call(body, headers, moment.url))
    assert [one.dedupe_key for one in hints] == [one.dedupe_key for one in again]
    other = caller.body(Moment(moment.secret, "4712", moment.url, moment.at))
    others = caller.connector.webhooks.parse(Call(other, headers, moment.url))
    assert not {one.dedupe_key for one in hints} & {one.dedupe_key for one in others}


@pytest.mark.parametrize("slug", WITH)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_change_of_a_body_makes_the_reader_fail(slug, data):
    _, _, body = whole(slug)
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, len(body)))
    read(slug, body[:start] + data.draw(st.binary(max_size=40)) + body[end:])
    read(slug, data.draw(st.binary(max_size=200)))
    try:
        value = json.loads(body)
    except ValueError:
        return
    path = data.draw(st.sampled_from(places(value)))
    read(slug, json.dumps(changed(value, path, data.draw(JSON))).encode())
