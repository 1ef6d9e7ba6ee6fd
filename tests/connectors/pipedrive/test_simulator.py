"""The fake Pipedrive by itself: paging, filters, strict types, errors, as the documentation says."""

import pytest
import requests

from tests.connectors.pipedrive.conftest import API_TOKEN, PERSON_KEY


def test_a_list_has_pipedrives_form(api):
    body = api("GET", "api/v2/persons?limit=2").json()
    assert body["success"] is True and len(body["data"]) == 2
    assert body["data"][0] | {"id": 1} == body["data"][0]
    assert isinstance(body["data"][0]["owner_id"], int)
    assert body["additional_data"]["next_cursor"]
    assert api("GET", "api/v2/persons?limit=500").json()["additional_data"]["next_cursor"] is None


def test_a_cursor_serves_with_the_same_parameters_only(api):
    cursor = api("GET", "api/v2/persons?limit=10").json()["additional_data"]["next_cursor"]
    second = api("GET", f"api/v2/persons?limit=10&cursor={cursor}").json()
    assert [raw["id"] for raw in second["data"]] == list(range(11, 21))
    assert api("GET", f"api/v2/persons?limit=10&sort_by=add_time&cursor={cursor}").status_code == 400
    assert api("GET", "api/v2/persons?cursor=faux").status_code == 400


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=x", "sort_by=name", "updated_since=2026-01-01T12:00:00.000Z",
     "updated_since=2026-01-01", "ids=" + ",".join(map(str, range(101)))],
)  # fmt: skip
def test_wrong_parameters_are_refused(api, query):
    answer = api("GET", f"api/v2/persons?{query}")
    assert answer.status_code == 400
    assert answer.json()["success"] is False and answer.json()["error"].startswith("Validation failed")


def test_order_and_window_by_time(api, simulator):
    simulator.edit("persons", "1", name="Changée", slug="pipedrive")
    rows = api("GET", "api/v2/persons?sort_by=update_time&sort_direction=desc&limit=1").json()["data"]
    assert rows[0]["name"] == "Changée"
    moment = rows[0]["update_time"]
    assert len(api("GET", f"api/v2/persons?updated_since={moment}").json()["data"]) == 1, "inclusive"
    assert len(api("GET", f"api/v2/persons?updated_until={moment}").json()["data"]) == 41, "exclusive"


def test_several_are_read_by_id_and_missing_ones_left_out(api):
    rows = api("GET", "api/v2/persons?ids=1,3,9999").json()["data"]
    assert [raw["id"] for raw in rows] == [1, 3]


def test_deleted_deals_are_listed_on_demand_for_thirty_days(api, simulator):
    assert api("DELETE", "api/v2/deals/1").json() == {"success": True, "data": {"id": 1}}
    assert 1 not in [raw["id"] for raw in api("GET", "api/v2/deals").json()["data"]]
    [raw] = api("GET", "api/v2/deals?status=deleted").json()["data"]
    assert (raw["id"], raw["is_deleted"], raw["status"]) == (1, True, "deleted")
    simulator.advance(30 * 86400 + 1)
    assert api("GET", "api/v2/deals?status=deleted").json()["data"] == []
    assert api("GET", "api/v2/deals/1").status_code == 404


def test_archived_deals_have_a_list_of_their_own(api):
    usual = {raw["id"] for raw in api("GET", "api/v2/deals?limit=500").json()["data"]}
    archived = {raw["id"] for raw in api("GET", "api/v2/deals/archived?limit=500").json()["data"]}
    assert len(usual) + len(archived) == 24 and not usual & archived


def test_a_search_answers_in_its_own_shape(api):
    body = api("GET", "api/v2/persons/search?term=contact002@courriel.example&fields=email&exact_match=true").json()
    [found] = body["data"]["items"]
    item = found["item"]
    assert item["emails"] == ["contact002@courriel.example", "contact002@maison.example"]
    assert isinstance(item["phones"][0], str) and "update_time" not in item
    assert api("GET", "api/v2/persons/search?term=x").status_code == 400
    assert api("GET", "api/v2/persons/search?term=xyzxyz").json()["data"]["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": 3},
        {"name": "X", "org_id": "3"},
        {"name": "X", "org_id": 9999},
        {"name": "X", "emails": "a@b.example"},
        {"name": "X", "email": [{"value": "a"}]},
        {"name": "X", "first_name": "X"},
        {"name": "X", "custom_fields": {"inconnu": "x"}},
    ],
)
def test_types_are_strict(api, body):
    assert api("POST", "api/v2/persons", json=body).status_code == 400


def test_contact_sync_fields_are_forbidden_without_it(api, simulator):
    assert api("PATCH", "api/v2/persons/1", json={"job_title": "Gérante"}).status_code == 403
    simulator.configure("pipedrive", contact_sync=True)
    assert api("PATCH", "api/v2/persons/1", json={"job_title": "Gérante"}).json()["data"]["job_title"] == "Gérante"


def test_lists_are_replaced_whole_and_custom_fields_one_by_one(api):
    made = api("POST", "api/v2/persons", json={"name": "A B", "custom_fields": {PERSON_KEY: "r"}})
    assert made.status_code == 201
    number = made.json()["data"]["id"]
    changed = api("PATCH", f"api/v2/persons/{number}", json={"emails": [{"value": "a@b.example"}]}).json()["data"]
    assert changed["emails"] == [{"value": "a@b.example", "primary": True, "label": "work"}]
    assert changed["custom_fields"] == {PERSON_KEY: "r"}
    assert api("PATCH", f"api/v2/persons/{number}", json={"emails": []}).json()["data"]["emails"] == []


def test_a_body_must_be_json(api):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert api("POST", "api/v2/persons", data="name=X", headers=headers).status_code == 415
    assert api("POST", "api/v2/persons", data="{", headers={"Content-Type": "application/json"}).status_code == 400


def test_a_call_without_a_valid_token_is_unauthorized(simulator):
    answer = requests.get(f"{simulator.url}/pipedrive/api/v2/persons", timeout=10)
    assert answer.status_code == 401
    assert answer.json() == {
        "success": False, "error": "unauthorized access", "errorCode": 401,
        "error_info": "Please check developers.pipedrive.com",
    }  # fmt: skip


def test_an_access_token_opens_the_companys_own_address_only(simulator):
    tokens = simulator.act("pipedrive", "grant")
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    own, path = tokens["api_domain"], "/api/v2/persons"
    assert requests.get(own + path, headers=headers, timeout=10).status_code == 200
    assert requests.get(f"{simulator.url}/pipedrive{path}", headers=headers, timeout=10).status_code == 401
    other = own.replace("groupe-lacoste", "lacoste-toitures")
    assert requests.get(other + path, headers=headers, timeout=10).status_code == 401


def test_v1_stands_elsewhere_at_the_common_address(simulator, api):
    assert api("GET", "v1/users/me").status_code == 200
    assert api("GET", "api/v1/users/me").status_code == 404
    own = f"{simulator.url}/pipedrive/@groupe-lacoste/api/v1/users/me"
    assert requests.get(own, headers={"x-api-token": API_TOKEN}, timeout=10).json()["data"]["company_id"] == 123001


def test_fields_and_stages_are_listed(api):
    fields = api("GET", "api/v2/personFields").json()["data"]
    assert [one["field_code"] for one in fields if one["is_custom_field"]] == [PERSON_KEY]
    assert len(api("GET", "api/v2/stages").json()["data"]) == 7
    assert len(api("GET", "api/v2/stages?pipeline_id=2").json()["data"]) == 3


def test_limits_are_told_in_headers_without_retry_after(api, simulator):
    simulator.rate_limit(10, 2, slug="pipedrive")
    answers = [api("GET", "v1/users/me") for _ in range(6)]
    refused = next(one for one in answers if one.status_code == 429)
    assert "Retry-After" not in refused.headers
    assert refused.headers["x-ratelimit-reset"] == "1"
    assert answers[0].headers["x-ratelimit-limit"] == "2"


def test_the_control_api_edits_as_a_person_would(simulator):
    made = simulator.create("deals", "pipedrive", title="Neuve", value=10.5, company=123002)
    assert (made["id"], made["currency"], made["stage_id"]) == (7, "CAD", 1)
    changed = simulator.edit("deals", "123002:7", slug="pipedrive", status="won")
    assert changed["won_time"] and changed["close_time"]
    simulator.delete("deals", "123002:7", "pipedrive")
    gone = [row for row in simulator.objects("deals", "pipedrive") if row["id"] == "123002:7"]
    assert gone[0]["deleted_at"]
