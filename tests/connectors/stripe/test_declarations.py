"""What Stripe declares, and its values in their two forms."""

from datetime import date
from decimal import Decimal

import pytest

from connectors.base.resource import dig
from connectors.stripe import forms, money
from connectors.stripe.codecs import CODECS
from connectors.stripe.connector import Stripe
from tests.connectors.support import read


@pytest.mark.parametrize("resource", Stripe.resources, ids=lambda resource: resource.name)
def test_a_resources_declarations_hold_together(resource):
    names = {other.name for other in Stripe.resources}
    assert set(resource.depends_on) <= names
    for one in resource.mappings:
        assert one.local.startswith(f"{resource.record}.")
        assert bool(one.values) == (one.type == "enum")
        assert not one.target or one.target in resource.depends_on
        assert not one.codec or one.codec in resource.codecs
    assert resource.create_guard == "key"
    assert ("act" in resource.capabilities) == bool(resource.acts)


@pytest.mark.parametrize("resource", Stripe.resources, ids=lambda resource: resource.name)
def test_every_demonstration_object_is_read_by_its_codecs(stripe, resource):
    for raw in read(stripe, resource.name)[0].values():
        for one in resource.mappings:
            value = dig(raw, one.remote)
            if one.codec:
                resource.codecs[one.codec].decode(value)
            if one.values:
                assert value in one.values
            if one.required:
                assert value


def test_forms_are_written_with_brackets():
    body = forms.encode({"a": {"b": [True, {"c": None}]}, "é": "à b", "n": 12})
    assert body == b"a%5Bb%5D%5B0%5D=true&a%5Bb%5D%5B1%5D%5Bc%5D=&%C3%A9=%C3%A0+b&n=12"


@pytest.mark.parametrize(
    ("units", "currency", "value"),
    [
        (125000, "cad", "1250.00"),
        (1, "usd", "0.01"),
        (5000, "jpy", "5000"),
        (1500, "kwd", "1.500"),
        (-5, "cad", "-0.05"),
    ],
)
def test_amounts_go_both_ways(units, currency, value):
    assert money.amount(units, currency) == Decimal(value)
    assert money.units(Decimal(value), currency) == units


def test_an_amount_that_is_no_whole_number_of_cents_is_refused():
    with pytest.raises(ValueError, match="fractions de cent"):
        money.units("1.005", "cad")
    with pytest.raises(ValueError, match="pas un montant"):
        money.units("beaucoup", "cad")


@pytest.mark.parametrize("day", [date(2027, 1, 31), date(2026, 7, 1), date(2026, 3, 8), date(2026, 11, 1)])
def test_a_due_date_is_the_whole_day_in_toronto(day):
    assert CODECS["due"].decode(CODECS["due"].encode(day)) == day.isoformat()


def test_language_and_exemption_go_both_ways():
    assert CODECS["language"].decode(["es", "en-CA", "fr"]) == "en"
    assert CODECS["language"].decode([]) is CODECS["language"].decode(None) is None
    assert CODECS["language"].encode("fr") == ["fr-CA"]
    assert [CODECS["exempt"].decode(value) for value in ("none", "exempt", "reverse", None)] == [
        False,
        True,
        True,
        None,
    ]


def test_lines_that_are_read_and_written_back_change_nothing(stripe):
    for raw in read(stripe, "invoices")[0].values():
        for name, field in (("lines", "_lines"), ("taxes", "_taxes")):
            items = CODECS[name].decode(raw[field])
            assert CODECS[name].decode(CODECS[name].encode(items)) == items


def test_taxes_that_stripe_computed_have_their_names():
    from connectors.stripe.quirks import complete

    rate = {"id": "txr_1", "display_name": "TPS", "percentage": 5.0, "inclusive": False}
    raw = {
        "id": "in_1", "currency": "cad", "status": "open", "subtotal": 10000, "tax": 500, "total": 10500,
        "amount_remaining": 10500, "default_tax_rates": [rate], "lines": {"data": []}, "metadata": {},
        "total_tax_amounts": [{"amount": 500, "inclusive": False, "tax_rate": "txr_1", "taxable_amount": 10000}],
    }  # fmt: skip
    done = complete(Stripe.resource("invoices"), raw)
    assert done["_taxes"] == [{"name": "TPS", "rate": "5.0", "base": "100.00", "amount": "5.00"}]
    assert (done["_subtotal"], done["_total_tax"], done["_tax_inclusive"]) == ("100.00", "5.00", False)


def test_currency_and_read_only_values():
    assert CODECS["currency"].decode("cad") == "CAD"
    with pytest.raises(ValueError, match="lecture seule"):
        CODECS["allocations"].encode([])
