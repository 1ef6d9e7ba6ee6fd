"""Writing to Zoho CRM."""

import json
from decimal import Decimal

import pytest

from connectors.base.errors import Conflict, Misconfigured, NotFound, Rejected, Transient
from connectors.base.writes import PreparedWrite
from connectors.zoho.connector import Zoho
from tests.connectors.zoho.conftest import read

CONTACT = {"Full_Name": "Zoé D'Amours", "Email": "zoe@courriel.example", "Phone": "+15145550199"}


def writes(simulator, method):
    return [one for one in simulator.requests("zoho") if one["method"] == method and "/crm/" in one["path"]]


def stored(simulator, module, **values):
    rows = [row["data"] for row in simulator.objects(module, "zoho") if not row["deleted_at"]]
    return [data for data in rows if all(data[name] == value for name, value in values.items())]


def first(zoho, resource):
    return next(iter(read(zoho, resource)[0].values()))


def test_a_contact_is_created_with_its_names_apart(zoho, simulator):
    account = first(zoho, "accounts")["id"]
    made = zoho.push("contacts", {**CONTACT, "Account_Name": {"id": account}}, idempotency_key="k", reference="r-1")
    [data] = stored(simulator, "Contacts", Email="zoe@courriel.example")
    assert (data["First_Name"], data["Last_Name"], data["Account_Name"]) == ("Zoé", "D'Amours", {"id": account})
    assert (made["Full_Name"], made["Account_Name"]["id"], made["Account_Name"]["name"]) == (
        "Zoé D'Amours", account, "Boulangerie Aux Blés d'Or inc.",
    )  # fmt: skip
    assert data["Ref_Lacoste"] is None, "no field is set for our reference"


@pytest.mark.parametrize(
    ("values", "names"),
    [({"Full_Name": "Cher"}, (None, "Cher")), ({"Full_Name": "Marie Ève Roy"}, ("Marie", "Ève Roy")),
     ({"Full_Name": "Marie Ève Roy", "First_Name": "Marie Ève"}, ("Marie Ève", "Roy")),
     ({"Full_Name": "Autre Nom", "First_Name": "Léa", "Last_Name": "Roy"}, ("Léa", "Roy"))],
)  # fmt: skip
def test_first_and_last_name_follow_from_the_whole_one(zoho, values, names):
    made = zoho.push("contacts", values, idempotency_key="k")
    assert (made["First_Name"], made["Last_Name"]) == names


def test_an_account_keeps_its_address_and_accents(zoho):
    address = {"line1": "12, rue de l'Église", "line2": "app. 3", "city": "Lévis", "province": "QC",
               "postal_code": "G6V 1A1", "country": "CA"}  # fmt: skip
    codec = Zoho.resource("accounts").codecs["address"]
    values = {"Account_Name": "Éveil & Co", "_billing": codec.encode(address), "_kind": "company"}
    made = zoho.push("accounts", values, idempotency_key="k")
    again = zoho.fetch("accounts", made["id"])
    assert (again["Account_Name"], codec.decode(again["_billing"])) == ("Éveil & Co", address)
    cleared = zoho.push("accounts", {"_billing": None}, idempotency_key="k2", remote_id=made["id"])
    assert cleared["_billing"] is None


@pytest.mark.parametrize("amount", ["12500.50", "0.01", "1379.70", "99999999.99", "1650"])
def test_an_amount_stays_the_same_to_the_cent(zoho, amount):
    values = {"Deal_Name": "Toiture", "Amount": Decimal(amount), "Probability": Decimal("33.5"),
              "Closing_Date": "2027-03-31", "Stage": "Negotiation/Review"}  # fmt: skip
    made = zoho.push("deals", values, idempotency_key="k")
    again = zoho.fetch("deals", made["id"])
    assert Decimal(str(again["Amount"])) == Decimal(amount)
    assert (again["Probability"], again["Closing_Date"], again["Stage"]) == ("33.5", "2027-03-31", "Negotiation/Review")


def test_a_deal_without_a_stage_gets_the_one_that_is_set(connect):
    assert connect().push("deals", {"Deal_Name": "A"}, idempotency_key="k")["Stage"] == "Qualification"
    connector = connect(config={"default_stage": "Needs Analysis"})
    assert connector.push("deals", {"Deal_Name": "B"}, idempotency_key="k")["Stage"] == "Needs Analysis"


def test_a_change_touches_its_fields_only(zoho):
    before = first(zoho, "contacts")
    after = zoho.push(
        "contacts", {"Email": "nouveau@courriel.example", "Account_Name": {"id": None}}, idempotency_key="k",
        remote_id=before["id"], version=before["Modified_Time"],
    )  # fmt: skip
    assert (after["Email"], after["Account_Name"]) == ("nouveau@courriel.example", None)
    assert after["Full_Name"] == before["Full_Name"] and after["Phone"] == before["Phone"]


def test_an_object_that_moved_on_is_a_conflict_and_nothing_is_written(zoho, simulator):
    before = first(zoho, "contacts")
    simulator.edit("Contacts", before["id"], Title="Entre-temps", slug="zoho")
    with pytest.raises(Conflict) as caught:
        zoho.push("contacts", {"Title": "X"}, idempotency_key="k", remote_id=before["id"],
                  version=before["Modified_Time"])  # fmt: skip
    assert (caught.value.code, caught.value.status) == ("stale", 412)
    with pytest.raises(Conflict):
        zoho.delete("contacts", before["id"], idempotency_key="k", version=before["Modified_Time"])
    assert zoho.fetch("contacts", before["id"])["Title"] == "Entre-temps"


def test_what_is_gone_is_told(zoho, simulator):
    before = first(zoho, "contacts")
    simulator.delete("Contacts", before["id"], "zoho")
    with pytest.raises(NotFound):
        zoho.push("contacts", {"Title": "X"}, idempotency_key="k", remote_id=before["id"])
    with pytest.raises(NotFound):
        zoho.delete("contacts", before["id"], idempotency_key="k")


@pytest.mark.parametrize("resource", ["accounts", "contacts", "deals"])
def test_a_deletion_leaves_nothing(zoho, resource):
    one = first(zoho, resource)["id"]
    assert zoho.send(zoho.prepare_delete(resource, one, idempotency_key="k")) == {}
    with pytest.raises(NotFound):
        zoho.fetch(resource, one)


@pytest.mark.parametrize("status", [400, 202, 200])
def test_a_row_that_is_refused_is_told_whatever_the_status(zoho, simulator, status):
    simulator.configure("zoho", failed_row_status=status)
    with pytest.raises(Rejected, match="champ : Email") as caught:
        zoho.push("contacts", {**CONTACT, "Email": "pas un courriel"}, idempotency_key="k")
    assert set(caught.value.field_errors) == {"Email"}
    with pytest.raises(Rejected, match="Stage"):
        zoho.push("deals", {"Deal_Name": "X", "Stage": "Inventée"}, idempotency_key="k")


@pytest.mark.parametrize(
    ("resource", "values", "field"),
    [("contacts", {"Email": "a@b.example"}, "Last_Name"), ("deals", {"Amount": 3}, "Deal_Name"),
     ("accounts", {}, "Account_Name"), ("deals", {"Deal_Name": "X", "Amount": "beaucoup"}, "Amount")],
)  # fmt: skip
def test_what_would_surely_be_refused_is_not_sent(zoho, simulator, resource, values, field):
    simulator.forget_requests("zoho")
    with pytest.raises(Rejected) as caught:
        zoho.push(resource, values, idempotency_key="k")
    assert set(caught.value.field_errors) == {field}
    assert simulator.requests("zoho") == []


def test_workflows_run_unless_they_are_switched_off(connect):
    prepared = connect().prepare_push("deals", {"Deal_Name": "X"}, idempotency_key="k")
    assert "trigger" not in json.loads(prepared.body)
    quiet = connect(config={"run_workflows": "non"})
    assert json.loads(quiet.prepare_push("deals", {"Deal_Name": "X"}, idempotency_key="k").body)["trigger"] == []
    assert quiet.prepare_delete("deals", "1", idempotency_key="k").params == {"wf_trigger": "false"}


def test_a_prepared_write_can_be_stored_and_sent_later(zoho, simulator):
    prepared = zoho.prepare_push("contacts", CONTACT, idempotency_key="k", reference="r-1")
    assert not prepared.repeatable and prepared.action == "create"
    again = PreparedWrite.from_json(prepared.to_json())
    assert again == prepared
    assert zoho.send(again)["Email"] == "zoe@courriel.example"


# --- A creation whose outcome is unknown, or that is there already ------------------------------------------------
def find(connector, prepared):
    """What the engine does: look for the object by the lookup fields that the request carries."""
    body = json.loads(prepared.body)
    for field in Zoho.resource(prepared.resource).lookup_fields:
        if body.get(field):
            found = connector.lookup(prepared.resource, {field: str(body[field])})
            if len(found) == 1:
                return found[0]
    return None


CREATIONS = [
    ("contacts", CONTACT, {"Email": "zoe@courriel.example"}),
    ("contacts", {"Full_Name": "Sans Courriel"}, {"Last_Name": "Courriel"}),
    ("accounts", {"Account_Name": "Neuve (Québec) inc."}, {"Account_Name": "Neuve (Québec) inc."}),
    ("deals", {"Deal_Name": "Toiture", "Amount": Decimal("10.50")}, {"Deal_Name": "Toiture"}),
]


@pytest.mark.parametrize(("resource", "values", "data"), CREATIONS)
@pytest.mark.parametrize("lag", [0, 3600])
def test_a_creation_whose_answer_is_lost_is_found_and_not_doubled(zoho, simulator, resource, values, data, lag):
    simulator.configure("zoho", search_lag_seconds=lag)
    prepared = zoho.prepare_push(resource, values, idempotency_key="k", reference="r-1")
    simulator.fault("error", "/dc/ca/crm", slug="zoho", after=True)
    with pytest.raises(Transient):
        zoho.send(prepared)
    assert len(writes(simulator, "POST")) == 1, "never sent again on its own"
    found = find(zoho, prepared)
    [made] = stored(simulator, Zoho.resource(resource).path, **data)
    assert found["id"] == made["id"]


def test_a_creation_that_never_arrived_and_a_namesake_are_not_found(zoho, simulator):
    zoho.push("contacts", {**CONTACT, "Email": "autre@courriel.example"}, idempotency_key="k0")
    prepared = zoho.prepare_push("contacts", CONTACT, idempotency_key="k")
    simulator.fault("error", "/dc/ca/crm", slug="zoho")
    with pytest.raises(Transient):
        zoho.send(prepared)
    assert find(zoho, prepared) is None


def test_with_a_reference_field_a_creation_that_is_sent_twice_is_done_once(connect, simulator):
    connector = connect(config={"reference_field": "Ref_Lacoste"})
    prepared = connector.prepare_push("contacts", CONTACT, idempotency_key="k", reference="r-1")
    assert prepared.repeatable and prepared.path.endswith("/Contacts/upsert")
    simulator.fault("error", "/dc/ca/crm", slug="zoho", after=True)
    made = connector.send(prepared)
    assert made["_reference"] == "r-1"
    assert connector.send(prepared)["id"] == made["id"]
    assert len(stored(simulator, "Contacts", Ref_Lacoste="r-1")) == 1
    assert find(connector, prepared)["id"] == made["id"]


def test_a_duplicate_is_a_conflict_and_the_object_is_known(zoho, simulator):
    simulator.configure("zoho", unique_fields={"Contacts": ["Email"]}, search_lag_seconds=3600)
    prepared = zoho.prepare_push("contacts", {**CONTACT, "Email": "contact003@courriel.example"}, idempotency_key="k")
    with pytest.raises(Conflict, match="champ : Email") as caught:
        zoho.send(prepared)
    assert caught.value.code == "duplicate"
    assert find(zoho, prepared)["Email"] == "contact003@courriel.example"
    assert find(zoho, prepared) is None, "known once, for the refusal that was just met"


def test_the_same_change_twice_is_one_change(zoho, simulator):
    one = first(zoho, "contacts")["id"]
    simulator.fault("error", f"/dc/ca/crm/v8/Contacts/{one}", slug="zoho", method="PUT", after=True)
    assert zoho.push("contacts", {"Title": "Une fois"}, idempotency_key="k", remote_id=one)["Title"] == "Une fois"
    assert len(writes(simulator, "PUT")) == 2


def test_there_is_nothing_else_to_do_to_an_object(zoho):
    with pytest.raises(Misconfigured, match="opération"):
        zoho.prepare_act("deals", "1", "void", idempotency_key="k")
