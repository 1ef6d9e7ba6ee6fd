"""The fake Stripe itself, past the connector, and the judge of its answers."""

import copy
import json

import pytest

from tests.connectors.stripe.judge import OffContract, check


@pytest.mark.parametrize(
    "spoil",
    [
        lambda seen, body: body["data"][0].pop("created"),
        lambda seen, body: body["data"][0].update(tax_exempt="peut-être"),
        lambda seen, body: body.pop("has_more"),
        lambda seen, body: setattr(seen, "query", "couleur=rouge"),
        lambda seen, body: setattr(seen, "query", "limit=dix"),
        lambda seen, body: setattr(seen, "path", "/v1/licornes"),
    ],
)
def test_the_judge_refuses_what_leaves_the_contract(api, recorded, spoil):
    api("GET", "customers", params={"limit": 2})
    seen = copy.deepcopy(recorded[-1])
    check(seen)
    body = json.loads(seen.answer)
    spoil(seen, body)
    seen.answer = json.dumps(body).encode()
    with pytest.raises(OffContract):
        check(seen)


@pytest.mark.parametrize("body", ["name=a&licorne=1", "metadata=1&name=x", "balance=beaucoup"])
def test_the_judge_refuses_forms_that_leave_the_contract(api, recorded, body):
    api("POST", "customers", data={"name": "x"})
    seen = copy.deepcopy(recorded[-1])
    seen.body = body.encode()
    with pytest.raises(OffContract):
        check(seen)


def test_brackets_may_be_literal_or_escaped(api):
    for body in ("address[city]=Qu%C3%A9bec&metadata[a]=1", "address%5Bcity%5D=Qu%C3%A9bec&metadata%5Ba%5D=1"):
        made = api("POST", "customers", data=body, headers={"Content-Type": "application/x-www-form-urlencoded"}).json()
        assert (made["address"]["city"], made["metadata"]) == ("Québec", {"a": "1"})


def test_lists_are_newest_first_and_walk_both_ways(api):
    everything = [one["id"] for one in api("GET", "customers", params={"limit": 100}).json()["data"]]
    assert len(everything) == 20
    after = api("GET", "customers", params={"limit": 3, "starting_after": everything[4]}).json()
    assert ([one["id"] for one in after["data"]], after["has_more"]) == (everything[5:8], True)
    before = api("GET", "customers", params={"limit": 3, "ending_before": everything[5]}).json()
    assert ([one["id"] for one in before["data"]], before["has_more"]) == (everything[2:5], True)
    before = api("GET", "customers", params={"limit": 10, "ending_before": everything[5]}).json()
    assert ([one["id"] for one in before["data"]], before["has_more"]) == (everything[:5], False)
    assert len(api("GET", "customers").json()["data"]) == 10
    for wrong in ({"limit": 101}, {"limit": 0}, {"starting_after": "cus_x"}, {"couleur": 1}):
        assert api("GET", "customers", params=wrong).status_code == 400


def test_metadata_merges_by_key_and_an_empty_value_clears(api):
    made = api("POST", "customers", data={"metadata[a]": "1", "metadata[b]": "2", "phone": "1"}).json()
    path = f"customers/{made['id']}"
    after = api("POST", path, data={"metadata[a]": "", "metadata[c]": "3", "phone": ""}).json()
    assert (after["metadata"], after["phone"]) == ({"b": "2", "c": "3"}, None)
    assert api("POST", path, data={"metadata": ""}).json()["metadata"] == {}
    assert api("POST", path, data={"metadata[a]": "x" * 501}).status_code == 400


def test_a_key_replays_its_first_answer_for_a_day(api, simulator):
    first = api("POST", "customers", once="k", data={"name": "Un"})
    again = api("POST", "customers", once="k", data={"name": "Un"})
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    other = api("POST", "customers", once="k", data={"name": "Deux"})
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    simulator.advance(24 * 3600 + 1)
    assert api("POST", "customers", once="k", data={"name": "Un"}).json()["id"] != first.json()["id"]


def test_a_refusal_after_the_start_is_replayed_and_one_before_is_not(api, simulator):
    link = {"payment_intent": "pi_x"}
    first = api("POST", "refunds", once="k", data=link)
    again = api("POST", "refunds", once="k", data=link)
    assert (first.status_code, again.headers.get("Idempotent-Replayed")) == (400, "true")
    assert "Idempotent-Replayed" not in api("POST", "refunds", once="n", data={}).headers
    assert "Idempotent-Replayed" not in api("POST", "refunds", once="n", data={}).headers


def test_events_keep_thirty_days(api, simulator):
    api("POST", "customers", data={"name": "Un"})
    newest = api("GET", "events", params={"types[0]": "customer.created"}).json()["data"][0]
    assert newest["data"]["object"]["name"] == "Un"
    simulator.advance(31 * 86400)
    assert api("GET", "events").json()["data"] == []
    many = {f"types[{n}]": f"a.{n}" for n in range(21)}
    assert api("GET", "events", params=many).status_code == 400


def test_a_refused_card_is_402_and_leaves_a_failed_charge(api):
    body = {"amount": "5000", "currency": "cad", "confirm": "true", "payment_method": "pm_card_chargeDeclined"}
    refused = api("POST", "payment_intents", data=body)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["decline_code"]) == (402, "card_declined", "generic_decline")
    charges = api("GET", "charges", params={"payment_intent": error["payment_intent"]["id"]}).json()["data"]
    assert [one["status"] for one in charges] == ["failed"]


def test_a_deleted_customer_says_so_and_is_in_no_list(api):
    made = api("POST", "customers", data={"name": "Un"}).json()
    gone = {"id": made["id"], "object": "customer", "deleted": True}
    assert api("DELETE", f"customers/{made['id']}").json() == gone
    assert api("GET", f"customers/{made['id']}").json() == gone
    assert made["id"] not in api("GET", "customers").text


def test_keys_are_taken_by_both_schemes(api, simulator):
    assert api("GET", "account", headers={"Authorization": "Basic c2tfdGVzdF9kZW1vX2xhY29zdGU6"}).status_code == 200
    assert api("GET", "account", key="").status_code == 401
    assert api("GET", "account", headers={"Stripe-Account": "acct_x"}).status_code == 401


def test_a_draft_asks_for_a_due_date_and_takes_only_its_own_items(api):
    customer = api("POST", "customers", data={"name": "Un"}).json()["id"]
    base = {"customer": customer, "collection_method": "send_invoice"}
    assert api("POST", "invoices", data=base).status_code == 400
    api("POST", "invoiceitems", data={"customer": customer, "amount": "700", "currency": "cad"})
    made = api("POST", "invoices", data={**base, "days_until_due": "5"}).json()
    assert made["total"] == 0
    filled = {**base, "days_until_due": "5", "pending_invoice_items_behavior": "include"}
    made = api("POST", "invoices", data=filled).json()
    assert made["total"] == 700
    final = api("POST", f"invoices/{made['id']}/finalize").json()
    assert (final["status"], final["number"][-4:]) == ("open", "0001")
    item = {"customer": customer, "amount": "1", "currency": "cad", "invoice": made["id"]}
    assert api("POST", "invoiceitems", data=item).json()["error"]["code"] == "invoice_not_editable"
    assert api("POST", f"invoices/{made['id']}", data={"due_date": "1900000000"}).status_code == 400


def test_more_than_is_allowed_is_429_with_its_reason(api, simulator):
    simulator.rate_limit(5, 5, slug="stripe")
    answers = [api("GET", "account") for _ in range(12)]
    refused = next(one for one in answers if one.status_code == 429)
    assert refused.headers["Stripe-Rate-Limited-Reason"] == "global-rate"
    assert "Retry-After" not in refused.headers
