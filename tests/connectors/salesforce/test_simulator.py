"""The fake Salesforce itself: what it refuses, and its collections."""

import pytest

from connectors.salesforce.simulator.schema import id18
from connectors.simulator.app import demo_apps


def query(api, text, path="query"):
    return api("GET", path, params={"q": text})


def code(answer):
    return answer.json()[0]["errorCode"]


def test_its_application_is_known_and_its_versions_need_no_token(simulator):
    import requests

    assert demo_apps()["salesforce"] == ("sf-demo-client", "sf-demo-secret")
    found = requests.get(f"{simulator.url}/salesforce/services/data/", timeout=5).json()
    assert {"66.0", "68.0"} <= {one["version"] for one in found}
    assert requests.get(f"{simulator.url}/salesforce/services/data/v66.0/query", timeout=5).status_code == 401


@pytest.mark.parametrize(
    ("short", "whole"), [("001D000000IqhSL", "001D000000IqhSLIAZ"), ("00D5g000004AbCd", "00D5g000004AbCdEAK")]
)
def test_its_checksums_are_the_published_ones(short, whole):
    assert id18(short) == whole


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("SELECT", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = chose", "MALFORMED_QUERY"),
        ("SELECT * FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Chose", "INVALID_TYPE"),
        ("SELECT Couleur FROM Account", "INVALID_FIELD"),
        ("SELECT Ami.Name FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Couleur = 'x'", "INVALID_FIELD"),
    ],
)
def test_a_query_that_it_cannot_read_is_refused(api, text, error):
    answer = query(api, text)
    assert (answer.status_code, code(answer)) == (400, error)


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ("Name LIKE 'Hôtel%'", 1),
        ("BillingCity IN ('Montréal', 'Québec')", 5),
        ("(BillingCity = 'Montréal' OR BillingCity = 'Laval') AND Type = 'Prospect'", 1),
        ("Website = null", 12),
        ("SystemModstamp >= 2026-03-03T00:00:00Z AND SystemModstamp < 2026-03-04T00:00:00.000+00:00", 5),
        ("name = 'brasserie la boréale'", 0),
    ],
)
def test_conditions(api, where, count):
    answer = query(api, f"SELECT Id FROM Account WHERE {where}")
    if where.startswith("name"):
        assert code(answer) == "INVALID_FIELD"
    else:
        assert answer.json()["totalSize"] == count


def test_deleted_objects_are_seen_by_query_all_only(api):
    text = "SELECT Id, IsDeleted FROM Account WHERE IsDeleted = true"
    assert query(api, text).json()["totalSize"] == 0
    assert query(api, text, "queryAll").json()["totalSize"] == 1


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-01-01T00:00:00+00:00", "2026-01-01T00:01:00+00:00"),
        ("2020-01-01T00:00:00+00:00", "2030-01-01T00:00:00+00:00"),
        ("hier", "demain"),
    ],
)
def test_periods_of_deletions_that_it_refuses(api, start, end):
    answer = api("GET", "sobjects/Account/deleted/", params={"start": start, "end": end})
    assert (answer.status_code, code(answer)) == (400, "INVALID_REPLICATION_DATE")


def row(**values):
    return {"attributes": {"type": "Account"}, **values}


def test_a_collection_answers_each_row_in_its_place(api, simulator):
    rows = [row(Name="Un"), row(Phone="1"), row(Name="Trois")]
    answer = api("POST", "composite/sobjects", json={"allOrNone": False, "records": rows})
    assert answer.status_code == 200
    results = answer.json()
    assert [one["success"] for one in results] == [True, False, True]
    assert results[1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    changed = [row(id=results[0]["id"], Name="Un bis"), row(id=results[2]["id"], Name=None)]
    results = api("PATCH", "composite/sobjects", json={"allOrNone": True, "records": changed}).json()
    assert results[0]["errors"][0]["statusCode"] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert {"Un", "Trois"} <= {one["Name"] for one in simulator.objects("Account", "salesforce")}


def test_a_collection_upserts_by_external_id_and_deletes(api):
    path = "composite/sobjects/Account/Lacoste_Id__c"
    rows = [row(Name="Un", Lacoste_Id__c="u-1"), row(Name="Deux", Lacoste_Id__c="u-2"), row(Name="Sans")]
    first = api("PATCH", path, json={"records": rows}).json()
    assert [one.get("created") for one in first] == [True, True, None]
    again = api("PATCH", path, json={"records": rows[:2]}).json()
    assert [(one["id"], one["created"]) for one in again] == [(one["id"], False) for one in first[:2]]
    ids = ",".join(one["id"] for one in again)
    assert all(one["success"] for one in api("DELETE", f"composite/sobjects?ids={ids}&allOrNone=false").json())
    many = api("POST", "composite/sobjects", json={"records": [row(Name="x")] * 201})
    assert code(many) == "EXCEEDED_MAX_SIZE_REQUEST"


def test_a_blocked_duplicate_carries_the_misspelt_key(api):
    answer = api("POST", "sobjects/Contact", json={"LastName": "X", "Email": "zoe.tremblay@courriel.example"})
    [error] = answer.json()
    assert error["errorCode"] == "DUPLICATES_DETECTED"
    assert error["duplicateResut"]["matchResults"][0]["matchRecords"][0]["record"]["Id"].startswith("003")


def test_an_account_takes_its_contacts_with_it(api, simulator):
    account = simulator.objects("Contact", "salesforce")[0]["AccountId"]
    simulator.delete("Account", account, "salesforce")
    gone = [one for one in simulator.objects("Contact", "salesforce") if one["AccountId"] == account]
    assert gone and all(one["IsDeleted"] for one in gone)
