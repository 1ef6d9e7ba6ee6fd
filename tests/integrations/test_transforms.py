"""The named transforms of a mapping."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.models import DataType
from integrations.sync.transforms import TRANSFORMS, labels, transform

pytestmark = pytest.mark.bare


@pytest.mark.parametrize(
    ("name", "value", "changed"),
    [
        ("trim", "  Zoë ", "Zoë"),
        ("upper", "école", "ÉCOLE"),
        ("phone", "514 555-0188", "+15145550188"),
        ("phone", "poste 12", "poste 12"),
        ("first_word", " Marie-Ève de la Tour ", "Marie-Ève"),
        ("other_words", " Marie-Ève de la Tour ", "de la Tour"),
        ("other_words", "Cher", ""),
        ("join", ["toiture", None, " gouttières ", ""], "toiture, gouttières"),
        ("day_first", "3/11/2026", "2026-11-03"),
        ("day_first", "demain", "demain"),
        ("iso_date", "2026-11-03", "03/11/2026"),
        ("cents_to_dollars", 1050, "10.50"),
        ("cents_to_dollars", "gratuit", "gratuit"),
        ("dollars_to_cents", "10.5", 1050),
        ("dollars_to_cents", Decimal("0.07"), 7),
        ("dollars_to_cents", "0.005", "0.005"),
    ],
)
def test_a_transform_does_what_its_name_says(name: str, value: Any, changed: Any) -> None:
    assert transform(name, value) == changed


@given(st.integers(-(10**11), 10**11))
def test_cents_survive_the_way_there_and_back(cents: int) -> None:
    assert transform("dollars_to_cents", transform("cents_to_dollars", cents)) == cents


ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none() | st.text())


@given(st.sampled_from(list(TRANSFORMS)), ANYTHING)
def test_nothing_that_a_provider_sends_breaks_a_transform(name: str, value: Any) -> None:
    transform(name, value)


def test_a_field_is_offered_what_fits_its_type() -> None:
    assert "cents_to_dollars" in dict(labels(DataType.MONEY)) and "upper" not in dict(labels(DataType.MONEY))
    assert labels(DataType.LINES) == []
