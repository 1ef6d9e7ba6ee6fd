"""The fake HubSpot itself: what it refuses, its limits and its batches."""

import pytest

from tests.connectors.hubspot.conftest import KEY

CONTACTS = "crm/v3/objects/contacts"


def question(**changes):
    return {"filterGroups": [], "sorts": [], "properties": [], "limit": 10, "after": "0", **changes}


@pytest.mark.parametrize(
    ("path", "method", "options"),
    [
        (f"{CONTACTS}?limit=101", "GET", {}),
        ("crm/v3/objects/choses", "GET", {}),
        (f"{CONTACTS}/search", "POST", {"json": question(limit=201)}),
        (f"{CONTACTS}/search", "POST", {"json": question(after="10000")}),
        (f"{CONTACTS}/search", "POST", {"json": question(filterGroups=[{"filters": []}] * 6)}),
        (f"{CONTACTS}/search", "POST", {"json": question(sorts=[{"propertyName": "couleur"}])}),
        (f"{CONTACTS}/100001", "PATCH", {"json": {"properties": {}}}),
        (f"{CONTACTS}/100001", "PATCH", {"json": {"properties": {"hs_object_id": "1"}}}),
        (f"{CONTACTS}/100001", "PATCH", {"json": {"properties": {"firstname": 5}}}),
        (f"{CONTACTS}/batch/read", "POST", {"json": {"inputs": [{"id": "1"}] * 2}}),
        (f"{CONTACTS}/batch/update", "POST", {"json": {"inputs": [{"id": str(n)} for n in range(101)]}}),
        (f"{CONTACTS}/batch/upsert", "POST", {"json": {"inputs": [{"idProperty": "phone", "id": "1"}]}}),
        ("crm/v4/associations/contacts/choses/batch/read", "POST", {"json": {"inputs": [{"id": "1"}]}}),
    ],
)
def test_what_it_cannot_do_is_a_validation_error(api, path, method, options):
    answer = api(method, path, **options)
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")


def test_a_batch_with_a_bad_row_fails_whole_unless_its_rows_are_traced(api, simulator):
    rows = [{"properties": {"firstname": "Un"}}, {"properties": {"email": "pas une adresse"}}]
    assert api("POST", f"{CONTACTS}/batch/create", json={"inputs": rows}).status_code == 400
    assert not [one for one in simulator.objects("contacts", "hubspot") if one["firstname"] == "Un"]
    traced = [{**row, "objectWriteTraceId": f"t{number}"} for number, row in enumerate(rows)]
    answer = api("POST", f"{CONTACTS}/batch/create", json={"inputs": traced})
    assert (answer.status_code, answer.json()["numErrors"]) == (207, 1)
    assert answer.json()["results"][0]["objectWriteTraceId"] == "t0"


def test_a_batch_leaves_out_what_is_gone(api, simulator):
    simulator.delete("contacts", "100002", "hubspot")
    answer = api("POST", f"{CONTACTS}/batch/read", json={"inputs": [{"id": "100001"}, {"id": "100002"}]})
    assert answer.status_code == 207
    assert [one["id"] for one in answer.json()["results"]] == ["100001"]
    assert answer.json()["errors"][0]["category"] == "OBJECT_NOT_FOUND"


def test_the_bin_holds_what_was_archived_and_archiving_it_again_is_no_error(api):
    for _ in range(2):
        assert api("DELETE", f"{CONTACTS}/100004").status_code == 204
    binned = api("GET", CONTACTS, params={"archived": "true"}).json()["results"]
    assert {one["id"] for one in binned} == {"100004", "100016"} and all(one["archivedAt"] for one in binned)
    assert api("DELETE", f"{CONTACTS}/1").status_code == 404


def test_the_first_company_is_the_primary_one_and_another_takes_its_place(api, simulator):
    assert api("PUT", "crm/v4/objects/contacts/100001/associations/default/companies/300007").status_code == 200

    def types():
        answer = api("POST", "crm/v4/associations/contacts/companies/batch/read", json={"inputs": [{"id": "100001"}]})
        return {
            str(to["toObjectId"]): {kind["typeId"] for kind in to["associationTypes"]}
            for to in answer.json()["results"][0]["to"]
        }

    assert types() == {"300001": {1, 279}, "300007": {279}}
    assert api("DELETE", "crm/v4/objects/contacts/100001/associations/companies/300001").status_code == 204
    assert types() == {"300007": {1, 279}}


def test_without_a_token_or_with_a_wrong_one_nothing_is_told(api):
    for token, category in (("", "EXPIRED_AUTHENTICATION"), (f"{KEY}x", "INVALID_AUTHENTICATION")):
        answer = api("GET", CONTACTS, headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["category"]) == (401, category)


def test_its_limits_are_those_of_a_private_app(api, simulator):
    simulator.rate_limit(10, 100, slug="hubspot")
    statuses = [api("POST", f"{CONTACTS}/search", json=question()).status_code for _ in range(8)]
    assert statuses[:5] == [200] * 5 and 429 in statuses


def test_unknown_objects_of_the_control_api_are_told(simulator):
    fake = simulator.provider("hubspot")
    for wrong in (
        lambda: fake.create("choses", {}), lambda: fake.edit("contacts", "1", {}, []),
        lambda: fake.remove("contacts", "1"), lambda: fake.act("voler", {}),
    ):  # fmt: skip
        with pytest.raises(KeyError):
            wrong()
    with pytest.raises(ValueError, match="choses"):
        fake.seed_bulk("choses", 1)
