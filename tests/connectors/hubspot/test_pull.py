"""Reading HubSpot: the list first, then what changed by search, then the recycle bin."""

import json

import pytest

from connectors.base.client import RetryPolicy
from connectors.base.connector import Connection
from connectors.base.errors import Malformed, Misconfigured, NotFound, RateLimited, RepeatedCursor, Transient
from connectors.base.rest import parse_instant
from connectors.hubspot import reading
from connectors.hubspot.connector import HubSpot
from connectors.simulator.clock import stamp
from tests.connectors.support import QUICK, read

CONTACTS = HubSpot.resource("contacts")


def asked(simulator, end):
    return [one for one in simulator.requests("hubspot") if one["path"].endswith(end)]


@pytest.mark.parametrize(("resource", "count"), [("companies", 10), ("contacts", 15), ("deals", 10)])
def test_the_first_pull_reads_everything(hubspot, resource, count):
    records, cursor, pages = read(hubspot, resource)
    assert (len(records), pages, cursor["phase"]) == (count, 1, "search")
    assert not any(HubSpot.resource(resource).is_deleted(raw) for raw in records.values())
    json.dumps([records, cursor])


def test_objects_arrive_with_their_company_stage_and_owner(hubspot):
    deals = {raw["dealname"]: raw for raw in read(hubspot, "deals")[0].values()}
    deal = deals["Rénovation de l’auberge"]
    assert (deal["amount"], deal["_status"], deal["_probability"]) == ("142750.25", "won", "100.00")
    assert deal["dealstage"] == {"value": "closedwon"} and deal["hubspot_owner_id"] == {"value": "9001"}
    assert {raw["_status"] for raw in deals.values()} == {"open", "won", "lost"}
    companies = read(hubspot, "companies")[0]
    assert companies[deal["_company"]]["name"] == "École de musique Clé de sol"
    contacts = read(hubspot, "contacts")[0].values()
    assert sum(raw["_company"] is None for raw in contacts) == 3
    address = HubSpot.resource("companies").codecs["address"].decode(companies[deal["_company"]]["_address"])
    assert (address["line1"], address["postal_code"], address["country"]) == ("233 rue Racine Est", "G7H 1S1", "CA")


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (100, 1), (101, 2)])
def test_the_edges_of_a_page(private, simulator, count, pages):
    simulator.empty("hubspot")
    simulator.seed("companies", count, "hubspot")
    records, _, made = read(private(), "companies", size=500)
    assert (len(records), made) == (count, pages)
    assert len(asked(simulator, "/companies")) == pages


def test_a_pull_goes_on_after_any_page(hubspot):
    pages = list(hubspot.pull("contacts", None, page_size=4))
    for stop in range(len(pages) - 1):
        rest = read(hubspot, "contacts", json.loads(json.dumps(pages[stop].cursor)), size=4)[0]
        assert len({raw["id"] for page in pages[: stop + 1] for raw in page.records} | set(rest)) == 15


def test_then_only_changes_are_read_by_search_with_their_company(hubspot, simulator):
    records, cursor, _ = read(hubspot, "contacts")
    simulator.advance(3600)
    hubspot.tokens.renew_now()
    one, other = next(iter(records)), next(key for key, raw in records.items() if raw["_company"] is None)
    simulator.edit("contacts", one, jobtitle="Présidente", slug="hubspot")
    simulator.edit("contacts", other, jobtitle="Sans entreprise", slug="hubspot")
    simulator.forget_requests("hubspot")
    found, after, _ = read(hubspot, "contacts", cursor)
    # The latest of the first pass falls into the overlap.
    assert set(found) == {one, other, "100015"}
    assert found[one] == hubspot.fetch("contacts", one) and found[one]["_company"] == records[one]["_company"]
    assert found[other]["_company"] is None
    assert [request["status"] for request in asked(simulator, "/batch/read")] == [207]
    assert parse_instant(after["since"]) > parse_instant(cursor["since"])


def test_a_change_that_search_learns_late_is_read_by_the_next_pass(hubspot, simulator):
    _, cursor, _ = read(hubspot, "companies")
    simulator.configure("hubspot", search_delay_seconds=60)
    simulator.advance(600)
    simulator.edit("companies", "300001", phone="+15145550000", slug="hubspot")
    found, cursor, _ = read(hubspot, "companies", cursor)
    assert "300001" not in found
    simulator.advance(120)
    assert "300001" in read(hubspot, "companies", cursor)[0]


def test_an_archived_object_is_told_and_comes_back_when_it_is_restored(hubspot, simulator):
    _, cursor, _ = read(hubspot, "contacts")
    simulator.delete("contacts", "100003", "hubspot")
    found, after, _ = read(hubspot, "contacts", cursor)
    assert CONTACTS.is_deleted(found["100003"]) and CONTACTS.remote_id(found["100003"]) == "100003"
    assert "100016" not in found, "what was in the bin long ago is no news"
    with pytest.raises(NotFound):
        hubspot.fetch("contacts", "100003")
    simulator.act("hubspot", "restore", kind="contacts", id="100003")
    assert not CONTACTS.is_deleted(read(hubspot, "contacts", after)[0]["100003"])


def test_of_two_that_are_merged_the_loser_is_told_as_deleted(hubspot, simulator):
    _, cursor, _ = read(hubspot, "contacts")
    simulator.act("hubspot", "merge", kind="contacts", id="100001", other="100002")
    found = read(hubspot, "contacts", cursor)[0]
    assert not CONTACTS.is_deleted(found["100001"]) and CONTACTS.is_deleted(found["100002"])


def test_rows_that_change_during_a_search_hide_no_others(hubspot, simulator):
    _, cursor, _ = read(hubspot, "companies")
    simulator.advance(3600)
    hubspot.tokens.renew_now()
    simulator.seed("companies", 50, "hubspot")
    seen = set()
    for page in hubspot.pull("companies", cursor, page_size=10):
        seen |= {raw["id"] for raw in page.records}
        if 0 < len(seen) <= 20:
            simulator.edit("companies", page.records[0]["id"], phone="+1", slug="hubspot")
    assert {str(number) for number in range(300011, 300061)} <= seen


def same_instant(simulator, count):
    """Give so many companies one and the same time of change."""
    simulator.seed("companies", count, "hubspot")
    fake = simulator.provider("hubspot")
    now = stamp(fake.clock.now())
    bodies = fake.store.select("hubspot", "companies")[10:]
    fake.store.put("hubspot", "companies", *({**one, "updated_at": now, "hs_lastmodifieddate": now} for one in bodies))
    return {one["id"] for one in bodies}


@pytest.mark.parametrize("count", [150, 199, 200, 201, 450])
def test_more_than_a_search_shows_is_read_whole_even_when_all_changed_at_one_instant(
    hubspot, simulator, monkeypatch, count
):
    monkeypatch.setattr(reading, "SEARCH_CAP", 200)
    simulator.configure("hubspot", search_cap=200)
    _, cursor, _ = read(hubspot, "companies")
    simulator.advance(3600)
    hubspot.tokens.renew_now()
    wanted = same_instant(simulator, count)
    simulator.advance(1)
    simulator.edit("companies", "300001", phone="+15145550000", slug="hubspot")
    found = read(hubspot, "companies", cursor)[0]
    assert wanted | {"300001"} <= set(found)
    assert {request["status"] for request in asked(simulator, "/search")} == {200}


def test_more_changes_than_a_search_shows_are_read_by_windows(hubspot, simulator, monkeypatch):
    monkeypatch.setattr(reading, "SEARCH_CAP", 200)
    simulator.configure("hubspot", search_cap=200)
    _, cursor, _ = read(hubspot, "companies")
    simulator.advance(3600)
    hubspot.tokens.renew_now()
    simulator.seed("companies", 700, "hubspot")
    assert {str(number) for number in range(300011, 300711)} <= set(read(hubspot, "companies", cursor)[0])


def test_properties_of_ones_own_are_read(connect):
    raw = next(iter(read(connect({"extra_properties": "contacts.langue, companies.industry"}), "contacts")[0].values()))
    assert "langue" in raw and "industry" not in raw


def test_the_path_of_the_objects_is_a_setting(connect):
    prepared = connect({"objects_path": "crm/objects/2026-03/"}).prepare_delete("deals", "7", idempotency_key="k")
    assert prepared.path == "crm/objects/2026-03/deals/7"


def test_lists_to_choose_from(hubspot, simulator):
    stages = {one.id: one.label for one in hubspot.options("stage")}
    assert stages["closedwon"] == "Conclu (Pipeline des ventes)" and stages["82003"] == "Conclu (Entretien)"
    assert stages["contractsent"] == "Soumission envoyée"
    assert [one.id for one in hubspot.options("pipeline")] == ["default", "82001"]
    assert next(one.label for one in hubspot.options("owner")) == "nlacoste@lacoste.example"
    simulator.configure("hubspot", owners_scope=False)
    assert hubspot.options("owner") == []
    with pytest.raises(Misconfigured):
        hubspot.options("account")


def test_lookup_reads_by_the_unique_value(hubspot):
    key = "inputs.0.properties.email"
    [found] = hubspot.lookup("contacts", {key: "Eloise.Dube@courriel.example"})
    assert found["_name"] == "Éloïse Dubé" and found["_company"]
    assert hubspot.lookup("contacts", {key: "inconnu@exemple.invalid"}) == []
    with pytest.raises(Misconfigured):
        hubspot.lookup("contacts", {"phone": "1"})


def test_a_filter_is_refused(hubspot):
    with pytest.raises(Misconfigured, match="filtrer"):
        read(hubspot, "deals", filters={"date_from": "2026-01-01"})


# --- When it does not go well -------------------------------------------------------------------------------------
def test_a_page_that_names_itself_as_the_next_stops_the_pull(hubspot, simulator):
    simulator.fault("repeated_cursor", "/crm/v3/objects/contacts", times=None, slug="hubspot")
    with pytest.raises(RepeatedCursor):
        list(hubspot.pull("contacts", None, page_size=5))


@pytest.mark.parametrize("body", [b"[]", b'{"results": {}}', b'{"results": [1]}', b"{}"])
def test_a_malformed_answer_is_told(script, body):
    connector = HubSpot(Connection("test", {"api_key": "pat-x"}, {}, {"api": script.url}), retry=QUICK)
    script.then_answer(200, body)
    with pytest.raises(Malformed):
        read(connector, "companies")


@pytest.mark.parametrize("kind", ["html", "truncated", "error", "unavailable"])
def test_a_hiccup_in_a_search_is_tried_again_and_an_outage_is_told(hubspot, simulator, kind):
    cursor = read(hubspot, "companies")[1]
    simulator.fault(kind, "/crm/v3/objects/companies/search", slug="hubspot")
    read(hubspot, "companies", cursor)
    simulator.fault(kind, "/crm", times=None, slug="hubspot")
    with pytest.raises(Transient):
        read(hubspot, "companies", cursor)


def test_a_wait_that_is_named_is_kept_and_else_the_window_is_waited_for(private, simulator):
    simulator.fault("rate_limit", "/crm", slug="hubspot", retry_after=40)
    with pytest.raises(RateLimited) as caught:
        private().check()
    assert caught.value.retry_after == 40
    simulator.fault("rate_limit", "/crm", slug="hubspot")
    with pytest.raises(RateLimited) as caught:
        private().check()
    assert 10 <= caught.value.retry_after <= 12.5


def test_searches_keep_to_their_own_pace(private, simulator):
    cursor = read(private(), "companies")[1]
    simulator.seed("companies", 60, "hubspot")
    simulator.rate_limit(10, 100, slug="hubspot")
    read(private(retry=RetryPolicy(max_retries=0)), "companies", cursor, size=10)
    assert {one["status"] for one in simulator.requests("hubspot")} == {200}
