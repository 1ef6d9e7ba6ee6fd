"""The fake ROVIDA itself, past the connector: it must keep the contract that it stands for."""

import copy
import json
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from openapi_core.exceptions import OpenAPIError

from connectors.simulator.app import create_app
from tests.connectors.traffic import Traffic

CREATE: dict[str, dict[str, Any]] = {
    "properties": {"name": "Immeuble neuf", "type": "rental", "address": {"city": "Montréal", "country": "CA"}},
    "units": {"property_id": "prop_01DEMO0001", "number": "999", "type": "condo"},
    "tenants": {"property_id": "prop_01DEMO0001", "given_name": "Zoé", "family_name": "Exemple"},
    "work_orders": {"property_id": "prop_01DEMO0001", "title": "Peinture"},
}
CHANGE: dict[str, dict[str, Any]] = {
    "properties": {"year_built": 1955},
    "units": {"status": "off_market", "market_rent": {"amount": 120050, "currency": "CAD"}},
    "tenants": {"status": "notice"},
    "work_orders": {"status": "scheduled", "scheduled_at": "2026-05-01T12:00:00Z"},
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "properties": {"status": "active", "timezone": "America/Toronto", "unit_count": 0},
    "units": {"status": "vacant"},
    "tenants": {"status": "current", "language": "fr"},
    "work_orders": {"status": "open", "priority": "medium"},
}
POSTAL_CODE = re.compile(r"[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] \d[ABCEGHJ-NPRSTV-Z]\d")


# --- The judge ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "spoil",
    [
        lambda seen, body: body["data"][0].pop("family_name"),
        lambda seen, body: body["data"][0].update(status="inconnu"),
        lambda seen, body: body.pop("has_more"),
        lambda seen, body: seen.answer_headers.update({"Content-Type": "text/html"}),
        lambda seen, body: setattr(seen, "query", "limit=201"),
        lambda seen, body: setattr(seen, "path", "/v1/licornes"),
    ],
)
def test_the_judge_refuses_what_leaves_the_contract(api, judge, recorded, spoil):
    api("GET", "tenants", params={"limit": 2})
    seen: Traffic = copy.deepcopy(recorded[-1])
    judge.check(seen)
    body = json.loads(seen.answer)
    spoil(seen, body)
    seen.answer = json.dumps(body).encode()
    with pytest.raises(OpenAPIError):
        judge.check(seen)


# --- Objects ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", CREATE)
def test_every_collection_offers_every_operation(api, kind):
    made = api("POST", kind, once="1", json=CREATE[kind])
    assert made.status_code == 201
    body = made.json()
    assert {name: body[name] for name in DEFAULTS[kind]} == DEFAULTS[kind]
    path = f"{kind}/{body['id']}"
    assert api("GET", path).json() == body
    changed = api("PATCH", path, once="2", json=CHANGE[kind], headers={"If-Match": '"1"'}).json()
    assert changed == {**body, **CHANGE[kind], "version": 2, "updated_at": changed["updated_at"]}
    assert changed["updated_at"] >= body["updated_at"]
    put = api("PUT", f"{kind}/by-reference/R-1", once="3", json=CREATE[kind])
    assert (put.status_code, put.json()["reference_id"]) == (201, "R-1")
    assert api("PUT", f"{kind}/by-reference/R-1", once="4", json=CREATE[kind]).status_code == 200
    assert api("DELETE", path, once="5").status_code == 204
    assert api("GET", path).status_code == 404
    assert api("POST", path, once="6", json={}).status_code == 405


def test_a_change_that_changes_nothing_keeps_the_version(api):
    before = api("GET", "tenants/ten_01DEMO0001").json()
    same = api("PATCH", "tenants/ten_01DEMO0001", once="1", json={"family_name": before["family_name"]})
    assert same.json() == before


def test_a_merge_patch_clears_members_too(api):
    path = "tenants/ten_01DEMO0001"
    api("PATCH", path, once="1", json={"metadata": {"a": "1", "b": "2"}})
    kind = {"Content-Type": "application/merge-patch+json"}
    body = api("PATCH", path, once="2", data='{"metadata":{"a":null},"lease":{"end_date":null}}', headers=kind).json()
    assert body["metadata"] == {"b": "2"}
    assert body["lease"]["end_date"] is None
    assert body["lease"]["rent"]
    assert api("PATCH", path, once="3", json={"lease": None}).json()["lease"] is None
    half = api("PATCH", path, once="4", json={"lease": {"status": "ended"}})
    assert {error["field"] for error in half.json()["errors"]} == {
        "lease.start_date",
        "lease.rent",
        "lease.rent_period",
    }


def test_a_replacement_puts_what_is_left_out_back_to_its_default(api):
    path = "work_orders/by-reference/R-1"
    first = api("PUT", path, once="1", json={**CREATE["work_orders"], "priority": "urgent"}).json()
    second = api("PUT", path, once="2", json=CREATE["work_orders"]).json()
    assert (second["id"], second["number"], second["priority"]) == (first["id"], first["number"], "medium")
    assert second["requested_at"] == first["requested_at"]
    moved = api("PUT", path, once="3", json={**CREATE["work_orders"], "property_id": "prop_01DEMO0002"})
    assert moved.status_code == 422


@pytest.mark.parametrize(
    ("kind", "body", "field", "code"),
    [
        ("tenants", {"balance": {"amount": 1, "currency": "CAD"}}, "balance", "unknown"),
        ("tenants", {"given_name": None}, "given_name", "required"),
        ("tenants", {"email": "pas une adresse"}, "email", "format"),
        ("tenants", {"phone": "514 555-0100"}, "phone", "format"),
        ("tenants", {"move_in_date": "2026-02-30"}, "move_in_date", "format"),
        ("tenants", {"unit_id": "unit_X"}, "unit_id", "not_found"),
        ("work_orders", {"number": "BT-1"}, "number", "unknown"),
        ("work_orders", {"due_at": "2026-05-01T12:00:00"}, "due_at", "format"),
        ("work_orders", {"actual_cost": {"amount": 1.5, "currency": "CAD"}}, "actual_cost", "format"),
        ("units", {"property_id": "prop_01DEMO0001"}, "property_id", "unknown"),
        ("units", {"bedrooms": -1}, "bedrooms", "format"),
        ("properties", {"address": {"country": "Canada"}}, "address", "format"),
    ],
)
def test_a_wrong_value_is_refused_with_its_field(api, kind, body, field, code):
    object_id = api("GET", kind, params={"limit": 1}).json()["data"][0]["id"]
    answer = api("PATCH", f"{kind}/{object_id}", once="1", json=body)
    assert answer.status_code == 422
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]


@pytest.mark.parametrize(
    ("options", "detail"),
    [
        ({"json": {}, "once": ""}, "Idempotency-Key"),
        ({"json": {}, "once": "k" * 256}, "Idempotency-Key"),
        ({"data": "{", "headers": {"Content-Type": "application/json"}}, "JSON object"),
        ({"json": []}, "JSON object"),
        ({"data": "a=1"}, "application/json"),
    ],
)
def test_a_write_that_cannot_be_read_is_refused(api, options, detail):
    answer = api("POST", "tenants", **{"once": "k", **options})
    assert answer.status_code == 400
    assert detail in answer.json()["detail"]


# --- Lists --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "params",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "dix"},
        {"updated_since": "hier"},
        {"updated_since": "2026-01-01T00:00:00"},
        {"include_deleted": "oui"},
        {"couleur": "bleu"},
        {"cursor": "pas-un-curseur"},
    ],
)
def test_a_wrong_parameter_is_refused(api, params):
    answer = api("GET", "tenants", params=params)
    assert answer.status_code == 400
    assert answer.json()["code"] == ("invalid_cursor" if "cursor" in params else "invalid_request")


def test_a_list_is_in_order_of_change_and_since_is_inclusive(api):
    records = api("GET", "tenants", params={"limit": 200}).json()["data"]
    order = [(record["updated_at"], record["id"]) for record in records]
    assert order == sorted(order)
    since = {"updated_since": records[100]["updated_at"], "limit": 200}
    assert api("GET", "tenants", params=since).json()["data"] == records[100:]


def test_a_cursor_belongs_to_its_parameters(api):
    cursor = api("GET", "tenants", params={"limit": 5}).json()["next_cursor"]
    assert api("GET", "tenants", params={"limit": 5, "cursor": cursor}).status_code == 200
    for params in ({"limit": 6}, {"limit": 5, "property_id": "prop_01DEMO0001"}):
        assert api("GET", "tenants", params={**params, "cursor": cursor}).json()["code"] == "invalid_cursor"
    assert api("GET", "units", params={"limit": 5, "cursor": cursor}).status_code == 400


@pytest.mark.parametrize(("days", "seen"), [(89, True), (91, False)])
def test_a_tombstone_stays_ninety_days_and_only_for_who_asks(api, simulator, days, seen):
    simulator.delete("work_orders", "wo_01DEMO0007")
    ids = [one["id"] for one in api("GET", "work_orders", params={"limit": 200}).json()["data"]]
    assert "wo_01DEMO0007" not in ids
    simulator.advance(days * 86400)
    all_ids = [
        one["id"] for one in api("GET", "work_orders", params={"limit": 200, "include_deleted": "true"}).json()["data"]
    ]
    assert ("wo_01DEMO0007" in all_ids) == seen


def test_an_idempotency_key_is_kept_one_day(api, simulator):
    first = api("POST", "tenants", once="k", json=CREATE["tenants"]).json()
    simulator.advance(23 * 3600)
    assert api("POST", "tenants", once="k", json=CREATE["tenants"]).json() == first
    simulator.advance(2 * 3600)
    assert api("POST", "tenants", once="k", json=CREATE["tenants"]).json()["id"] != first["id"]


def test_a_refusal_is_kept_for_its_key_too(api):
    wrong = api("POST", "tenants", once="k", json={})
    again = api("POST", "tenants", once="k", json={})
    assert again.json() == wrong.json()
    assert again.headers["Content-Type"] == "application/problem+json"


# --- The demonstration data ---------------------------------------------------------------------------------------
def test_the_demonstration_data_is_believable_and_holds_together(simulator):
    data = {kind: simulator.objects(kind) for kind in CREATE}
    assert {kind: len(objects) for kind, objects in data.items()} == {
        "properties": 12,
        "units": 140,
        "tenants": 150,
        "work_orders": 60,
    }
    ids = {one["id"]: one for objects in data.values() for one in objects}
    for one in ids.values():
        for name in ("property_id", "unit_id", "tenant_id"):
            assert not one.get(name) or one[name] in ids
        if one.get("unit_id"):
            assert ids[one["unit_id"]]["property_id"] == one["property_id"]
    addresses = [one["address"] for one in data["properties"]]
    assert {address["city"] for address in addresses} == {"Montréal", "Québec", "Gatineau", "Sherbrooke"}
    assert all(POSTAL_CODE.fullmatch(address["postal_code"]) for address in addresses)
    for place in data["properties"]:
        assert place["unit_count"] == sum(unit["property_id"] == place["id"] for unit in data["units"])
    let = {one["unit_id"] for one in data["tenants"] if one["unit_id"]}
    assert let == {unit["id"] for unit in data["units"] if unit["status"] in ("occupied", "notice_given")}
    assert any(re.search("[éèêëôîÉ]", one["family_name"]) for one in data["tenants"])


def test_the_demonstration_data_is_the_same_everywhere(simulator):
    before = {kind: simulator.objects(kind) for kind in CREATE}
    simulator.reset()
    assert {kind: simulator.objects(kind) for kind in CREATE} == before


# --- The kit ------------------------------------------------------------------------------------------------------
def test_the_state_survives_a_restart(tmp_path):
    def call(app, method, path, **options):
        return app.test_client().open(path, method=method, **options)

    headers = {"X-API-Key": "rov_test_demo_lacoste", "Idempotency-Key": "k"}
    first = create_app(str(tmp_path / "s.sqlite3"))
    made = call(first, "POST", "/rovida/v1/tenants", headers=headers, json=CREATE["tenants"]).json
    call(first, "POST", "/_control/clock", json={"advance": 3600})
    call(first, "POST", "/_control/rovida/faults", json={"kind": "html", "path": "/v1/units"})
    call(first, "PUT", "/_control/rovida/rate_limit", json={"rate": 500, "burst": 700})
    second = create_app(str(tmp_path / "s.sqlite3"))
    assert call(second, "GET", f"/rovida/v1/tenants/{made['id']}", headers=headers).json == made
    assert call(second, "GET", "/rovida/v1/units", headers=headers).mimetype == "text/html"
    overview = call(second, "GET", "/_control/").json
    assert overview["providers"]["rovida"]["rate_limit"] == {"rate": 500, "burst": 700}
    assert overview["providers"]["rovida"]["counts"]["tenants"] == 151
    assert datetime.fromisoformat(overview["now"]) > datetime.now(UTC) + timedelta(minutes=59)


def test_a_fault_bears_on_its_path_and_method_as_often_as_told(api, simulator):
    simulator.fault("error", "/v1/tenants", times=2, method="get")
    answers = [api("GET", "units"), api("GET", "tenants"), api("GET", "tenants"), api("GET", "tenants")]
    assert [answer.status_code for answer in answers] == [200, 500, 500, 200]
    assert answers[1].headers["X-Simulator-Fault"] == "error"
    simulator.fault("error", "/v1/tenants", times=None, method="POST")
    assert api("GET", "tenants").status_code == 200
    simulator.clear_faults()
    assert api("POST", "tenants", once="1", json=CREATE["tenants"]).status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/rovida/faults", {"kind": "licorne"}, 400),
        ("POST", "/rovida/seed", {"kind": "licornes", "count": 1}, 400),
        ("POST", "/rovida/objects/licornes", {"values": {}}, 404),
        ("PATCH", "/rovida/objects/tenants/x", {"values": {}}, 404),
        ("DELETE", "/rovida/objects/tenants/x", None, 404),
        ("GET", "/rovida/objects/tenants/x", None, 404),
        ("GET", "/licorne/requests", None, 404),
    ],
)
def test_a_wrong_control_request_is_told(simulator, method, path, body, status):
    assert requests.request(method, f"{simulator.url}/_control{path}", json=body, timeout=5).status_code == status


def test_the_log_counts_requests_and_holds_no_key(api, simulator):
    for _ in range(3):
        api("GET", "ping")
    log = simulator.call("GET", "/rovida/requests")
    assert log["counts"] == {"GET /v1/ping": 3}
    assert "rov_test" not in json.dumps(log)
    last = log["data"][1]["seq"]
    assert simulator.call("GET", f"/rovida/requests?after={last}")["total"] == 1
    simulator.forget_requests()
    assert simulator.requests() == []


@pytest.mark.processes
def test_the_simulator_runs_from_a_bare_shell(tmp_path):
    root = Path(__file__).parents[3]
    command = [sys.executable, "-m", "connectors.simulator", "--port", "0", "--state", str(tmp_path / "s.sqlite3")]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        url = process.stdout.readline().split()[-1]
        ping = requests.get(f"{url}/rovida/v1/ping", headers={"X-API-Key": "rov_test_demo_lacoste"}, timeout=5)
        assert ping.json()["environment"] == "sandbox"
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0
