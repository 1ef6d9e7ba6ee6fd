"""Whatever an authentic call holds, its reader gives hints that can be stored or says that it cannot read it."""

import json
import random
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base.webhooks import Call, Unreadable
from tests.connectors.suite.calls import Caller, Moment, callers

CALLERS = callers()
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just("\x00"), st.just("\ud800"),
    st.just(10**400), st.just("x" * 5000), st.just([]), st.just({}), st.just([[]]), st.just([None]),
    st.just({"id": {}}),
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, one in inner for deeper in places(one, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    """The value with something else at that place."""
    if not path:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], other)
    return copy


def spoilt(body: bytes, choice: random.Random, other: Any) -> bytes:
    """An authentic body with one strange value in it."""
    try:
        value = json.loads(body)
    except ValueError:
        pairs = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
        if not pairs or body.lstrip().startswith(b"<"):
            middle = choice.randrange(len(body))
            return body[:middle] + str(other).encode("utf-8", "surrogatepass") + body[middle + 1 :]
        at = choice.randrange(len(pairs))
        pairs[at] = (pairs[at][0], str(other).encode("utf-8", "replace").decode())
        return urlencode(pairs).encode()
    return json.dumps(replaced(value, choice.choice(places(value)), other)).encode()


@pytest.mark.parametrize("slug", CALLERS)
@settings(max_examples=60, deadline=None)
@given(random=st.randoms(use_true_random=False), other=ODD, raw=st.one_of(st.none(), st.binary(max_size=200)))
def test_a_reader_raises_nothing_but_that_it_cannot_read(slug, random, other, raw):
    caller = CALLERS[slug]
    assert isinstance(caller, Caller), caller
    webhooks = caller.connector.webhooks
    moment = Moment(caller.secret, "1234567", "https://console.exemple.ca/webhook/x", 1767225600.0)
    body = spoilt(caller.body(moment), random, other) if raw is None else raw
    headers = {name.lower(): value for name, value in caller.sign(body, moment).items()}
    call = Call(body, headers, moment.url)
    webhooks.handshake(call)
    webhooks.reply(call)
    webhooks.refusal(call)
    webhooks.scheme.verify(body, headers, [caller.secret, ""], url=moment.url)
    try:
        hints = webhooks.parse(call)
    except Unreadable as error:
        assert str(error).endswith(".")
        return
    for hint in hints:
        texts = [hint.resource, hint.remote_id, hint.kind, hint.dedupe_key, hint.account, hint.at, hint.version]
        texts.append(hint.merged_into)
        assert all(isinstance(text, str) and len(text) <= 500 and "\x00" not in text for text in texts)
        assert all(text.encode() is not None for text in texts)
        assert hint.dedupe_key
        assert hint.resource in ("", *webhooks.resources)
        assert bool(hint.remote_id) or not hint.resource
