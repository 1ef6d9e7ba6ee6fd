"""Reading Zoho CRM: everything first, then what changed, then what was deleted."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest

from connectors.base.connector import Connection
from connectors.base.errors import CursorExpired, Malformed, Misconfigured, NotFound, RepeatedCursor
from connectors.base.oauth import FixedTokens, TokenSet
from connectors.zoho.connector import Zoho
from tests.connectors.zoho.conftest import EUROPE, read

COUNTS = {"accounts": 10, "contacts": 34, "deals": 21}


def asked(simulator, end):
    return [one for one in simulator.requests("zoho") if one["path"].endswith(end)]


@pytest.mark.parametrize(("resource", "count"), list(COUNTS.items()))
def test_the_first_pull_reads_everything(zoho, resource, count):
    records, cursor, pages = read(zoho, resource)
    assert (len(records), pages) == (count, 1)
    assert cursor["since"].endswith("+00:00") and not cursor["page"]
    json.dumps([records, cursor])


def test_each_organisation_has_its_own_records_in_its_own_time_zone(connect):
    records, _, _ = read(connect(EUROPE), "contacts")
    assert len(records) == 7
    assert all(raw["Modified_Time"].endswith(("+01:00", "+02:00")) for raw in records.values())


@pytest.mark.parametrize(("size", "pages"), [(1, 10), (4, 3), (9, 2), (10, 1), (200, 1)])
def test_pages_of_any_size_hold_everything_once(zoho, size, pages):
    found = list(zoho.pull("accounts", None, page_size=size))
    ids = [raw["id"] for page in found for raw in page.records]
    assert (len(ids), len(set(ids)), len(found)) == (10, 10, pages)


def test_beyond_the_first_page_a_token_is_used_and_never_a_number(zoho, simulator):
    simulator.seed("Contacts", 2100, "zoho")
    simulator.forget_requests("zoho")
    records, _, pages = read(zoho, "contacts", size=9999)
    assert (len(records), pages) == (2134, 11), "ten numbered pages would not have been enough"
    queries = [parse_qs(one["query"]) for one in asked(simulator, "/Contacts")]
    assert [("page" in one, "page_token" in one) for one in queries] == [(True, False)] + [(False, True)] * 10
    assert {one["per_page"][0] for one in queries} == {"200"}


def test_an_empty_module_is_a_page_without_records(connect, simulator):
    simulator.empty("zoho")
    connector = connect()
    records, cursor, pages = read(connector, "contacts")
    assert (records, pages) == ({}, 1)
    assert read(connector, "contacts", cursor)[0] == {}, "204 and 304 are lists without records"
    simulator.create("Contacts", "zoho", Last_Name="Première")
    assert len(read(connector, "contacts", cursor)[0]) == 1


def test_a_pull_goes_on_after_any_page(zoho):
    pages = list(zoho.pull("contacts", None, page_size=10))
    everything = {raw["id"] for page in pages for raw in page.records}
    for number, page in enumerate(pages[:-1]):
        rest, _, _ = read(zoho, "contacts", json.loads(json.dumps(page.cursor)), size=10)
        before = {raw["id"] for one in pages[: number + 1] for raw in one.records}
        assert before | set(rest) == everything


def test_then_only_changes_are_read(zoho, simulator):
    records, cursor, _ = read(zoho, "contacts")
    simulator.advance(600)
    _, cursor, _ = read(zoho, "contacts", cursor)
    simulator.forget_requests("zoho")
    one = next(iter(records))
    simulator.edit("Contacts", one, Last_Name="Nouveau", slug="zoho")
    records, after, pages = read(zoho, "contacts", cursor)
    assert (set(records), records[one]["Full_Name"].endswith("Nouveau"), pages) == ({one}, True, 2)
    assert after["since"] >= cursor["since"]
    assert [request["path"] for request in simulator.requests("zoho")] == [
        "/dc/ca/crm/v8/Contacts", "/dc/ca/crm/v8/Contacts/deleted",
    ]  # fmt: skip


def test_the_time_of_the_next_pull_is_zohos_own_with_an_overlap(zoho, simulator):
    simulator.advance(86400)
    records, cursor, _ = read(zoho, "deals")
    one = next(iter(records))
    simulator.edit("Deals", one, Amount=10.5, slug="zoho")
    records, cursor, _ = read(zoho, "deals", cursor)
    assert set(records) == {one}
    assert set(read(zoho, "deals", cursor)[0]) == {one}, "once more, as a change may be listed late"
    simulator.advance(600)
    _, cursor, _ = read(zoho, "deals", cursor)
    assert read(zoho, "deals", cursor)[0] == {}


def test_a_change_during_the_first_pull_is_read_by_the_next(zoho, simulator):
    pages = zoho.pull("contacts", None, page_size=20)
    first = next(pages)
    changed = first.records[0]["id"]
    simulator.advance(3600)
    simulator.edit("Contacts", changed, Last_Name="Changée", slug="zoho")
    *_, last = pages
    assert changed in read(zoho, "contacts", last.cursor)[0]


def test_deletions_have_a_feed_of_their_own(zoho, simulator):
    records, cursor, _ = read(zoho, "accounts")
    one, other = list(records)[:2]
    simulator.delete("Accounts", one, "zoho")
    simulator.edit("Accounts", other, Account_Name="Changé", slug="zoho")
    simulator.delete("Accounts", other, "zoho")
    records, cursor, _ = read(zoho, "accounts", cursor)
    resource = Zoho.resource("accounts")
    assert {number for number, raw in records.items() if resource.is_deleted(raw)} == {one, other}
    assert resource.remote_id(records[one]) == one and resource.version(records[one])
    simulator.advance(600)
    _, cursor, _ = read(zoho, "accounts", cursor)
    assert read(zoho, "accounts", cursor)[0] == {}


def test_many_deletions_take_several_pages(zoho, simulator):
    records, cursor, _ = read(zoho, "contacts")
    for one in list(records)[:7]:
        simulator.delete("Contacts", one, "zoho")
    gone, _, pages = read(zoho, "contacts", cursor, size=3)
    assert (len(gone), pages) == (7, 4)


@pytest.mark.parametrize("age", [3600, 70 * 86400])
def test_a_deletion_is_seen_from_the_recycle_bin_and_after_it(zoho, simulator, age):
    records, cursor, _ = read(zoho, "contacts")
    simulator.delete("Contacts", next(iter(records)), "zoho")
    simulator.advance(age)
    # The access token has ended meanwhile, too.
    assert len(read(zoho, "contacts", cursor)[0]) == 1


def test_a_page_token_that_ended_goes_on_at_the_last_change_seen(zoho, simulator):
    pages = zoho.pull("contacts", None, page_size=10)
    first = next(pages)
    simulator.advance(25 * 3600)
    rest, _, _ = read(zoho, "contacts", json.loads(json.dumps(first.cursor)), size=10)
    assert {raw["id"] for raw in first.records} | set(rest) == set(read(zoho, "contacts")[0])
    assert len(rest) <= 25, "not all over again"


def test_more_records_than_tokens_reach_are_read_in_windows(zoho, simulator):
    simulator.seed("Contacts", 500, "zoho")
    simulator.configure("zoho", pagination_limit=120)
    records, _, _ = read(zoho, "contacts", size=40)
    assert len(records) == 534


def test_more_records_of_one_second_than_tokens_reach_do_not_loop_for_ever(zoho, simulator):
    fake = simulator.provider("zoho")
    for row in fake.store.select("zoho", "Contacts"):
        fake.store.put("zoho", "Contacts", {**row, "updated_at": "2026-05-01T12:00:00.000Z"})
    simulator.configure("zoho", pagination_limit=20)
    with pytest.raises(CursorExpired):
        read(zoho, "contacts", size=10)


def test_a_page_that_comes_twice_stops_the_pull(zoho, simulator):
    pages = zoho.pull("contacts", None, page_size=10)
    first = next(pages)
    simulator.fault("repeated_cursor", "/dc/ca/crm/v8/Contacts", slug="zoho", value=first.cursor["page"])
    with pytest.raises(RepeatedCursor):
        next(pages)


@pytest.mark.parametrize("body", [b'{"data": {"id": "1"}}', b'{"data": [1]}', b'{"info": {}}'])
def test_a_list_without_its_form_is_malformed(script, body):
    script.then_answer(200, body)
    tokens = FixedTokens(TokenSet("a", extra={"api_domain": script.url}))
    connector = Zoho(Connection("simulator", {}, {}, {"api": script.url}), token_store=tokens)
    with pytest.raises(Malformed, match="forme prévue"):
        read(connector, "contacts")


def test_filters_and_unknown_objects_are_refused(zoho):
    with pytest.raises(Misconfigured, match="filtrer"):
        list(zoho.pull("contacts", None, page_size=10, filters={"cvid": "1"}))
    with pytest.raises(Misconfigured, match="leads"):
        list(zoho.pull("leads", None, page_size=10))


def test_other_fields_are_read_when_they_are_set_and_not_too_many(connect, simulator):
    connector = connect(config={"extra_fields": "Contacts.Department, Deals.Ref_Lacoste"})
    assert "Department" in next(iter(read(connector, "contacts")[0].values()))
    assert "Department" not in next(iter(read(connect(), "contacts")[0].values()))
    many = ",".join(f"Deals.Champ_{number}" for number in range(60))
    with pytest.raises(Misconfigured, match="50 champs"):
        read(connect(config={"extra_fields": many}), "deals")


def test_a_deals_status_follows_from_its_stage(connect):
    assert {raw["_status"] for raw in read(connect(), "deals")[0].values()} == {"open", "won", "lost"}
    connector = connect(config={"won_stages": "Value Proposition, Closed Won"})
    assert {raw["_status"] for raw in read(connector, "deals")[0].values() if raw["Stage"] == "Value Proposition"} == {
        "won"
    }


def test_an_object_is_read_by_its_id(zoho, simulator):
    one = next(iter(read(zoho, "accounts")[0]))
    assert zoho.fetch("accounts", one)["Account_Name"] == "Boulangerie Aux Blés d'Or inc."
    simulator.delete("Accounts", one, "zoho")
    for missing in (one, "554023000000999999"):
        with pytest.raises(NotFound, match="supprimé"):
            zoho.fetch("accounts", missing)


@pytest.mark.parametrize(
    ("resource", "keys"),
    [("contacts", {"Email": "CONTACT003@courriel.example"}), ("contacts", {"Phone": "514-555-1002"}),
     ("accounts", {"Account_Name": "café l'écluse INC."}),
     ("accounts", {"Account_Name": "Gestion immobilière (Québec) Bélanger"}),
     ("deals", {"Deal_Name": "Drain français 2026"})],
)  # fmt: skip
def test_objects_are_found_by_what_they_carry(zoho, resource, keys):
    [found] = zoho.lookup(resource, keys)
    [(name, value)] = keys.items()
    assert found[name].casefold() == value.casefold()


def test_nothing_found_and_nothing_to_search_for(zoho):
    assert zoho.lookup("contacts", {"Email": "personne@courriel.example"}) == []
    assert zoho.lookup("contacts", {"_reference": "r"}) == [], "no field is set for it"
    for keys in ({}, {"Stage": "x"}):
        with pytest.raises(Misconfigured, match="chercher"):
            zoho.lookup("deals", keys)


def test_lists_are_read(zoho):
    stages = {one.id: one.label for one in zoho.options("stage")}
    assert stages["Closed Won"] == "Conclue et gagnée" and stages["Qualification"] == "Qualification"
    owners = zoho.options("owner")
    assert [one.label for one in owners] == ["genevieve@lacoste.example", "mathieu@lacoste.example"]
    with pytest.raises(Misconfigured, match="liste"):
        zoho.options("tax_code")


def test_times_are_read_with_their_offset(zoho):
    raw = next(iter(read(zoho, "deals")[0].values()))
    assert datetime.fromisoformat(raw["Modified_Time"]).astimezone(UTC).year == 2026
