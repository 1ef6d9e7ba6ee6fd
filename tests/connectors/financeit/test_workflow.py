"""The approval of a loan, step by step, and what may change at which of them."""

from decimal import Decimal

import pytest
from requests.structures import CaseInsensitiveDict

from connectors.base.classify import Answer
from connectors.base.errors import Conflict, Misconfigured, Rejected
from connectors.financeit import quirks
from connectors.financeit.resources import STATUS
from tests.connectors.financeit.contract import cents

VALUES = {
    "amount_requested": cents(900000),
    "purchase_description": "Thermopompe « Été »",
    "applicant": {"given_name": "Marc", "family_name": "Œuvrard", "email": "marc@courriel.example"},
}


@pytest.fixture
def loan(financeit):
    return financeit.push("loans", VALUES, idempotency_key="demande", reference="SO-1001")


def step(financeit, loan, action):
    return financeit.send(financeit.prepare_act("loans", loan["id"], action, idempotency_key=f"{action}-{loan['id']}"))


def test_a_loan_goes_all_the_way_to_its_funds(financeit, simulator, loan, api):
    seen = [loan["_status"], step(financeit, loan, "send_invite")["status"]]
    seen.append(simulator.act("financeit", "open", id=loan["id"])["status"])
    seen.append(step(financeit, loan, "submit")["status"])
    simulator.act("financeit", "approve", id=loan["id"], amount=850000)
    approved = financeit.fetch("loans", loan["id"])
    seen.append(approved["_status"])
    assert financeit.resource("loans").codecs["cents"].decode(approved["decision"]["amount_approved"]) == Decimal(8500)
    assert approved["loan_number"]
    for name in ("accept", "sign"):
        simulator.act("financeit", name, id=loan["id"])
    seen.append(step(financeit, loan, "request_funding")["status"])
    seen.append(simulator.act("financeit", "fund", id=loan["id"])["status"])
    assert seen == ["draft", "invited", "in_progress", "under_review", "approved", "ready_to_fund", "funded"]
    events = api("GET", f"loans/{loan['id']}/events").json()["data"]
    assert [one["to_status"] for one in events][:3] == ["draft", "invited", "in_progress"]
    assert len(events) == 9


def test_a_declined_applicant_comes_back_with_a_second_one(financeit, simulator, loan):
    step(financeit, loan, "send_invite")
    simulator.act("financeit", "open", id=loan["id"])
    step(financeit, loan, "submit")
    simulator.act("financeit", "decline", id=loan["id"])
    with pytest.raises(Rejected) as caught:
        financeit.send(financeit.prepare_act("loans", loan["id"], "submit", idempotency_key="seul"))
    assert set(caught.value.field_errors) == {"status"}
    second = {"co_applicant": {"given_name": "Zoé", "family_name": "Œuvrard"}}
    financeit.push("loans", second, idempotency_key="deux", remote_id=loan["id"])
    again = financeit.send(financeit.prepare_act("loans", loan["id"], "submit", idempotency_key="encore"))
    assert again["_status"] == "under_review"


def test_a_step_from_a_wrong_state_is_refused_and_told(financeit, loan):
    for action in ("submit", "request_funding"):
        with pytest.raises(Rejected, match="status") as caught:
            step(financeit, loan, action)
        assert "étape" in caught.value.field_errors["status"]


def test_nothing_is_deleted_an_application_is_cancelled(financeit, loan):
    gone = financeit.send(financeit.prepare_delete("loans", loan["id"], idempotency_key="annuler"))
    assert gone["_status"] == "cancelled"
    with pytest.raises(Rejected):
        financeit.push("loans", {"purchase_description": "x"}, idempotency_key="tard", remote_id=loan["id"])
    with pytest.raises(Misconfigured, match="n’offre pas"):
        financeit.prepare_act("loans", loan["id"], "dissoudre", idempotency_key="k")


def test_the_amount_changes_early_only(financeit, simulator, loan):
    step(financeit, loan, "send_invite")
    simulator.act("financeit", "open", id=loan["id"])
    with pytest.raises(Rejected) as caught:
        financeit.push("loans", {"amount_requested": cents(1)}, idempotency_key="k", remote_id=loan["id"])
    assert set(caught.value.field_errors) == {"amount_requested"}


def test_a_creation_reads_back_with_every_accent(financeit, loan, simulator):
    [found] = financeit.lookup("loans", {"reference_id": "SO-1001"})
    assert (found["purchase_description"], found["_name"]) == ("Thermopompe « Été »", "Marc Œuvrard")
    assert found["id"] == loan["id"]
    with pytest.raises(Misconfigured, match="chercher"):
        financeit.lookup("loans", {"status": "draft"})


def test_an_invitation_may_leave_with_the_creation(connect):
    made = connect(config={"send_invite": "oui"}).push("loans", VALUES, idempotency_key="k")
    assert made["status"] == "invited" and made["application_url"]


def test_a_creation_without_its_applicant_is_refused_before_any_request(financeit, simulator):
    simulator.forget_requests("financeit")
    with pytest.raises(Rejected, match="créez la demande chez Financeit") as caught:
        financeit.prepare_push("loans", {"amount_requested": cents(1)}, idempotency_key="k")
    assert set(caught.value.field_errors) == {"applicant.given_name", "applicant.family_name"}
    assert simulator.requests("financeit") == []


def test_the_merchant_is_chosen_by_account_mapping(financeit):
    assert next(one.label for one in financeit.options("partner")) == "Lacoste Plomberie"
    made = financeit.push("loans", {**VALUES, "partner_id": {"value": "p_200"}}, idempotency_key="k")
    assert made["partner_id"] == "p_200"
    with pytest.raises(Rejected) as caught:
        financeit.push("loans", {**VALUES, "partner_id": {"value": "p_9"}}, idempotency_key="k2")
    assert set(caught.value.field_errors) == {"partner_id"}


def test_an_upsert_replaces_a_draft_and_nothing_later(financeit, loan):
    changed = financeit.upsert("SO-1001", {**VALUES, "purchase_description": None}, idempotency_key="k1")
    assert (changed["id"], changed["purchase_description"]) == (loan["id"], None)
    made = financeit.upsert("SO-2002", VALUES, idempotency_key="k2")
    assert made["id"] != loan["id"]
    financeit.send(financeit.prepare_act("loans", made["id"], "cancel", idempotency_key="k3"))
    with pytest.raises(Rejected):
        financeit.upsert("SO-2002", VALUES, idempotency_key="k4")


def test_the_same_key_with_another_content_is_refused_and_a_stale_version_a_conflict(financeit, loan):
    with pytest.raises(Rejected) as caught:
        financeit.push("loans", {**VALUES, "purchase_description": "Autre"}, idempotency_key="demande")
    assert caught.value.code == "idempotency_key_reused"
    with pytest.raises(Conflict):
        financeit.push("loans", {"funding_date": "2026-12-01"}, idempotency_key="k", remote_id=loan["id"], version="9")


def test_the_vendors_states_are_translated_by_a_setting_and_unknown_ones_kept(connect, simulator, loan):
    simulator.edit("loans", loan["id"], slug="financeit", status="under_review")
    connector = connect(config={"status_map": "under_review = approved ; x=; =y"})
    assert connector.fetch("loans", loan["id"])["_status"] == "approved"
    assert quirks.complete({"status": "Mystery"}, "")["_status"] == "Mystery"
    assert "Mystery" not in STATUS
    assert quirks.states("") == {}


def test_the_last_day_is_that_of_toronto():
    assert str(quirks.DAY.decode("2026-01-31T03:00:00Z")) == "2026-01-30"
    with pytest.raises(ValueError, match="instant"):
        quirks.DAY.decode("demain")


def test_without_a_filter_by_change_everything_is_read_each_time(connect, simulator):
    connector = connect(config={"updates_filter": "non"})
    cursor = list(connector.pull("loans", None, page_size=200))[-1].cursor
    assert len(next(iter(connector.pull("loans", cursor, page_size=200))).records) == 60
    assert all("updated_since" not in one["query"] for one in simulator.requests("financeit"))


def test_a_list_of_texts_is_the_vendors_refusal(financeit):
    error = financeit.classify(Answer("POST", 422, CaseInsensitiveDict(), {"errors": ["Trop tard"]}))
    assert isinstance(error, Rejected)
    assert "« Trop tard »" in error.sentence and error.detail == "Trop tard"
