"""Writing to Salesforce: creations that cannot double, changes on the known version, refusals that name their field."""

import json
from decimal import Decimal

import pytest

from connectors.base.client import RetryPolicy
from connectors.base.connector import Connection
from connectors.base.errors import Conflict, Misconfigured, NotFound, Rejected, Transient
from connectors.base.oauth import TokenSet
from connectors.base.writes import PreparedWrite
from connectors.salesforce.connector import Salesforce
from connectors.salesforce.writing import person, unmodified_since
from tests.connectors.salesforce.conftest import read

ADDRESS = Salesforce.resource("accounts").codecs["address"]
ACCOUNT = {"Name": "Toitures Laval inc.", "Phone": "+14505550142"}
DEAL = {"Name": "Été 2026", "StageName": "Qualification", "CloseDate": "2026-09-30", "Amount": Decimal("12500.55")}


def named(simulator, kind, name):
    return [one for one in simulator.objects(kind, "salesforce") if one["Name"] == name and not one["IsDeleted"]]


def test_an_account_is_created_with_its_address_and_read_back_as_it_was(salesforce):
    ours = {"line1": "12 rue Principale", "line2": "app. 3", "city": "Laval", "province": "QC",
            "postal_code": "H7A 1A1", "country": "CA"}  # fmt: skip
    made = salesforce.push(
        "accounts", {**ACCOUNT, "BillingAddress": ADDRESS.encode(ours), "_kind": "company"}, idempotency_key="k",
        reference="r-1",
    )  # fmt: skip
    assert (made["Name"], made["BillingStreet"], made["BillingCountry"]) == (
        "Toitures Laval inc.", "12 rue Principale\napp. 3", "Canada",
    )  # fmt: skip
    assert ADDRESS.decode(made["BillingAddress"]) == ours
    assert made == salesforce.fetch("accounts", made["Id"]) == read(salesforce, "accounts")[0][made["Id"]]


def test_accents_and_money_to_the_cent(salesforce):
    account = salesforce.push("accounts", {"Name": "Érablière « Le Cœur d’or » ½"}, idempotency_key="a", reference="a")
    made = salesforce.push("opportunities", {**DEAL, "AccountId": account["Id"]}, idempotency_key="k", reference="r")
    assert account["Name"] == "Érablière « Le Cœur d’or » ½"
    assert (made["Name"], made["AccountId"]) == ("Été 2026", account["Id"])
    assert Decimal(made["Amount"]) == Decimal("12500.55")
    after = salesforce.push(
        "opportunities", {"Amount": Decimal("0.10"), "Probability": Decimal("33.5")}, idempotency_key="k2",
        remote_id=made["Id"], version=made["SystemModstamp"],
    )  # fmt: skip
    assert (Decimal(after["Amount"]), Decimal(after["Probability"])) == (Decimal("0.1"), Decimal("33.5"))


def test_a_creation_that_is_sent_twice_makes_one_object(salesforce, simulator):
    prepared = salesforce.prepare_push("accounts", ACCOUNT, idempotency_key="k", reference="r-1")
    assert prepared.path == "services/data/v66.0/sobjects/Account/Lacoste_Id__c/r-1"
    assert "Lacoste_Id__c" not in prepared.body
    first = salesforce.send(prepared)
    assert salesforce.send(PreparedWrite.from_json(prepared.to_json()))["Id"] == first["Id"]
    assert len(named(simulator, "Account", ACCOUNT["Name"])) == 1


@pytest.mark.parametrize("kind", ["timeout", "error"])
def test_a_creation_whose_answer_was_lost_is_not_doubled(connect, simulator, kind):
    connector = connect(timeout=0.3)
    simulator.fault(kind, "/services/data/v66.0/sobjects/Account/Lacoste", slug="salesforce", after=True, seconds=0.6)
    made = connector.push("accounts", ACCOUNT, idempotency_key="k", reference="r-1")
    assert [one["Id"] for one in named(simulator, "Account", ACCOUNT["Name"])] == [made["Id"]]


def test_an_object_that_cannot_be_read_after_the_write_is_tried_again_without_doubling(connect, simulator):
    connector = connect(retry=RetryPolicy(max_retries=0))
    connector._ask.readable(Salesforce.resource("accounts"))
    prepared = connector.prepare_push("accounts", ACCOUNT, idempotency_key="k", reference="r-1")
    simulator.fault("unavailable", "/services/data/v66.0/query", slug="salesforce")
    with pytest.raises(Transient):
        connector.send(prepared)
    connector.send(prepared)
    assert len(named(simulator, "Account", ACCOUNT["Name"])) == 1


def test_without_the_external_id_field_the_setting_to_correct_is_told(connect, simulator):
    with pytest.raises(Misconfigured, match="identifiant externe") as caught:
        connect({"external_id_field": "Absent__c"}).push("accounts", ACCOUNT, idempotency_key="k", reference="r")
    assert caught.value.code == "no_external_id"
    assert named(simulator, "Account", ACCOUNT["Name"]) == []


def test_a_change_keeps_the_other_fields_and_null_empties_one(salesforce):
    made = salesforce.push("accounts", ACCOUNT, idempotency_key="k", reference="r")
    after = salesforce.push(
        "accounts", {"Phone": None}, remote_id=made["Id"], version=made["SystemModstamp"], idempotency_key="k2"
    )
    assert (after["Name"], after["Phone"]) == (made["Name"], None)


def test_a_stale_version_is_a_conflict_and_nothing_is_written(connect, salesforce, simulator):
    made = salesforce.push("accounts", ACCOUNT, idempotency_key="k", reference="r")
    simulator.advance(5)
    simulator.edit("Account", made["Id"], Phone="+15145550001", slug="salesforce")
    change = {"remote_id": made["Id"], "version": made["SystemModstamp"], "idempotency_key": "k2"}
    with pytest.raises(Conflict, match="changé"):
        salesforce.push("accounts", {"Name": "Autre"}, **change)
    with pytest.raises(Conflict):
        salesforce.delete("accounts", made["Id"], idempotency_key="k3", version=made["SystemModstamp"])
    assert salesforce.fetch("accounts", made["Id"])["Name"] == ACCOUNT["Name"]
    assert connect({"conditional_updates": "Non"}).push("accounts", {"Name": "Autre"}, **change)["Name"] == "Autre"


def test_the_condition_tells_whole_seconds_rounded_up():
    assert unmodified_since("2026-01-01T12:00:00.001+0000") == {"If-Unmodified-Since": "Thu, 01 Jan 2026 12:00:01 GMT"}
    assert unmodified_since("2026-01-01T12:00:00.000+0000") == {"If-Unmodified-Since": "Thu, 01 Jan 2026 12:00:00 GMT"}
    assert unmodified_since("") == {}


def test_an_object_is_deleted_and_then_it_is_gone(salesforce):
    made = salesforce.push("accounts", ACCOUNT, idempotency_key="k", reference="r")
    salesforce.delete("accounts", made["Id"], idempotency_key="d", version=made["SystemModstamp"])
    with pytest.raises(NotFound):
        salesforce.delete("accounts", made["Id"], idempotency_key="d")
    with pytest.raises(NotFound):
        salesforce.push("accounts", {"Phone": "1"}, remote_id=made["Id"], idempotency_key="k2")


def test_a_contact_that_is_there_already_is_a_conflict_and_can_be_found(salesforce, simulator):
    email = "zoe.tremblay@courriel.example"
    with pytest.raises(Conflict, match="déjà") as caught:
        salesforce.push("contacts", {"LastName": "T.", "Email": email}, idempotency_key="k", reference="r")
    assert caught.value.code == "duplicate"
    [found] = salesforce.lookup("contacts", {"Email": email})
    other = salesforce.push("contacts", {"LastName": "Autre"}, idempotency_key="k2", reference="r2")
    with pytest.raises(Rejected, match="autre élément"):
        salesforce.push("contacts", {"Email": email}, remote_id=other["Id"], idempotency_key="k3")
    assert found["Name"] == "Zoé Tremblay"


@pytest.mark.parametrize(
    ("resource", "values", "field", "word"),
    [
        ("accounts", {"Phone": "1"}, "Name", "exige une valeur"),
        ("accounts", {"Name": "n" * 256}, "Name", "trop long"),
        ("contacts", {"LastName": "É", "Email": "pas une adresse"}, "Email", "courriel"),
        ("contacts", {"LastName": "É", "AccountId": "0015g00000ZZZZZAAZ"}, "AccountId", "n’existe plus"),
        ("opportunities", {"Name": "X", "CloseDate": "2026-01-01"}, "StageName", "exige une valeur"),
        ("accounts", {"Name": "X", "Couleur": "bleu"}, "", "ne connaît pas"),
    ],
)
def test_invalid_values_are_refused_and_their_field_is_named(salesforce, resource, values, field, word):
    with pytest.raises(Rejected, match=word) as caught:
        salesforce.push(resource, values, idempotency_key="k", reference="r")
    assert set(caught.value.field_errors) == {field}


def test_an_amount_that_is_no_exact_number_is_refused_before_any_request(salesforce):
    for wrong in (Decimal("NaN"), Decimal("12345678901234567.89")):
        with pytest.raises(Rejected, match="nombre"):
            salesforce.prepare_push("opportunities", {"Amount": wrong}, idempotency_key="k")


def test_a_stage_from_account_mapping_is_written_by_its_value(salesforce):
    values = {**DEAL, "StageName": {"value": "Closed Won"}}
    made = salesforce.push("opportunities", values, idempotency_key="k", reference="r")
    assert (made["StageName"], made["_status"]) == ("Closed Won", "won")


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ({"Name": "Zoé Adams"}, {"FirstName": "Zoé", "LastName": "Adams"}),
        ({"Name": "Marie Ève du Tremblay"}, {"FirstName": "Marie Ève du", "LastName": "Tremblay"}),
        ({"Name": "Cher"}, {"FirstName": None, "LastName": "Cher"}),
        ({"Name": "Zoé Adams", "FirstName": "Zoé", "LastName": "Roy"}, {"FirstName": "Zoé", "LastName": "Roy"}),
        ({"FirstName": "Zoé"}, {"FirstName": "Zoé"}),
    ],
)
def test_a_whole_name_is_written_in_two(values, written):
    assert person(values) == written


def test_a_contact_with_a_name_only_is_created(salesforce):
    made = salesforce.push("contacts", {"Name": "Noë L’Écuyer"}, idempotency_key="k", reference="r")
    assert (made["FirstName"], made["LastName"], made["Name"]) == ("Noë", "L’Écuyer", "Noë L’Écuyer")


def test_a_prepared_write_holds_no_credential_and_asks_for_nothing(salesforce, simulator):
    token = salesforce.tokens.current().access_token
    before = len(simulator.requests("salesforce"))
    prepared = salesforce.prepare_push("accounts", {"Name": "É"}, idempotency_key="k", reference="r")
    assert PreparedWrite.from_json(prepared.to_json()) == prepared
    assert token not in prepared.to_json() and prepared.repeatable
    assert json.loads(prepared.body) == {"Name": "É"}
    assert len(simulator.requests("salesforce")) == before


def test_an_external_id_that_several_carry_is_refused(script):
    tokens = TokenSet("jeton", extra={"instance_url": script.url})
    connector = Salesforce(Connection("test", tokens.to_secrets(), {}, {"login": script.url, "api": script.url}))
    script.then_answer(300, b'["/services/data/v66.0/sobjects/Account/1", "/services/data/v66.0/sobjects/Account/2"]')
    with pytest.raises(Rejected, match="Plusieurs") as caught:
        connector.push("accounts", ACCOUNT, idempotency_key="k", reference="r")
    assert caught.value.code == "ambiguous_external_id"


def test_the_version_of_the_api_is_a_setting(connect):
    prepared = connect({"api_version": "68.0"}).prepare_delete("accounts", "001", idempotency_key="k")
    assert prepared.path == "services/data/v68.0/sobjects/Account/001"


def test_many_rows_carry_what_single_writes_have_in_their_address(salesforce):
    rows = [
        salesforce.prepare_push("accounts", ACCOUNT, idempotency_key="", reference=f"é/{number}") for number in range(2)
    ]
    joined = salesforce.join(rows, idempotency_key="")
    body = json.loads(joined.body)
    assert (joined.method, joined.path, body["allOrNone"]) == (
        "PATCH",
        "services/data/v66.0/composite/sobjects/Account/Lacoste_Id__c",
        False,
    )
    assert [(one["attributes"], one["Lacoste_Id__c"]) for one in body["records"]] == [
        ({"type": "Account"}, "é/0"), ({"type": "Account"}, "é/1"),
    ]  # fmt: skip
    assert all("id" not in one for one in body["records"])
    made = salesforce.send_many(joined, rows)
    changes = [
        salesforce.prepare_push("accounts", {"Phone": "1"}, idempotency_key="", remote_id=one["Id"]) for one in made
    ]
    joined = salesforce.join(changes, idempotency_key="")
    assert joined.path == "services/data/v66.0/composite/sobjects"
    assert [one["id"] for one in json.loads(joined.body)["records"]] == [one["Id"] for one in made]


def test_an_answer_with_fewer_rows_leaves_all_of_them_unknown(salesforce, monkeypatch):
    rows = [salesforce.prepare_push("accounts", ACCOUNT, idempotency_key="", reference=f"r{n}") for n in range(3)]
    whole = Salesforce.sent

    def shortened(self, *args, **options):
        answer = whole(self, *args, **options)
        del answer.data[0]
        return answer

    monkeypatch.setattr(Salesforce, "sent", shortened)
    outcomes = salesforce.push_many(rows, idempotency_key="")
    assert [getattr(one, "code", "") for one in outcomes] == ["unanswered"] * 3
