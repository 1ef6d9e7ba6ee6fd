"""Writing to HubSpot: creations that cannot double, changes after a look, associations, refusals by property."""

import json
from datetime import date
from decimal import Decimal

import pytest

from connectors.base.client import RetryPolicy
from connectors.base.errors import Conflict, Misconfigured, NotFound, Rejected, Transient
from connectors.base.writes import PreparedWrite
from connectors.hubspot.connector import HubSpot
from connectors.hubspot.writing import properties_of
from tests.connectors.support import read

COMPANY = {"name": "Toitures Laval inc.", "phone": "+14505550142"}
DEAL = {"dealname": "Été 2026", "dealstage": {"value": "contractsent"}, "amount": Decimal("12500.55")}
ADDRESS = HubSpot.resource("companies").codecs["address"]


def named(simulator, name):
    return [one for one in simulator.objects("companies", "hubspot") if one["name"] == name and not one["deleted_at"]]


def test_a_company_is_created_with_its_address_and_read_back_as_it_was(hubspot):
    ours = {"line1": "12 rue Principale", "line2": "app. 3", "city": "Laval", "province": "QC",
            "postal_code": "H7A 1A1", "country": "CA"}  # fmt: skip
    values = {**COMPANY, "_address": ADDRESS.encode(ours), "_kind": "company"}
    made = hubspot.push("companies", values, idempotency_key="k", reference="r-1")
    assert ADDRESS.decode(made["_address"]) == ours
    assert made == hubspot.fetch("companies", made["id"]) == read(hubspot, "companies")[0][made["id"]]


def test_accents_money_to_the_cent_and_days(hubspot):
    day = HubSpot.resource("deals").codecs["day"]
    values = {**DEAL, "closedate": day.encode(date(2026, 9, 30)), "_company": "300001"}
    made = hubspot.push("deals", values, idempotency_key="k", reference="r")
    assert (made["dealname"], made["amount"], made["_company"]) == ("Été 2026", "12500.55", "300001")
    assert day.decode(made["closedate"]) == "2026-09-30"
    after = hubspot.push("deals", {"amount": Decimal("0.10")}, remote_id=made["id"], idempotency_key="k2")
    assert Decimal(after["amount"]) == Decimal("0.1")


def test_a_creation_that_is_sent_twice_makes_one_object(hubspot, simulator):
    prepared = hubspot.prepare_push("companies", COMPANY, idempotency_key="k", reference="r-1")
    [row] = json.loads(prepared.body)["inputs"]
    assert (row["idProperty"], row["id"], prepared.path) == (
        "lacoste_id",
        "r-1",
        "crm/v3/objects/companies/batch/upsert",
    )
    first = hubspot.send(prepared)
    assert hubspot.send(PreparedWrite.from_json(prepared.to_json()))["id"] == first["id"]
    assert len(named(simulator, COMPANY["name"])) == 1


@pytest.mark.parametrize("kind", ["timeout", "error"])
def test_a_creation_whose_answer_was_lost_is_not_doubled(connect, simulator, kind):
    simulator.fault(kind, "/crm/v3/objects/companies/batch", slug="hubspot", after=True, seconds=0.6)
    made = connect(timeout=0.3).push("companies", COMPANY, idempotency_key="k", reference="r-1")
    assert [one["id"] for one in named(simulator, COMPANY["name"])] == [made["id"]]


def test_a_creation_that_stopped_before_its_association_is_finished_by_the_next_try(connect, simulator):
    connector = connect(retry=RetryPolicy(max_retries=0))
    values = {"firstname": "Noé", "_company": "300002"}
    prepared = PreparedWrite.from_json(
        connector.prepare_push("contacts", values, idempotency_key="k", reference="r-1").to_json()
    )
    assert prepared.links == {"companies": "300002"}
    simulator.fault("unavailable", "/crm/v4", slug="hubspot")
    with pytest.raises(Transient):
        connector.send(prepared)
    made = connector.send(prepared)
    assert made["_company"] == "300002"
    assert [one["id"] for one in simulator.objects("contacts", "hubspot") if one["firstname"] == "Noé"] == [made["id"]]


def test_a_contact_goes_to_another_company_and_to_none(hubspot):
    before = hubspot.fetch("contacts", "100001")
    assert before["_company"] == "300001"
    change = {"remote_id": "100001", "idempotency_key": "k"}
    moved = hubspot.push("contacts", {"_company": "300005"}, version=before["updatedAt"], **change)
    assert (moved["_company"], moved["firstname"]) == ("300005", before["firstname"])
    same = hubspot.push("contacts", {"_company": "300005", "jobtitle": "Chef"}, version=moved["updatedAt"], **change)
    assert (same["_company"], same["jobtitle"]) == ("300005", "Chef")
    assert hubspot.push("contacts", {"_company": None}, **change)["_company"] is None


def test_without_the_unique_property_what_to_create_is_told(hubspot, simulator):
    simulator.configure("hubspot", hidden_properties=["lacoste_id"])
    with pytest.raises(Misconfigured, match="lacoste_id") as caught:
        hubspot.push("companies", COMPANY, idempotency_key="k", reference="r")
    assert caught.value.code == "no_unique_property"
    assert named(simulator, COMPANY["name"]) == []


def test_a_change_keeps_the_other_properties_and_nothing_clears_one(hubspot):
    made = hubspot.push("companies", COMPANY, idempotency_key="k", reference="r")
    after = hubspot.push("companies", {"phone": None}, remote_id=made["id"], idempotency_key="k2")
    assert (after["name"], after["phone"]) == (made["name"], None)


def test_a_stale_version_is_a_conflict_and_nothing_is_written(hubspot, simulator):
    made = hubspot.push("companies", COMPANY, idempotency_key="k", reference="r")
    simulator.advance(1)
    simulator.edit("companies", made["id"], phone="+15145550001", slug="hubspot")
    simulator.forget_requests("hubspot")
    with pytest.raises(Conflict, match="changé"):
        hubspot.push("companies", {"name": "A"}, remote_id=made["id"], version=made["updatedAt"], idempotency_key="k")
    with pytest.raises(Conflict):
        hubspot.delete("companies", made["id"], idempotency_key="k3", version=made["updatedAt"])
    assert {one["method"] for one in simulator.requests("hubspot")} == {"GET"}


def test_an_object_is_archived_and_then_it_is_gone(hubspot):
    made = hubspot.push("companies", COMPANY, idempotency_key="k", reference="r")
    hubspot.delete("companies", made["id"], idempotency_key="d", version=made["updatedAt"])
    for gone in (
        lambda: hubspot.delete("companies", made["id"], idempotency_key="d"),
        lambda: hubspot.push("companies", {"phone": "1"}, remote_id=made["id"], idempotency_key="k2"),
    ):
        with pytest.raises(NotFound):
            gone()


def test_an_address_that_is_taken_is_a_conflict_at_a_creation_and_a_refusal_at_a_change(hubspot):
    taken = {"firstname": "É", "email": "eloise.dube@courriel.example"}
    with pytest.raises(Conflict, match="déjà") as caught:
        hubspot.push("contacts", taken, idempotency_key="k", reference="r")
    assert "Existing ID: 100001" in caught.value.detail
    with pytest.raises(Rejected, match="autre élément"):
        hubspot.push("contacts", {"email": taken["email"]}, remote_id="100002", idempotency_key="k")


@pytest.mark.parametrize(
    ("resource", "values", "name"),
    [
        ("contacts", {"firstname": "É", "email": "pas une adresse"}, "email"),
        ("companies", {"phone": "1"}, "name"),
        ("companies", {"name": "X", "couleur": "bleu"}, "couleur"),
        ("deals", {"dealname": "X", "dealstage": "inconnue"}, "dealstage"),
        ("deals", {"dealname": "X", "dealstage": "contractsent", "amount": "abc"}, "amount"),
    ],
)
def test_invalid_values_are_refused_and_their_property_is_named(hubspot, resource, values, name):
    with pytest.raises(Rejected) as caught:
        hubspot.push(resource, values, idempotency_key="k", reference="r")
    assert set(caught.value.field_errors) == {name}
    with pytest.raises(Rejected):
        hubspot.prepare_push(resource, {name: Decimal("NaN")}, idempotency_key="k")


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ({"_name": "Zoé Adams"}, {"firstname": "Zoé", "lastname": "Adams"}),
        ({"_name": "Cher"}, {"firstname": "Cher", "lastname": ""}),
        ({"_name": "Zoé Adams", "lastname": "Roy"}, {"lastname": "Roy"}),
        ({"_name": "zoe@courriel.example"}, {}),
        ({"a": True, "b": 3, "c": None, "d": Decimal("1E+3")}, {"a": "true", "b": "3", "c": "", "d": "1000"}),
    ],
)
def test_every_value_is_written_as_text_and_a_whole_name_in_two(values, written):
    assert properties_of(values) == written


def test_a_prepared_write_holds_no_credential_and_asks_for_nothing(hubspot, simulator):
    token = hubspot.tokens.current().access_token
    before = len(simulator.requests("hubspot"))
    prepared = hubspot.prepare_push("contacts", {"firstname": "É", "_company": "1"}, idempotency_key="k", reference="r")
    assert PreparedWrite.from_json(prepared.to_json()) == prepared
    assert token not in prepared.to_json() and prepared.repeatable
    assert len(simulator.requests("hubspot")) == before


def many(hubspot, rows):
    """Join, store, read back and send."""
    joined = hubspot.join(rows, idempotency_key="k")
    return hubspot.send_many(PreparedWrite.from_json(joined.to_json()), rows)


def test_many_contacts_are_made_and_tied_in_a_few_requests(hubspot, simulator):
    rows = [
        hubspot.prepare_push(
            "contacts", {"firstname": f"N{n}", "_company": f"30000{1 + n % 3}"}, idempotency_key="", reference=f"r{n}"
        )
        for n in range(20)
    ]
    simulator.forget_requests("hubspot")
    made = many(hubspot, rows)
    assert [(one["firstname"], one["_company"]) for one in made] == [(f"N{n}", f"30000{1 + n % 3}") for n in range(20)]
    assert len(simulator.requests("hubspot")) == 5  # write, companies, tie, read, companies
    assert made[7] == hubspot.fetch("contacts", made[7]["id"])


def test_many_contacts_go_to_another_company_or_to_none_and_one_cannot(hubspot):
    before = [hubspot.fetch("contacts", one) for one in ("100001", "100002", "100003", "100004")]
    assert before[0]["_company"]
    targets = ["300005", None, "999999", before[3]["_company"]]
    rows = [
        hubspot.prepare_push(
            "contacts", {"_company": to, "jobtitle": "Chef"}, idempotency_key="", remote_id=one["id"],
            version=one["updatedAt"],
        )
        for one, to in zip(before, targets, strict=True)
    ]  # fmt: skip
    moved, freed, lost, same = many(hubspot, rows)
    assert isinstance(lost, NotFound)
    assert [(one["_company"], one["jobtitle"]) for one in (moved, freed, same)] == [
        ("300005", "Chef"), (None, "Chef"), (before[3]["_company"], "Chef"),
    ]  # fmt: skip


def test_a_row_that_the_answer_does_not_name_is_told_as_unknown(hubspot, monkeypatch):
    rows = [
        hubspot.prepare_push("companies", {"name": f"N{n}"}, idempotency_key="", reference=f"r{n}") for n in range(3)
    ]
    whole = HubSpot.sent

    def shortened(self, *args, **options):
        answer = whole(self, *args, **options)
        answer.data["results"] = answer.data["results"][:-1]
        return answer

    monkeypatch.setattr(HubSpot, "sent", shortened)
    # The fake answers in another order: the first row comes last.
    unknown, *others = many(hubspot, rows)
    assert isinstance(unknown, Transient) and unknown.code == "unanswered"
    assert [one["name"] for one in others] == ["N1", "N2"]


def test_rows_without_the_unique_property_tell_what_to_create(hubspot, simulator):
    simulator.configure("hubspot", hidden_properties=["lacoste_id"])
    rows = [hubspot.prepare_push("companies", COMPANY, idempotency_key="", reference=f"r{n}") for n in range(2)]
    assert {one.code for one in many(hubspot, rows)} == {"no_unique_property"}
