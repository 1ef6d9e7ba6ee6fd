"""Values in their two forms."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.codecs import ADDRESS, WHOLE_NUMBER, address_of, cents_object, province

CENTS = cents_object("CAD")


@given(st.integers(-(10**14), 10**14))
def test_money_is_exact_to_the_cent_both_ways(cents):
    raw = {"amount": cents, "currency": "CAD"}
    assert CENTS.encode(CENTS.decode(raw)) == raw


def test_money_is_a_decimal_of_dollars():
    assert CENTS.decode({"amount": 165005, "currency": "CAD"}) == Decimal("1650.05")
    assert CENTS.encode(Decimal("0.1") + Decimal("0.2")) == {"amount": 30, "currency": "CAD"}


@pytest.mark.parametrize("raw", [12, "12", {}, {"amount": 1.5, "currency": "CAD"}, {"amount": True, "currency": "CAD"}])
def test_an_amount_of_another_form_is_refused(raw):
    with pytest.raises(ValueError, match="forme prévue"):
        CENTS.decode(raw)


def test_another_currency_is_refused_not_converted():
    with pytest.raises(ValueError, match="USD"):
        CENTS.decode({"amount": 100, "currency": "USD"})


@pytest.mark.parametrize("value", ["abc", Decimal("1.005"), Decimal("NaN"), object()])
def test_an_amount_that_cannot_be_sent_is_refused(value):
    with pytest.raises(ValueError, match="montant"):
        CENTS.encode(value)


@pytest.mark.parametrize(("raw", "whole"), [(900, 900), (850.5, 851), (850.4, 850), ("12", 12)])
def test_square_feet_are_whole(raw, whole):
    assert WHOLE_NUMBER.decode(raw) == whole


@pytest.mark.parametrize("raw", ["x", True, [], float("inf")])
def test_what_is_no_number_is_refused(raw):
    with pytest.raises(ValueError, match="nombre"):
        WHOLE_NUMBER.decode(raw)


def test_an_address_keeps_its_accents_and_gets_a_clean_postal_code():
    raw: dict[str, object] = {"line1": " 4215, rue Saint-Denis ", "line2": None, "city": "Montréal", "province": "QC"}
    raw |= {"postal_code": "h2j2k9", "country": "CA", "x": 1}
    address = ADDRESS.decode(raw)
    assert address == {
        "line1": "4215, rue Saint-Denis",
        "line2": "",
        "city": "Montréal",
        "province": "QC",
        "postal_code": "H2J 2K9",
        "country": "CA",
    }
    assert ADDRESS.encode(address)["line2"] is None
    assert ADDRESS.decode(ADDRESS.encode(address)) == address


def test_an_address_without_a_country_is_sent_as_canadian():
    assert ADDRESS.encode({"line1": "1, rue A"})["country"] == "CA"


def test_what_is_no_address_is_refused():
    with pytest.raises(ValueError, match="adresse"):
        ADDRESS.decode("1, rue A")
    with pytest.raises(ValueError, match="adresse"):
        ADDRESS.encode("1, rue A")


@pytest.mark.parametrize("codec", [CENTS, ADDRESS, WHOLE_NUMBER])
def test_nothing_stays_nothing(codec):
    assert codec.decode(None) is None
    assert codec.encode(None) is None


@pytest.mark.parametrize("written", ["France", "FRANCE", "fr"])
def test_a_country_is_known_however_it_is_written_and_goes_back_as_the_provider_writes_it(written):
    codec = address_of(dict, dict, {"FR": "France"})
    read = codec.decode({"city": "Lyon", "country": written})
    assert (read["country"], codec.encode(read)["country"]) == ("FR", "France")
    assert codec.decode({"city": "Liège", "country": "Belgique"})["country"] == "Belgique"


@pytest.mark.parametrize(
    ("written", "code"), [("Québec", "QC"), (" ALBERTA ", "AB"), ("QC", "QC"), ("Bavière", "Bavière"), (None, "")]
)
def test_a_province_is_known_however_it_is_written(written, code):
    assert province(written) == code
