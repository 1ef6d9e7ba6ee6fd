"""What the fields accept, and how they are written as JSON."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.records.kinds import KINDS, clean, equal, from_json
from integrations.records.values import BadValue, to_json

FIELDS = KINDS["invoice"].fields
ID = UUID("0198a3f0-0000-7000-8000-000000000001")


def field(path: str) -> Any:
    kind, name = path.split(".")
    return KINDS[kind].fields[name]


@pytest.mark.parametrize(
    ("path", "given_value", "expected"),
    [
        ("invoice.total", "10.5", Decimal("10.50")),
        ("invoice.total", 3, Decimal("3.00")),
        ("invoice.total", Decimal("-0.00"), Decimal("0.00")),
        ("invoice.total", None, Decimal("0.00")),
        ("unit.market_rent", "", None),
        ("unit.floor", "-1", -1),
        ("unit.bedrooms", Decimal("2.50"), Decimal("2.5")),
        ("invoice.issue_date", "2026-03-01", date(2026, 3, 1)),
        ("job.due_at", "2026-03-01T08:00:00-05:00", datetime(2026, 3, 1, 13, tzinfo=UTC)),
        (
            "job.due_at",
            datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=-5))),
            datetime(2026, 3, 1, 13, tzinfo=UTC),
        ),
        ("invoice.customer", str(ID), ID),
        ("job.permission_to_enter", None, None),
        ("job.permission_to_enter", False, False),
        ("job.priority", None, "medium"),
        ("tenant.lease_status", None, ""),
        ("customer.billing_address", {"city": "Laval", "line2": None}, {
            "line1": "", "line2": "", "city": "Laval", "province": "", "postal_code": "", "country": "",
        }),
        ("customer.billing_address", {"city": ""}, None),
        ("customer.custom", {"a": [1, 2.5, None, {"b": True}]}, {"a": [1, 2.5, None, {"b": True}]}),
        ("customer.divisions", [str(ID), ID], [ID]),
    ],
)  # fmt: skip
def test_a_value_is_made_canonical(path: str, given_value: Any, expected: Any) -> None:
    cleaned = clean(field(path), given_value)
    assert cleaned == expected and type(cleaned) is type(expected)
    assert clean(field(path), cleaned) == cleaned


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("customer.name", None, "Ce champ est obligatoire."),
        ("customer.name", "   ", "Ce champ est obligatoire."),
        ("customer.name", "x" * 201, "Au plus 200 caractères; il y en a 201."),
        ("customer.name", 12, "Un texte est attendu."),
        ("customer.name", "a\0b", "Le texte contient un caractère impossible à enregistrer."),
        ("customer.name", "\ud83d", "Le texte contient un caractère impossible à enregistrer."),
        ("customer.email", "pas une adresse", "Cette adresse courriel n’est pas valide."),
        ("customer.tax_exempt", "oui", "Vrai ou faux est attendu."),
        ("customer.billing_address", "1, rue X", "Une adresse est attendue."),
        ("customer.billing_address", {"rue": "X"}, "Partie d’adresse inconnue : rue."),
        ("customer.custom", {"a": float("nan")}, "Cette valeur ne s’écrit pas en JSON."),
        ("customer.custom", [], "Un objet JSON est attendu."),
        ("customer.divisions", ["x"], "Un identifiant d’enregistrement est attendu."),
        ("invoice.total", 1.5, "Un nombre décimal exact est attendu."),
        ("invoice.total", True, "Un nombre décimal exact est attendu."),
        ("invoice.total", "dix", "« dix » n’est pas un nombre."),
        ("invoice.total", "1.005", "Au plus 2 décimales."),
        ("invoice.total", "1e12", "Le nombre doit être plus petit que 1000000000000."),
        ("invoice.total", Decimal("NaN"), "Le nombre doit être plus petit que 1000000000000."),
        ("invoice.issue_date", "1er mars", "Une date (AAAA-MM-JJ) est attendue."),
        ("invoice.issue_date", datetime(2026, 3, 1, tzinfo=UTC), "Une date (AAAA-MM-JJ) est attendue."),
        ("job.due_at", "demain", "Une date et une heure (ISO 8601) sont attendues."),
        ("job.due_at", datetime(2026, 3, 1), "Le fuseau horaire de la date et de l’heure manque."),
        ("unit.floor", 2.0, "Un nombre entier est attendu."),
        ("unit.area_sqft", -1, "Le nombre doit être entre 0 et 2147483647."),
        ("invoice.lines", "x", "Une liste est attendue."),
        ("invoice.lines", ["x"], "Ligne 1, un objet est attendu."),
        ("invoice.lines", [{}, {"prix": 1}], "Ligne 2, champ inconnu : prix."),
        ("invoice.lines", [{"quantity": "deux"}], "Ligne 1, quantité : « deux » n’est pas un nombre."),
        ("payment.allocations", [{"amount": 1}], "Ligne 1, facture : Ce champ est obligatoire."),
    ],
)
def test_a_value_that_a_field_cannot_hold_is_refused_in_french(path: str, value: Any, sentence: str) -> None:
    with pytest.raises(BadValue) as refused:
        clean(field(path), value)
    assert refused.value.sentence == sentence


def test_a_choice_outside_the_list_names_the_possible_ones() -> None:
    with pytest.raises(BadValue, match="low, medium, high, urgent"):
        clean(field("job.priority"), "extreme")


def test_lines_are_the_same_whatever_their_ids() -> None:
    info = field("invoice.lines")
    left = clean(info, [{"id": ID, "description": "Tuyau", "remote_ids": {"1": "a"}}])
    right = clean(info, [{"description": "Tuyau", "quantity": 1}])
    assert equal(info, left, right)
    assert not equal(info, left, clean(info, [{"description": "Tuyau", "quantity": 2}]))
    assert not equal(info, left, [])


def test_kinds_describe_their_fields_for_people() -> None:
    assert KINDS["customer"].label == "Client" and KINDS["customer"].plural == "Clients"
    assert {"name", "email", "phone"} <= KINDS["customer"].fields.keys()
    assert field("job.customer").target == "customer" and field("customer.divisions").target == "division"
    assert field("job.status").choices["in_progress"] == "En cours"
    assert [item.name for item in field("payment.allocations").items] == ["invoice", "amount"]
    for kind in KINDS.values():
        names = (*kind.columns, *kind.search, *kind.title_fields)
        assert names and not [name for name in names if name not in kind.fields], kind.slug
        assert not {"id", "version", "provenance", "archived_at"} & kind.fields.keys()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_money_field_has_its_currency_on_the_record(kind: Any) -> None:
    money = [info for info in kind.fields.values() if info.type == "money"]
    assert not money or kind.fields["currency"].default == "CAD"
    assert all(info.cleaner(Decimal("999999999999.99")) for info in money)


SCALARS = st.one_of(
    st.decimals(min_value=-(10**9), max_value=10**9, places=2),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.uuids(),
    st.booleans(),
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0")),
)
BY_TYPE = {
    Decimal: "invoice.total",
    date: "invoice.issue_date",
    datetime: "job.due_at",
    UUID: "job.customer",
    bool: "job.permission_to_enter",
    str: "job.description",
}


@given(SCALARS)
def test_canonical_json_reads_back_as_the_same_value(value: Any) -> None:
    info = field(BY_TYPE[type(value)])
    assert from_json(info, to_json(value)) == value


def test_instants_are_written_in_utc_with_a_z() -> None:
    local = datetime(2026, 7, 1, 9, 30, tzinfo=timezone(timedelta(hours=-4)))
    assert to_json({"at": [local]}) == {"at": ["2026-07-01T13:30:00Z"]}


def test_an_enumeration_member_is_written_as_its_text_and_an_unknown_object_is_refused() -> None:
    from integrations.records.models.choices import JobStatus

    assert type(to_json(JobStatus.OPEN)) is str and to_json(JobStatus.OPEN) == "open"
    with pytest.raises(TypeError):
        to_json(object())
