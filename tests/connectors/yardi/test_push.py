"""Writing work orders, to a provider without keys, versions or partial edits."""

import json

import pytest

from connectors.base.errors import Conflict, Malformed, Misconfigured, NotFound, Rejected
from connectors.base.writes import PreparedWrite
from tests.connectors.yardi.conftest import texts

VALUES = {"PropertyCode": "gat-01", "_unit": "gat-01:102", "ServiceRequestBriefDescription": "Évier & hotte <bouchés>"}


def change(yardi, before, **values):
    return yardi.push("work_orders", values, idempotency_key="k", remote_id=before["_id"], version=before["UpdateDate"])


def test_a_creation_says_what_the_interface_demands(yardi, simulator):
    made = yardi.push("work_orders", VALUES, idempotency_key="k", reference="r")
    assert texts(made, "ServiceRequestBriefDescription", "UnitCode", "HasPermissionToEnter", "TechnicianNotes") == [
        "Évier & hotte <bouchés>", "102", "false", "",
    ]  # fmt: skip
    assert made["ServiceRequestDate"] == simulator.provider("yardi").local_time()[:10]


def test_a_long_title_is_cut_and_kept_whole_in_the_description(yardi):
    title = "Remplacement complet du chauffe-eau de la buanderie"
    made = yardi.push("work_orders", {**VALUES, "ServiceRequestBriefDescription": title}, idempotency_key="k")
    assert made["ServiceRequestBriefDescription"] == title[:35].rstrip()
    assert made["ServiceRequestFullDescription"] == title
    after = change(yardi, made, ServiceRequestBriefDescription="x" * 40)
    assert after["ServiceRequestBriefDescription"] == "x" * 35


def test_an_edit_sends_the_whole_record(yardi, simulator):
    simulator.edit("work_orders", "407002", slug="yardi", TechnicianNotes="Ligne 1\nLigne 2", Vendor="Élan & fils")
    before = yardi.fetch("work_orders", "gat-01:407002")
    after = change(yardi, before, CurrentStatus="On Hold", _tenant=None)
    moved = {name for name in after if after[name] != before.get(name)}
    assert moved <= {"CurrentStatus", "UpdateDate", "StatusHistory", "TenantCode", "_tenant", "_completed_at"}
    assert texts(after, "TechnicianNotes", "Vendor", "TenantCode") == ["Ligne 1\nLigne 2", "Élan & fils", ""]


def test_the_number_is_found_again_when_the_answer_does_not_tell_it(yardi, simulator):
    simulator.configure("yardi", answer_id=False)
    made = yardi.push("work_orders", VALUES, idempotency_key="k")
    assert made["ServiceRequestId"] == "500001"
    with pytest.raises(Malformed, match="ne le retrouve pas"):
        yardi.push("work_orders", VALUES, idempotency_key="k2")


def test_our_reference_tells_twins_apart_when_the_client_wants_it(connect, simulator):
    connector = connect(config={"reference_tag": "oui"})
    made = [connector.push("work_orders", VALUES, idempotency_key=one, reference=one) for one in ("R1", "R2")]
    assert [one["TechnicianNotes"] for one in made] == ["[R1]", "[R2]"]
    prepared = connector.prepare_push("work_orders", VALUES, idempotency_key="R2", reference="R2")
    [found] = connector.lookup("work_orders", {"_twin": json.loads(prepared.body)["_twin"]})
    assert found["_id"] == made[1]["_id"]


def test_a_creation_whose_answer_was_lost_may_not_be_sent_blindly(yardi):
    prepared = yardi.prepare_push("work_orders", VALUES, idempotency_key="k")
    assert not prepared.repeatable
    assert PreparedWrite.from_json(prepared.to_json()) == prepared


def test_what_moved_meanwhile_is_a_conflict_before_anything_is_written(yardi, simulator, judge):
    before = yardi.fetch("work_orders", "gat-01:407002")
    simulator.edit("work_orders", "407002", slug="yardi", Priority="Low")
    judge.operations.clear()
    with pytest.raises(Conflict) as caught:
        change(yardi, before, Priority="High")
    assert caught.value.code == "stale"
    assert judge.operations == ["GetServiceRequests"]


def test_a_work_order_never_changes_its_property(yardi, judge):
    with pytest.raises(Rejected, match="immeuble") as caught:
        yardi.prepare_push("work_orders", {"PropertyCode": "mtl-01"}, idempotency_key="k", remote_id="gat-01:407002")
    assert set(caught.value.field_errors) == {"PropertyCode"}
    assert judge.operations == []


@pytest.mark.parametrize("missing", ["PropertyCode", "ServiceRequestBriefDescription"])
def test_what_the_interface_demands_is_asked_for_before_any_request(yardi, judge, missing):
    with pytest.raises(Rejected) as caught:
        yardi.prepare_push("work_orders", {**VALUES, missing: None}, idempotency_key="k")
    assert set(caught.value.field_errors) == {missing}
    assert judge.operations == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"PropertyCode": "zzz", "_unit": None}, "PropertyCode"),
        ({"Priority": "Extrême"}, "Priority"),
        ({"Category": "Magie"}, "Category"),
        ({"CurrentStatus": "Perdu"}, "CurrentStatus"),
        ({"_tenant": "gat-01:t9"}, "_tenant"),
    ],
)
def test_a_refusal_names_its_field(yardi, values, field):
    with pytest.raises(Rejected) as caught:
        yardi.push("work_orders", VALUES | values, idempotency_key="k")
    assert field in caught.value.field_errors


def test_only_work_orders_are_written_and_only_cancelled(yardi):
    for name in ("properties", "units", "residents"):
        with pytest.raises(Misconfigured, match="ne permet pas d’écrire"):
            yardi.prepare_push(name, {}, idempotency_key="k")
    with pytest.raises(Misconfigured, match="n’offre pas"):
        yardi.prepare_act("work_orders", "gat-01:407002", "dissoudre", idempotency_key="k")
    gone = yardi.send(yardi.prepare_delete("work_orders", "gat-01:407002", idempotency_key="k"))
    assert gone["CurrentStatus"] == "Canceled"


def test_the_clients_own_word_for_cancelled_is_a_setting(connect):
    prepared = connect(config={"cancel_status": "Annulé"}).prepare_delete("work_orders", "a:1", idempotency_key="k")
    assert json.loads(prepared.body)["fields"] == {"CurrentStatus": "Annulé"}


def test_an_edit_of_what_is_gone_is_not_found(yardi, simulator):
    before = yardi.fetch("work_orders", "gat-01:407002")
    simulator.delete("work_orders", "407002", "yardi")
    with pytest.raises(NotFound):
        change(yardi, before, Priority="High")


def test_a_search_by_something_else_is_a_setting_to_correct(yardi):
    with pytest.raises(Misconfigured, match="chercher"):
        yardi.lookup("work_orders", {"Priority": "High"})
