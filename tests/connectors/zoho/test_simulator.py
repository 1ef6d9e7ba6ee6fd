"""The fake Zoho CRM by itself: paging, required fields, rows, errors, as the documentation says."""

import pytest
import requests

FIELDS = "fields=Last_Name,Email,Modified_Time"


def rows(answer):
    return answer.json()["data"]


def test_a_list_has_zohos_form(api):
    body = api("GET", f"Contacts?{FIELDS}&per_page=2&sort_by=Modified_Time&sort_order=asc").json()
    assert set(body["data"][0]) == {"id", "Last_Name", "Email", "Modified_Time"}
    assert isinstance(body["data"][0]["id"], str) and len(body["data"][0]["id"]) == 18
    info = body["info"]
    assert (info["per_page"], info["count"], info["page"], info["more_records"]) == (2, 2, 1, True)
    assert info["next_page_token"]
    times = [
        one["Modified_Time"] for one in rows(api("GET", f"Contacts?{FIELDS}&sort_by=Modified_Time&sort_order=asc"))
    ]
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("query", "code"),
    [("", "REQUIRED_PARAM_MISSING"), ("fields=id", "REQUIRED_PARAM_MISSING"),
     ("fields=" + ",".join(f"F{n}" for n in range(51)), "LIMIT_EXCEEDED"), (f"{FIELDS}&per_page=201", "LIMIT_EXCEEDED"),
     (f"{FIELDS}&page=11", "DISCRETE_PAGINATION_LIMIT_EXCEEDED"), (f"{FIELDS}&sort_by=Email", "INVALID_DATA"),
     (f"{FIELDS}&page=1&page_token=x", "AMBIGUITY_DURING_PROCESSING"), (f"{FIELDS}&page_token=x", "INVALID_DATA")],
)  # fmt: skip
def test_wrong_parameters_are_refused(api, query, code):
    answer = api("GET", f"Contacts?{query}")
    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (400, code, "error")


def test_a_token_serves_with_the_same_parameters_for_a_day_and_up_to_a_limit(api, simulator):
    token = api("GET", f"Contacts?{FIELDS}&per_page=10").json()["info"]["next_page_token"]
    assert len(rows(api("GET", f"Contacts?{FIELDS}&per_page=10&page_token={token}"))) == 10
    assert api("GET", f"Contacts?{FIELDS}&per_page=9&page_token={token}").json()["code"] == "TOKEN_BOUND_DATA_MISMATCH"
    simulator.configure("zoho", pagination_limit=10)
    answer = api("GET", f"Contacts?{FIELDS}&per_page=10&page_token={token}")
    assert answer.json()["code"] == "PAGINATION_LIMIT_EXCEEDED"


def test_nothing_is_204_and_nothing_newer_304(api, simulator):
    assert api("GET", "Contacts/deleted").status_code == 204
    headers = {"If-Modified-Since": "2030-01-01T00:00:00+00:00"}
    answer = api("GET", f"Contacts?{FIELDS}", headers=headers)
    assert (answer.status_code, answer.content) == (304, b"")
    assert api("GET", "Contacts/554023000000999999").status_code == 204


def test_only_later_records_are_listed(api):
    newest = rows(api("GET", f"Contacts?{FIELDS}&sort_by=Modified_Time&sort_order=desc&per_page=2"))
    headers = {"If-Modified-Since": newest[1]["Modified_Time"]}
    assert [one["id"] for one in rows(api("GET", f"Contacts?{FIELDS}", headers=headers))] == [newest[0]["id"]]


def test_rows_are_answered_one_by_one(api):
    body = {"data": [{"Last_Name": "Bon"}, {"Email": "sans@nom.example"}, {"Last_Name": "X", "Email": "faux"}]}
    answer = api("POST", "Contacts", json=body)
    assert answer.status_code == 207
    assert [one["code"] for one in rows(answer)] == ["SUCCESS", "MANDATORY_NOT_FOUND", "INVALID_DATA"]
    assert rows(answer)[1]["details"] == {"api_name": "Last_Name", "json_path": "$.data[1].Last_Name"}
    assert api("POST", "Contacts", json={"data": [{}]}).status_code == 400
    assert api("POST", "Contacts", json={"data": [{"Last_Name": "Bon"}]}).status_code == 201
    assert api("POST", "Contacts", json={"data": [{"Last_Name": "X"}] * 101}).json()["code"] == "LIMIT_EXCEEDED"


def test_an_upsert_says_what_it_did(api):
    row = {"Last_Name": "Roy", "Email": "roy@courriel.example"}
    actions = [rows(api("POST", "Contacts/upsert", json={"data": [row]}))[0]["action"] for _ in range(2)]
    assert actions == ["insert", "update"]
    assert len(rows(api("GET", f"Contacts/search?email=roy@courriel.example&{FIELDS}"))) == 1


def test_a_unique_value_is_taken_once(api, simulator):
    simulator.configure("zoho", unique_fields={"Contacts": ["Email"]})
    row = {"Last_Name": "Roy", "Email": "contact001@courriel.example"}
    [one] = rows(api("POST", "Contacts", json={"data": [row]}))
    assert one["code"] == "DUPLICATE_DATA"
    assert one["details"]["duplicate_record"]["id"] and one["details"]["json_path"] == "$.data[0].Email"


def test_a_record_that_was_modified_since_is_refused(api, simulator):
    one = rows(api("GET", f"Contacts?{FIELDS}&per_page=1"))[0]
    headers = {"If-Unmodified-Since": one["Modified_Time"]}
    path, body = f"Contacts/{one['id']}", {"data": [{"Title": "A"}]}
    assert api("PUT", path, json=body, headers=headers).status_code == 200
    answer = api("PUT", path, json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (412, "ALREADY_MODIFIED")


def test_deleted_records_are_listed_by_kind(api, simulator):
    found = rows(api("GET", f"Contacts?{FIELDS}&per_page=3"))
    ids = ",".join(one["id"] for one in found)
    assert {one["message"] for one in rows(api("DELETE", f"Contacts?ids={ids}"))} == {"record deleted"}
    listed = rows(api("GET", "Contacts/deleted?type=recycle"))
    assert {one["id"] for one in listed} == set(ids.split(","))
    assert {one["type"] for one in listed} == {"recycle"} and listed[0]["deleted_by"]["name"]
    assert api("GET", "Contacts/deleted?type=permanent").status_code == 204


def test_the_search_index_lags_behind(api, simulator):
    simulator.configure("zoho", search_lag_seconds=60)
    simulator.create("Contacts", "zoho", Last_Name="Tardif", Email="tardif@courriel.example")
    search = f"Contacts/search?email=tardif@courriel.example&{FIELDS}"
    assert api("GET", search).status_code == 204
    simulator.advance(61)
    assert len(rows(api("GET", search))) == 1


def test_searches_of_each_kind(api):
    assert len(rows(api("GET", f"Contacts/search?criteria=(Email:equals:contact002@courriel.example)&{FIELDS}"))) == 1
    assert len(rows(api("GET", f"Contacts/search?phone=514-555-1001&{FIELDS}"))) == 1
    assert rows(api("GET", "Accounts/search?word=boulangerie&fields=Account_Name"))
    assert api("GET", f"Contacts/search?{FIELDS}").json()["code"] == "REQUIRED_PARAM_MISSING"
    assert api("GET", f"Contacts/search?criteria=Email&{FIELDS}").json()["code"] == "INVALID_QUERY"


@pytest.mark.parametrize("header", ["", "Bearer {token}", "Zoho-oauthtoken faux"])
def test_a_call_without_zohos_own_header_is_refused(simulator, header):
    token = simulator.act("zoho", "grant")["access_token"]
    url = f"{simulator.url}/zoho/dc/ca/crm/v8/org"
    answer = requests.get(url, headers={"Authorization": header.format(token=token)}, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")


def test_a_token_opens_its_own_data_centre_only(simulator):
    token = simulator.act("zoho", "grant")["access_token"]
    headers = {"Authorization": f"Zoho-oauthtoken {token}"}
    for centre, status in (("ca", 200), ("eu", 401)):
        url = f"{simulator.url}/zoho/dc/{centre}/crm/v8/org"
        assert requests.get(url, headers=headers, timeout=10).status_code == status


def test_without_offline_access_there_is_no_refresh_token(simulator, hosts):
    asked = {"client_id": "1000.zohodemoclient", "response_type": "code", "scope": "ZohoCRM.org.READ",
             "redirect_uri": "http://localhost:8000/integrations/oauth/callback/zoho"}  # fmt: skip
    form = {**asked, "answer": "allow", "org": "554023000000000001"}
    back = requests.post(f"{hosts['accounts']}/oauth/v2/auth", data=form, allow_redirects=False, timeout=10)
    code = back.headers["Location"].partition("code=")[2].partition("&")[0]
    form = {**asked, "grant_type": "authorization_code", "code": code, "client_secret": "zoho-demo-secret"}
    url = f"{simulator.url}/zoho/dc/ca/oauth/v2/token"
    assert "refresh_token" not in requests.post(url, data=form, timeout=10).json()


def test_unknown_modules_and_addresses(api):
    assert api("GET", f"Leads?{FIELDS}").json()["code"] == "INVALID_MODULE"
    assert api("PATCH", "Contacts").status_code == 405
    assert api("GET", "a/b/c").json()["code"] == "INVALID_URL_PATTERN"
