"""Whatever bytes and headers come to a receiver: an answer below 500, and nothing stored that is not authentic."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.connectors.suite.calls import Caller
from tests.webhooks.inbound.desk import Desk, refused
from tests.webhooks.inbound.test_hostile import CALLERS, signed_by
from webhooks.models import InboundEvent

pytestmark = [pytest.mark.django_db, pytest.mark.once]
FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
header_values = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=120)


@pytest.fixture(params=CALLERS)
def desk(request: Any, db: Any) -> Desk:
    caller = CALLERS[request.param]
    assert isinstance(caller, Caller), f"tests/connectors/{request.param}/calls.py: {caller}"
    return Desk(caller)


@FUZZ
@given(data=st.data())
def test_authentic_nonsense_is_survived(desk: Desk, data: Any) -> None:
    moment = desk.moment()
    good = desk.caller.body(moment)
    kind = data.draw(st.sampled_from(["bytes", "json", "spliced", "swapped"]))
    if kind == "bytes":
        body = data.draw(st.binary(max_size=300))
    elif kind == "json":
        body = json.dumps(data.draw(values)).encode()
    elif kind == "spliced":
        start = data.draw(st.integers(0, len(good)))
        end = data.draw(st.integers(start, len(good)))
        body = good[:start] + data.draw(st.binary(max_size=12)) + good[end:]
    else:
        body = _swap(good, data)
    answer = desk.send(body, desk.caller.sign(body, moment))
    assert answer.status_code < 500


def _swap(good: bytes, data: Any) -> bytes:
    """The good body with one of its values replaced by any other, where it is JSON."""
    try:
        content = json.loads(good)
    except ValueError:
        return good
    place = content
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            place[key] = data.draw(values)
            break
        place = place[key]
    return json.dumps(content).encode()


@FUZZ
@given(data=st.data())
def test_forged_headers_open_nothing(desk: Desk, data: Any) -> None:
    if not desk.caller.secret:
        pytest.skip("the address alone is the secret")
    moment = desk.moment(secret=desk.caller.other)
    body = data.draw(st.just(desk.caller.body(moment)) | st.binary(max_size=200))
    headers = dict(desk.caller.sign(body, moment))
    for name in signed_by(headers):
        if data.draw(st.booleans()):
            headers[name] = data.draw(header_values)
    answer = desk.send(body, headers)
    assert answer.status_code in (400, 403, desk.refused_status)
    refused()
    assert not InboundEvent.objects.exists()
