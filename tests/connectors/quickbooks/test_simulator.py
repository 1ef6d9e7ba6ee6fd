"""The fake QuickBooks by itself, by the provider's page."""

import json
import threading

import pytest
import requests

from connectors.simulator.app import create_app, demo_apps
from tests.connectors.quickbooks.conftest import PLUMBING, ROOFING


def query(api, text, method="GET"):
    if method == "POST":
        return api("POST", "query", data=text.encode(), headers={"Content-Type": "application/text"})
    return api("GET", "query", params={"query": text, "minorversion": "75"})


def rows(api, text, entity="Customer"):
    answer = query(api, text)
    assert answer.status_code == 200, answer.text
    return [one["Id"] for one in answer.json()["QueryResponse"].get(entity, [])]


def code(answer):
    return answer.status_code, answer.json()["Fault"]["Error"][0]["code"]


# --- Query --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_query_answers_a_page_and_its_place(api, method):
    body = query(api, "select * from Customer startposition 3 maxresults 2", method).json()
    assert [one["Id"] for one in body["QueryResponse"]["Customer"]] == ["3", "4"]
    assert (body["QueryResponse"]["startPosition"], body["QueryResponse"]["maxResults"]) == (3, 2)
    assert body["time"][-6:] in ("-07:00", "-08:00")


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("DisplayName = 'Zoé Tremblay'", ["1"]),
        ("DisplayName = 'Jérôme D’Amours' and GivenName = 'Jérôme'", ["6"]),
        ("DisplayName = 'D\\'Artagnan'", []),
        ("DisplayName LIKE '%inc.'", ["3", "14", "23"]),
        ("Id IN ('1', '2', '30')", ["1", "2"]),
        ("Active IN (true, false) and Id IN ('1', '30')", ["1", "30"]),
        ("Active = false", ["30"]),
        ("PrimaryEmailAddr = 'zoe.tremblay@courriel.example'", ["1"]),
        ("Id > '27'", ["28", "29"]),
        ("MetaData.LastUpdatedTime >= '2031-01-01T00:00:00-07:00'", []),
    ],
)
def test_conditions(api, where, found):
    assert rows(api, f"select * from Customer where {where}") == found


def test_order_count_and_emptiness(api):
    first = rows(api, "SELECT * FROM Invoice ORDERBY TotalAmt DESC MAXRESULTS 1", "Invoice")
    assert first == rows(api, "select * from Invoice order by TotalAmt desc, Id asc maxresults 1", "Invoice")
    assert query(api, "select count(*) from Invoice").json()["QueryResponse"] == {"totalCount": 25}
    assert query(api, "select * from Invoice where Id = '999'").json()["QueryResponse"] == {}
    assert set(query(api, "select DisplayName from Customer maxresults 1").json()["QueryResponse"]["Customer"][0]) == {
        "Id", "DisplayName",
    }  # fmt: skip
    assert len(rows(api, "select *, Sku from Item", "Item")) == 8


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("select * Customer", "4000"),
        ("select * from Customer where Id = '1' or Id = '2'", "4000"),
        ("select * from Customer where Id ~ 1", "4000"),
        ("", "4000"),
        ("select * from Client", "4001"),
        ("select * from Customer where Couleur = 'x'", "4001"),
        ("select * from Customer maxresults 1001", "4001"),
        ("select * from Customer startposition 0", "4001"),
    ],
)
def test_a_query_that_cannot_be_served_is_a_fault(api, text, wanted):
    assert code(query(api, text)) == (400, wanted)


# --- Writes -------------------------------------------------------------------------------------------------------
def test_a_full_update_clears_what_it_leaves_out_and_a_sparse_one_does_not(api):
    base = api("GET", "customer/2").json()["Customer"]
    target = {"Id": "2", "SyncToken": base["SyncToken"]}
    sparse = api("POST", "customer", json={**target, "sparse": True, "CompanyName": "Côté inc."}).json()["Customer"]
    assert sparse["GivenName"] == "François"
    full = {"Id": "2", "SyncToken": sparse["SyncToken"], "DisplayName": "François Côté"}
    after = api("POST", "customer", json=full).json()["Customer"]
    assert not {"GivenName", "CompanyName", "BillAddr"} & set(after)
    assert (after["Balance"], after["Active"], after["SyncToken"]) == (
        base["Balance"],
        True,
        str(int(base["SyncToken"]) + 2),
    )


def test_refusals_are_told_in_the_providers_own_codes(api):
    base = api("GET", "customer/2").json()["Customer"]
    stale = {"Id": "2", "SyncToken": "99", "sparse": True, "GivenName": "x"}
    bill = {"VendorRef": {"value": "1"}, "Line": [{"Amount": 1}]}
    for path, body, wanted in (
        ("customer", stale, "5010"),
        ("customer", {"Id": "2", "GivenName": "x"}, "2020"),
        ("customer", {"DisplayName": base["DisplayName"]}, "6240"),
        ("customer", {"DisplayName": "N", "Nom": "x"}, "2010"),
        ("customer", {"Id": "777", "SyncToken": "0"}, "610"),
        ("customer?operation=delete", {"Id": "2", "SyncToken": base["SyncToken"]}, "2010"),
        ("bill", bill, "2020"),
        ("payment", {"CustomerRef": {"value": "1"}, "TotalAmt": "12"}, "2010"),
        ("taxcode", {"Name": "x"}, "500"),
        ("licorne", {}, "500"),
        ("invoice?operation=brûler", {"Id": "1"}, "500"),
    ):
        assert code(api("POST", path, json=body)) == (400, wanted), (path, body)
    assert code(api("POST", "customer", data=b"[1]")) == (400, "2010")


def test_an_amount_must_be_quantity_times_price(api):
    detail = {"ItemRef": {"value": "1"}, "Qty": 3, "UnitPrice": 10}
    line = {"Amount": 29.99, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    assert code(api("POST", "invoice", json={"CustomerRef": {"value": "1"}, "Line": [line]})) == (400, "6000")


def test_taxes_included_in_prices_do_not_come_on_top(api):
    detail = {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": "9"}}
    line = {"Amount": 114.98, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    body = {"CustomerRef": {"value": "1"}, "GlobalTaxCalculation": "TaxInclusive", "Line": [line]}
    made = api("POST", "invoice", json=body).json()["Invoice"]
    assert (made["TotalAmt"], made["TxnTaxDetail"]["TotalTax"]) == (114.98, 14.98)
    assert made["DocNumber"] == "1026"


def test_a_duplicate_number_may_be_allowed_on_purpose_or_not_looked_at(api, simulator):
    detail = {"ItemRef": {"value": "1"}}
    line = {"Amount": 1, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    body = {"CustomerRef": {"value": "1"}, "DocNumber": "1001", "Line": [line]}
    assert code(api("POST", "invoice", json=body)) == (400, "6140")
    assert api("POST", "invoice?include=allowduplicatedocnum", json=body).status_code == 200
    simulator.configure("quickbooks", warn_duplicate_numbers=False)
    assert api("POST", "invoice", json=body).status_code == 200


def test_a_requestid_writes_once(api, simulator):
    body = {"DisplayName": "Une seule fois"}
    first = api("POST", "customer?requestid=r1", json=body)
    assert api("POST", "customer?requestid=r1", json={"DisplayName": "Autre"}).content == first.content
    assert code(api("POST", f"customer?requestid={'r' * 51}", json=body)) == (400, "2050")
    assert code(api("POST", "customer?requestid=r2", json=body)) == (400, "6240")
    assert api("POST", "customer?requestid=r2", json={"DisplayName": "Deux"}).status_code == 200


def test_the_same_requestid_at_the_same_time_writes_once(api, simulator):
    before = len(simulator.objects("Customer", "quickbooks"))
    answers = []
    body = {"DisplayName": "Ensemble"}
    threads = [
        threading.Thread(target=lambda: answers.append(api("POST", "customer?requestid=r", json=body).content))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1
    assert len(simulator.objects("Customer", "quickbooks")) == before + 1


def test_a_batch_answers_item_by_item_in_its_own_order(api):
    items = [
        {"bId": "1", "operation": "create", "Customer": {"DisplayName": "Par lot"}},
        {"bId": "2", "operation": "create", "Customer": {"DisplayName": "Zoé Tremblay"}},
        {"bId": "3", "Query": "select count(*) from Customer"},
        {"bId": "4", "operation": "voler", "Customer": {}},
    ]
    answer = api("POST", "batch", json={"BatchItemRequest": items})
    found = {one["bId"]: one for one in answer.json()["BatchItemResponse"]}
    assert answer.status_code == 200 and list(found) == ["4", "3", "2", "1"]
    assert found["1"]["Customer"]["DisplayName"] == "Par lot"
    assert found["2"]["Fault"]["Error"][0]["code"] == "6240"
    assert found["3"]["QueryResponse"] == {"totalCount": 29}
    assert "Fault" in found["4"]
    assert code(api("POST", "batch", json={"BatchItemRequest": items * 8})) == (400, "2010")


# --- Changes ------------------------------------------------------------------------------------------------------
def test_cdc_tells_what_changed_of_each_entity(api, simulator):
    since = api("GET", "companyinfo/" + PLUMBING).json()["time"]
    simulator.edit("Customer", "2", GivenName="x", slug="quickbooks")
    simulator.delete("Bill", "1", "quickbooks")
    answer = api("GET", "cdc", params={"entities": "Customer,Invoice,Bill", "changedSince": since}).json()
    customers, invoices, bills = answer["CDCResponse"][0]["QueryResponse"]
    assert ([one["Id"] for one in customers["Customer"]], customers["totalCount"], invoices) == (["2"], 1, {})
    [dead] = bills["Bill"]
    assert set(dead) == {"domain", "status", "Id", "MetaData"} and dead["status"] == "Deleted"


def test_cdc_holds_a_thousand_objects_of_thirty_days_and_no_tax_codes(api, simulator):
    simulator.seed("Customer", 1100, "quickbooks")
    simulator.seed("Invoice", 20, "quickbooks")
    asked = {"entities": "Customer,Invoice,TaxCode", "changedSince": "2020-01-01T00:00:00-08:00"}
    customers, invoices, codes = api("GET", "cdc", params=asked).json()["CDCResponse"][0]["QueryResponse"]
    assert (len(customers["Customer"]), invoices, codes) == (1000, {}, {})
    simulator.advance(31 * 86400)
    token = simulator.act("quickbooks", "grant")["access_token"]
    later = api("GET", "cdc", params=asked, headers={"Authorization": f"Bearer {token}"}).json()
    assert later["CDCResponse"][0]["QueryResponse"] == [{}, {}, {}]
    wrong = {"entities": "Customer", "changedSince": "hier"}
    assert code(api("GET", "cdc", params=wrong, headers={"Authorization": f"Bearer {token}"})) == (400, "2010")


# --- Access, switches and demonstration ---------------------------------------------------------------------------
def test_a_wrong_token_gets_the_other_shape_of_error(api):
    answer = api("GET", f"companyinfo/{PLUMBING}", headers={"Authorization": "Bearer faux"})
    body = answer.json()
    assert (answer.status_code, body["fault"]["error"][0]["code"], body["time"] > 10**12) == (401, "3200", True)
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="Intuit"')


def test_the_limits_are_ten_a_second_and_five_hundred_a_minute(api, simulator):
    simulator.rate_limit(10, 10, slug="quickbooks")
    answers = [api("GET", "preferences") for _ in range(25)]
    refused = [one for one in answers if one.status_code == 429]
    assert refused and code(refused[0]) == (429, "3001")
    assert "Retry-After" not in refused[0].headers
    assert simulator.provider("quickbooks").minute.burst == 500


@pytest.mark.parametrize(
    ("kind", "status", "wanted"),
    [("rate_limit", 429, "3001"), ("error", 500, "10000"), ("unavailable", 503, "10000"), ("forbidden", 403, "3100")],
)
def test_fault_switches_speak_as_the_provider(api, simulator, kind, status, wanted):
    simulator.fault(kind, "/v3", slug="quickbooks")
    assert code(api("GET", "preferences")) == (status, wanted)


def test_the_control_api_names_objects_of_any_company(simulator):
    made = simulator.create("Customer", "quickbooks", DisplayName="Toit neuf", realm=ROOFING)
    assert made["id"] == f"{ROOFING}:13"
    assert simulator.edit("Customer", made["id"], Notes="ok", slug="quickbooks")["SyncToken"] == "1"
    simulator.delete("Customer", made["id"], "quickbooks")
    kept = [one for one in simulator.objects("Customer", "quickbooks") if one["id"] == made["id"]]
    assert kept[0]["Active"] is False
    for route, values in (("/objects/Customer", {"DisplayName": "Zoé Tremblay"}), ("/objects/Client", {})):
        answer = requests.post(f"{simulator.url}/_control/quickbooks{route}", json={"values": values}, timeout=10)
        assert answer.status_code == (400 if values else 404)


def test_an_edit_of_lines_moves_the_figures(simulator):
    before = next(one for one in simulator.objects("Invoice", "quickbooks") if one["id"] == f"{PLUMBING}:20")
    line = {**before["Line"][0], "Amount": 100.0}
    line["SalesItemLineDetail"] = {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": "9"}}
    after = simulator.edit("Invoice", "20", Line=[line], slug="quickbooks")
    assert (after["TotalAmt"], after["Balance"]) == (114.98, 114.98)


def test_unknown_switches_and_acts_are_refused(simulator):
    assert simulator.configure("quickbooks")["access_token_seconds"] == 3600
    url = f"{simulator.url}/_control/quickbooks"
    assert requests.put(f"{url}/settings", json={"couleur": 1}, timeout=10).status_code == 400
    assert requests.post(f"{url}/acts/voler", json={}, timeout=10).status_code == 404
    assert requests.post(f"{simulator.url}/_control/rovida/acts/grant", json={}, timeout=10).status_code == 404


def test_the_life_of_an_access_token_is_a_switch(api, simulator):
    simulator.configure("quickbooks", access_token_seconds=5)
    tokens = simulator.act("quickbooks", "grant")
    assert tokens["expires_in"] == 5


def test_the_demonstration_is_the_same_after_a_reset_and_in_a_new_file(simulator, tmp_path):
    first = simulator.objects("Invoice", "quickbooks")
    simulator.edit("Invoice", "1", PrivateNote="x", slug="quickbooks")
    simulator.reset()
    assert simulator.objects("Invoice", "quickbooks") == first
    other = create_app(str(tmp_path / "new.sqlite3")).extensions["simulator"]["quickbooks"]
    assert other.store.select("quickbooks", "Invoice") == first
    assert json.loads(json.dumps(demo_apps()))["quickbooks"] == ["qb-demo-client", "qb-demo-secret"]


def test_the_books_of_the_demonstration_add_up(simulator):
    invoices = {one["id"]: one for one in simulator.objects("Invoice", "quickbooks")}
    paid = {}
    for payment in simulator.objects("Payment", "quickbooks"):
        for line in payment["Line"]:
            key = f"{payment['realm']}:{line['LinkedTxn'][0]['TxnId']}"
            paid[key] = paid.get(key, 0) + line["Amount"]
    for key, one in invoices.items():
        assert one["Balance"] == pytest.approx(one["TotalAmt"] - paid.get(key, 0), abs=0.001)
    for customer in simulator.objects("Customer", "quickbooks"):
        own = [
            one["Balance"] for one in invoices.values()
            if (one["realm"], one["CustomerRef"]["value"]) == (customer["realm"], customer["Id"])
        ]  # fmt: skip
        assert customer["Balance"] == pytest.approx(sum(own), abs=0.001)
