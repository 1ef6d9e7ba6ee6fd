"""What goes to the database as JSON text: the same as the slow way writes."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from connectors.base import jsontext
from integrations.records import fastjson
from integrations.records.values import to_json

VALUES = {
    "amount": Decimal("1234.50"),
    "none": None,
    "day": date(2026, 3, 8),
    "at": datetime(2026, 3, 8, 7, 30, tzinfo=UTC),
    "precise": datetime(2026, 3, 8, 7, 30, 0, 120000, tzinfo=UTC),
    "id": UUID("018f3b5e-7c1a-7d3e-8f00-0123456789ab"),
    "lines": [{"name": "Été", "total": Decimal("0.10"), "remote_ids": {"x": "1"}}],
    "pair": (None, "é"),
    "rate": 0.1,
    "open": True,
}


def test_it_writes_what_to_json_writes() -> None:
    assert json.loads(fastjson.dumps(VALUES)) == json.loads(json.dumps(to_json(VALUES)))


@pytest.mark.parametrize("number", [2**63, 2**64, -(2**70), 10**40])
def test_whole_numbers_beyond_64_bits_stay_whole(number: int) -> None:
    value = {"number": number, "at": VALUES["at"]}
    assert json.loads(fastjson.dumps(value)) == {"number": number, "at": "2026-03-08T07:30:00Z"}
    assert jsontext.stable(value) != jsontext.stable({**value, "number": number + 1})


def test_what_has_no_canonical_json_is_refused() -> None:
    with pytest.raises(TypeError):
        fastjson.dumps({"x": object()})


def test_the_order_of_keys_does_not_matter_to_the_stable_text() -> None:
    assert jsontext.stable({"a": {"x": 1, "y": 2}, "b": 3}) == jsontext.stable({"b": 3, "a": {"y": 2, "x": 1}})
    assert jsontext.stable({"a": "1"}) != jsontext.stable({"a": 1})
