"""Writing to Pipedrive."""

import json
from decimal import Decimal

import pytest

from connectors.base.errors import Conflict, Misconfigured, NotFound, Rejected, Transient
from connectors.base.writes import PreparedWrite
from connectors.pipedrive.connector import Pipedrive
from tests.connectors.pipedrive.conftest import PERSON_KEY

PERSON = {"name": "Zoé D’Amours", "_email": "zoe@courriel.example", "_phone": "+15145550199", "org_id": "3"}


def writes(simulator, method):
    return [one for one in simulator.requests("pipedrive") if one["method"] == method and "/api/" in one["path"]]


def named(simulator, kind, name):
    rows = [row["data"] for row in simulator.objects(kind, "pipedrive") if row["id"].startswith("123001:")]
    return [raw for raw in rows if name in (raw.get("name"), raw.get("title"))]


def test_a_person_is_created_with_strict_types(pipedrive, simulator):
    made = pipedrive.push("persons", {**PERSON, "_mobile": "+15145550100"}, idempotency_key="k", reference="r-1")
    [stored] = named(simulator, "persons", "Zoé D’Amours")
    assert stored["org_id"] == 3
    assert stored["emails"] == [{"value": "zoe@courriel.example", "primary": True, "label": "work"}]
    assert {(one["value"], one["label"], one["primary"]) for one in stored["phones"]} == {
        ("+15145550199", "work", True), ("+15145550100", "mobile", False),
    }  # fmt: skip
    assert (made["_phone"], made["_mobile"]) == ("+15145550199", "+15145550100")
    assert (made["first_name"], made["last_name"]) == ("Zoé", "D’Amours")
    assert "_reference" not in made, "no field is set for it"


@pytest.mark.parametrize("status", [200, 201])
def test_either_status_of_a_creation_is_a_success(pipedrive, simulator, status):
    simulator.configure("pipedrive", created_status=status)
    assert pipedrive.push("organizations", {"name": "Neuve inc."}, idempotency_key="k")["id"] == 15


def test_an_organization_keeps_its_address_and_accents(pipedrive):
    address = {"line1": "12, rue de l’Église", "line2": "app. 3", "city": "Lévis", "province": "QC",
               "postal_code": "G6V 1A1", "country": "CA"}  # fmt: skip
    codec = Pipedrive.resource("organizations").codecs["address"]
    made = pipedrive.push(
        "organizations", {"name": "Éveil & Co", "address": codec.encode(address), "_kind": "company"},
        idempotency_key="k",
    )  # fmt: skip
    read = pipedrive.fetch("organizations", str(made["id"]))
    assert (read["name"], codec.decode(read["address"])) == ("Éveil & Co", address)
    assert read["address"]["value"] == "12, rue de l’Église, app. 3, Lévis, QC G6V 1A1, Canada"


@pytest.mark.parametrize("amount", ["12500.50", "0.01", "1379.70", "99999999.99", "1650"])
def test_an_amount_stays_the_same_to_the_cent(pipedrive, amount):
    made = pipedrive.push(
        "deals",
        {"title": "Toiture", "value": Decimal(amount), "currency": "CAD", "org_id": "1", "_stage": {"value": "3"},
         "probability": Decimal("33.5"), "expected_close_date": "2027-03-31", "status": "open"},
        idempotency_key="k",
    )  # fmt: skip
    read = pipedrive.fetch("deals", str(made["id"]))
    assert Decimal(str(read["value"])) == Decimal(amount)
    assert (read["stage_id"], read["pipeline_id"], read["_stage"], read["currency"]) == (3, 1, {"value": "3"}, "CAD")
    assert (read["probability"], read["expected_close_date"]) == ("33.5", "2027-03-31")


def test_a_change_touches_its_fields_only_and_keeps_the_other_addresses(pipedrive):
    before = pipedrive.fetch("persons", "2")
    after = pipedrive.push(
        "persons", {"_email": "nouveau@courriel.example"}, idempotency_key="k", remote_id="2",
        version=before["update_time"],
    )  # fmt: skip
    assert [one["value"] for one in after["emails"]] == ["nouveau@courriel.example", before["emails"][1]["value"]]
    assert after["phones"] == before["phones"] and after["name"] == before["name"]
    after = pipedrive.push("persons", {"_email": None, "org_id": None}, idempotency_key="k2", remote_id="2")
    assert (after["_email"], after["org_id"]) == (before["emails"][1]["value"], None)
    after = pipedrive.push("persons", {"_phone": None, "_mobile": "+14385550000"}, idempotency_key="k3", remote_id="2")
    assert [one["value"] for one in after["phones"]] == ["+14385550000"]


def test_a_deal_is_won_or_lost_with_its_reason(pipedrive):
    lost = pipedrive.push("deals", {"status": "lost", "lost_reason": "Trop cher"}, idempotency_key="k", remote_id="1")
    assert (lost["status"], lost["lost_reason"]) == ("lost", "Trop cher")
    won = pipedrive.push("deals", {"status": "won", "lost_reason": "Trop cher"}, idempotency_key="k", remote_id="1")
    assert (won["status"], won["lost_reason"]) == ("won", None)
    again = pipedrive.push("deals", {"lost_reason": "Trop tard"}, idempotency_key="k", remote_id="1")
    assert again["lost_reason"] is None, "a deal that is not lost has no reason"


def test_an_object_that_moved_on_is_a_conflict_and_nothing_is_written(pipedrive, simulator):
    before = pipedrive.fetch("persons", "2")
    simulator.edit("persons", "2", name="Entre-temps", slug="pipedrive")
    for write in (
        lambda: pipedrive.push("persons", {"name": "X"}, idempotency_key="k", remote_id="2",
                               version=before["update_time"]),
        lambda: pipedrive.delete("persons", "2", idempotency_key="k", version=before["update_time"]),
    ):  # fmt: skip
        with pytest.raises(Conflict) as caught:
            write()
        assert caught.value.code == "stale"
    assert pipedrive.fetch("persons", "2")["name"] == "Entre-temps"
    assert writes(simulator, "PATCH") == writes(simulator, "DELETE") == []


def test_what_is_gone_is_told(pipedrive, simulator):
    simulator.delete("persons", "2", "pipedrive")
    with pytest.raises(NotFound):
        pipedrive.push("persons", {"name": "X"}, idempotency_key="k", remote_id="2")
    with pytest.raises(NotFound):
        pipedrive.delete("persons", "2", idempotency_key="k")


@pytest.mark.parametrize("resource", ["persons", "organizations", "deals"])
def test_a_deletion_leaves_nothing(pipedrive, resource):
    prepared = pipedrive.prepare_delete(resource, "2", idempotency_key="k")
    assert pipedrive.send(prepared) == {}
    with pytest.raises(NotFound):
        pipedrive.fetch(resource, "2")


def test_values_that_pipedrive_refuses_are_told_in_its_words(pipedrive):
    with pytest.raises(Rejected, match="does not exist"):
        pipedrive.push("persons", {"name": "X", "org_id": "9999"}, idempotency_key="k")
    with pytest.raises(Rejected, match="currency"):
        pipedrive.push("deals", {"title": "X", "currency": "dollars"}, idempotency_key="k")
    with pytest.raises(Misconfigured, match="interdit"):
        pipedrive.push("persons", {"job_title": "Gérante"}, idempotency_key="k", remote_id="2")


@pytest.mark.parametrize(
    ("resource", "values", "field"),
    [("persons", {"_email": "a@b.example"}, "name"), ("deals", {"value": 3}, "title"), ("organizations", {}, "name"),
     ("deals", {"title": "X", "value": "beaucoup"}, "value"), ("persons", {"name": "X", "org_id": "abc"}, "org_id")],
)  # fmt: skip
def test_what_would_surely_be_refused_is_not_sent(pipedrive, simulator, resource, values, field):
    simulator.forget_requests("pipedrive")
    with pytest.raises(Rejected) as caught:
        pipedrive.push(resource, values, idempotency_key="k")
    assert set(caught.value.field_errors) == {field}
    assert simulator.requests("pipedrive") == []


def test_a_prepared_write_can_be_stored_and_sent_later(pipedrive, simulator):
    prepared = pipedrive.prepare_push("persons", PERSON, idempotency_key="k", reference="r-1")
    assert not prepared.repeatable and prepared.action == "create"
    again = PreparedWrite.from_json(prepared.to_json())
    assert again == prepared
    pipedrive.send(again)
    [stored] = named(simulator, "persons", "Zoé D’Amours")
    assert not [name for name in stored if name.startswith("_")]


# --- A creation whose outcome is unknown --------------------------------------------------------------------------
def find(connector, prepared):
    """What the engine does: look for the object by the lookup fields that the request carries."""
    body = json.loads(prepared.body)
    for field in Pipedrive.resource(prepared.resource).lookup_fields:
        if body.get(field):
            found = connector.lookup(prepared.resource, {field: str(body[field])})
            if len(found) == 1:
                return found[0]
    return None


CREATIONS = [
    ("persons", PERSON),
    ("persons", {"name": "Sans Courriel"}),
    ("organizations", {"name": "Neuve inc."}),
    ("deals", {"title": "Toiture", "org_id": "3", "value": Decimal("10.50")}),
]


@pytest.mark.parametrize(("resource", "values"), CREATIONS)
@pytest.mark.parametrize("kind", ["error", "truncated"])
def test_a_creation_whose_answer_is_lost_is_found_and_not_doubled(pipedrive, simulator, resource, values, kind):
    prepared = pipedrive.prepare_push(resource, values, idempotency_key="k", reference="r-1")
    simulator.configure("pipedrive", created_status=200)
    options = {"after": True} if kind == "error" else {}
    simulator.fault(kind, "/@groupe-lacoste/api/v2", slug="pipedrive", **options)
    with pytest.raises(Transient):
        pipedrive.send(prepared)
    assert len(writes(simulator, "POST")) == 1, "never sent again on its own"
    found = find(pipedrive, prepared)
    title = values.get("name") or values["title"]
    [stored] = named(simulator, resource, title)
    assert found["id"] == stored["id"]


def test_a_creation_that_never_arrived_is_not_found(pipedrive, simulator):
    prepared = pipedrive.prepare_push("persons", PERSON, idempotency_key="k")
    simulator.fault("error", "/@groupe-lacoste/api/v2", slug="pipedrive")
    with pytest.raises(Transient):
        pipedrive.send(prepared)
    assert find(pipedrive, prepared) is None


def test_a_namesake_is_not_taken_for_the_lost_creation(pipedrive):
    pipedrive.push("persons", {**PERSON, "_email": "autre@courriel.example"}, idempotency_key="k0")
    assert find(pipedrive, pipedrive.prepare_push("persons", PERSON, idempotency_key="k")) is None
    pipedrive.push("deals", {"title": "Toiture", "org_id": "4"}, idempotency_key="k1")
    prepared = pipedrive.prepare_push("deals", {"title": "Toiture", "org_id": "3"}, idempotency_key="k")
    assert find(pipedrive, prepared) is None


def test_with_a_reference_field_the_lost_creation_is_known_among_its_doubles(connect, simulator):
    connector = connect(config={"reference_person": PERSON_KEY})
    connector.push("persons", PERSON, idempotency_key="k1", reference="r-1")
    prepared = connector.prepare_push("persons", PERSON, idempotency_key="k2", reference="r-2")
    simulator.fault("error", "/@groupe-lacoste/api/v2", slug="pipedrive", after=True)
    with pytest.raises(Transient):
        connector.send(prepared)
    found = find(connector, prepared)
    assert found["custom_fields"][PERSON_KEY] == found["_reference"] == "r-2"


def test_the_same_change_twice_is_one_change(pipedrive, simulator):
    simulator.fault("error", "/@groupe-lacoste/api/v2/persons/2", slug="pipedrive", method="PATCH", after=True)
    assert pipedrive.push("persons", {"name": "Une Fois"}, idempotency_key="k", remote_id="2")["name"] == "Une Fois"
    assert len(writes(simulator, "PATCH")) == 2


def test_a_duplicate_is_accepted_by_pipedrive_in_silence(pipedrive, simulator):
    for key in ("k1", "k2"):
        pipedrive.push("persons", PERSON, idempotency_key=key)
    assert len(named(simulator, "persons", "Zoé D’Amours")) == 2


def test_there_is_nothing_else_to_do_to_an_object(pipedrive):
    with pytest.raises(Misconfigured, match="opération"):
        pipedrive.prepare_act("deals", "1", "void", idempotency_key="k")
