"""Reading Salesforce: everything first, then what changed and what was deleted."""

import json

import pytest

from connectors.base.errors import Malformed, Misconfigured, NotFound, RateLimited, RepeatedCursor, Transient
from connectors.base.rest import parse_instant
from connectors.salesforce.connector import Salesforce
from tests.connectors.salesforce.conftest import read

COUNTS = {"accounts": 13, "contacts": 20, "opportunities": 14}
ACCOUNTS = Salesforce.resource("accounts")


def asked(simulator, word):
    return [one for one in simulator.requests("salesforce") if word in one["path"]]


@pytest.mark.parametrize(("resource", "count"), list(COUNTS.items()))
def test_the_first_pull_reads_everything(salesforce, resource, count):
    records, cursor, pages = read(salesforce, resource)
    assert (len(records), pages) == (count, 1)
    assert cursor["since"] and cursor["deleted"]
    # One account lies in the recycle bin.
    dead = [raw for raw in records.values() if Salesforce.resource(resource).is_deleted(raw)]
    assert len(dead) == (resource == "accounts")
    json.dumps([records, cursor])


def test_an_object_arrives_whole(salesforce):
    raw = next(one for one in read(salesforce, "accounts")[0].values() if one["Name"].startswith("Pâtisserie"))
    address = ACCOUNTS.codecs["address"].decode(raw["BillingAddress"])
    assert address == {
        "line1": "412 rue des Forges", "line2": "", "city": "Trois-Rivières", "province": "QC",
        "postal_code": "G9A 2H5", "country": "CA",
    }  # fmt: skip
    deal = next(one for one in read(salesforce, "opportunities")[0].values() if one["Amount"] == "3899.95")
    assert deal["Owner"]["Email"].endswith("@lacoste.example")
    assert {one["_status"] for one in read(salesforce, "opportunities")[0].values()} == {"open", "won", "lost"}


@pytest.mark.parametrize("size", [1, 7, 12, 13])
def test_pages_of_any_size_hold_everything_once(salesforce, size):
    pages = list(salesforce.pull("accounts", None, page_size=size))
    ids = [raw["Id"] for page in pages for raw in page.records]
    assert len(ids) == len(set(ids)) == 13
    assert all(len(page.records) <= size for page in pages)
    assert [page.last for page in pages].count(True) == 1


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (1, 1), (200, 1), (201, 2), (400, 2), (401, 3)])
def test_the_edges_of_a_page(connect, simulator, count, requests):
    simulator.empty("salesforce")
    salesforce = connect()
    simulator.seed("Account", count, "salesforce")
    records, _, pages = read(salesforce, "accounts", size=200)
    assert (len(records), pages) == (count, requests)
    assert len(asked(simulator, "/query")) == requests


def test_a_pull_goes_on_after_any_page(salesforce, simulator):
    simulator.seed("Account", 450, "salesforce")
    pages = list(salesforce.pull("accounts", None, page_size=150))
    for stop in range(len(pages) - 1):
        rest, _, _ = read(salesforce, "accounts", json.loads(json.dumps(pages[stop].cursor)), size=150)
        before = {raw["Id"] for page in pages[: stop + 1] for raw in page.records}
        assert len(before | set(rest)) == 463


def test_pages_that_the_provider_has_forgotten_are_asked_for_anew(salesforce, simulator):
    simulator.seed("Account", 600, "salesforce")
    seen, pages = set(), salesforce.pull("accounts", None, page_size=200)
    for number, page in enumerate(pages):
        seen |= {raw["Id"] for raw in page.records}
        if number == 1:
            simulator.act("salesforce", "forget_locators")
    assert len(seen) == 613
    restarted = [one["query"] for one in asked(simulator, "/query") if "SystemModstamp+%3E%3D" in one["query"]]
    assert len(restarted) == 1


def test_then_only_changes_are_read(salesforce, simulator):
    records, cursor, _ = read(salesforce, "contacts")
    simulator.advance(3600)
    simulator.forget_requests("salesforce")
    changed = next(iter(records))
    simulator.edit("Contact", changed, Title="Présidente", slug="salesforce")
    found, after, pages = read(salesforce, "contacts", cursor)
    assert changed in found and found[changed]["Title"] == "Présidente"
    assert len(found) <= 2 and pages == 2
    assert parse_instant(after["since"]) > parse_instant(cursor["since"])
    [asked_for] = [one["query"] for one in asked(simulator, "/query")]
    assert "SystemModstamp+%3E%3D+20" in asked_for


def test_what_changes_behind_the_back_of_a_long_pass_is_seen_by_the_next(salesforce, simulator):
    simulator.seed("Account", 401, "salesforce")
    first = next(iter(read(salesforce, "accounts", size=2000)[0]))
    pages = salesforce.pull("accounts", None, page_size=200)
    next(pages)
    simulator.edit("Account", first, Phone="+1 514 555-9999", slug="salesforce")
    simulator.advance(3600)
    last = simulator.objects("Account", "salesforce")[-2]["Id"]
    simulator.edit("Account", last, Phone="+1 514 555-8888", slug="salesforce")
    cursor = list(pages)[-1].cursor
    assert first in read(salesforce, "accounts", cursor)[0]


def test_deletions_arrive_with_the_next_pass(salesforce, simulator):
    records, cursor, _ = read(salesforce, "accounts")
    assert read(salesforce, "accounts", cursor)[0].keys() <= records.keys()
    gone = next(iter(records))
    simulator.delete("Account", gone, "salesforce")
    found, after, pages = read(salesforce, "accounts", cursor)
    assert pages == 2
    assert ACCOUNTS.is_deleted(found[gone]) and ACCOUNTS.remote_id(found[gone]) == gone
    assert ACCOUNTS.version(found[gone])
    # Like every last change it is read again until there is a later one.
    simulator.edit("Account", list(records)[1], Phone="+1 514 555-9999", slug="salesforce")
    simulator.advance(3600)
    _, after, _ = read(salesforce, "accounts", after)
    simulator.edit("Account", list(records)[1], Phone="+1 514 555-8888", slug="salesforce")
    _, after, _ = read(salesforce, "accounts", after)
    assert gone not in read(salesforce, "accounts", after)[0]


def test_many_deletions_come_once_each_and_from_any_page_on(salesforce, simulator):
    records, cursor, _ = read(salesforce, "opportunities")
    gone = list(records)[:7]
    for one in gone[:3]:
        simulator.delete("Opportunity", one, "salesforce")
    simulator.act("salesforce", "empty_bin")
    simulator.advance(60)
    for one in gone[3:]:
        simulator.delete("Opportunity", one, "salesforce")
    simulator.advance(60)
    pages = list(salesforce.pull("opportunities", cursor, page_size=2))
    told = [[raw["Id"] for raw in page.records if raw["IsDeleted"]] for page in pages]
    assert sorted(one for page in told for one in page) == sorted(gone)
    for stop in range(len(pages) - 1):
        rest, _, _ = read(salesforce, "opportunities", json.loads(json.dumps(pages[stop].cursor)), size=2)
        before = {one for page in told[: stop + 1] for one in page}
        assert before | {key for key, raw in rest.items() if raw["IsDeleted"]} == set(gone)


def test_what_is_in_no_bin_any_more_is_known_by_the_list_of_deletions(salesforce, simulator):
    records, cursor, _ = read(salesforce, "contacts")
    gone = next(iter(records))
    simulator.delete("Contact", gone, "salesforce")
    simulator.act("salesforce", "empty_bin")
    simulator.advance(60)
    found, _, _ = read(salesforce, "contacts", cursor)
    assert Salesforce.resource("contacts").is_deleted(found[gone])


@pytest.mark.parametrize(("resource", "kind"), [("accounts", "Account"), ("contacts", "Contact")])
def test_a_merge_tells_into_which_object(salesforce, simulator, resource, kind):
    declared = Salesforce.resource(resource)
    records, cursor, _ = read(salesforce, resource)
    loser, survivor, other = [key for key, raw in records.items() if not raw["IsDeleted"]][:3]
    simulator.delete(kind, other, "salesforce")
    simulator.act("salesforce", "merge", kind=kind, id=loser, into=survivor)
    simulator.advance(60)
    told = [raw for page in salesforce.pull(resource, cursor, page_size=2000) for raw in page.records]
    of_loser = [raw for raw in told if raw["Id"] == loser]
    assert [(declared.is_deleted(raw), declared.merged_into(raw)) for raw in of_loser] == [(True, survivor)]
    found = {raw["Id"]: raw for raw in told}
    assert declared.merged_into(found[survivor]) == declared.merged_into(found[other]) == ""
    assert declared.merged_into(salesforce.fetch(resource, loser[:15])) == survivor
    with pytest.raises(NotFound):
        salesforce.fetch(resource, other)


def test_a_merge_during_a_pass_is_never_told_as_a_mere_deletion(salesforce, simulator):
    records, cursor, _ = read(salesforce, "contacts")
    loser, survivor = list(records)[:2]
    pages = salesforce.pull("contacts", cursor, page_size=1)
    first = next(pages)
    simulator.act("salesforce", "merge", kind="Contact", id=loser, into=survivor)
    rest = list(pages)
    simulator.advance(60)
    again = list(salesforce.pull("contacts", rest[-1].cursor, page_size=100))
    told = [raw for page in [first, *rest, *again] for raw in page.records if raw["Id"] == loser and raw["IsDeleted"]]
    assert {Salesforce.resource("contacts").merged_into(raw) for raw in told} == {survivor}


def test_a_loser_that_was_taken_out_of_the_bin_is_itself_again():
    raw = {"Id": "0035g00000PqRsTAAV", "MasterRecordId": "0035g00000AbCdEAAV", "IsDeleted": False}
    merged = Salesforce.resource("contacts").merged_into
    assert (merged(raw), merged({**raw, "IsDeleted": True})) == ("", "0035g00000AbCdEAAV")
    assert merged({"Id": "0035g00000PqRsTAAV", "IsDeleted": True}) == ""


def test_an_object_out_of_the_bin_comes_back(salesforce, simulator):
    records, cursor, _ = read(salesforce, "accounts")
    one = next(iter(records))
    simulator.delete("Account", one, "salesforce")
    _, after, _ = read(salesforce, "accounts", cursor)
    simulator.edit("Account", one, IsDeleted=False, slug="salesforce")
    assert not ACCOUNTS.is_deleted(read(salesforce, "accounts", after)[0][one])


@pytest.mark.parametrize("purged", [15, 0])
def test_when_the_list_of_deletions_does_not_reach_back_everything_is_read_again(salesforce, simulator, purged):
    _, cursor, _ = read(salesforce, "accounts")
    simulator.configure("salesforce", deletions_purged_days=purged)
    simulator.advance(16 * 86400 if purged else 3600)
    salesforce.tokens.renew_now()
    records, after, _ = read(salesforce, "accounts", cursor)
    assert len(records) == 13
    assert parse_instant(after["deleted"]) > parse_instant(cursor["deleted"])


def test_opportunities_of_a_period(salesforce, simulator):
    filters = {"date_from": "2026-05-01", "date_to": "2026-06-30"}
    records, _, _ = read(salesforce, "opportunities", filters=filters)
    assert records and all("2026-05-01" <= raw["CloseDate"] <= "2026-06-30" for raw in records.values())
    with pytest.raises(Misconfigured, match="date"):
        read(salesforce, "opportunities", filters={"date_from": "hier' OR Name != '"})
    with pytest.raises(Misconfigured, match="ne sait pas filtrer"):
        read(salesforce, "accounts", filters=filters)


def test_a_hidden_field_is_left_out_and_one_of_ones_own_is_read(connect, simulator):
    simulator.configure("salesforce", hidden_fields=["Website", "OwnerId"])
    connector = connect({"extra_fields": "Account.Secteur__c, Contact.Langue__c,Account.Inconnu__c"})
    raw = next(iter(read(connector, "accounts")[0].values()))
    assert "Website" not in raw and "Secteur__c" in raw and "Inconnu__c" not in raw
    assert "Owner" not in next(iter(read(connector, "opportunities")[0].values()))


def test_fetch_gives_what_a_pull_gives(salesforce, simulator):
    records, _, _ = read(salesforce, "opportunities")
    one = next(iter(records))
    assert salesforce.fetch("opportunities", one) == records[one]
    assert salesforce.fetch("opportunities", one[:15]) == records[one]
    simulator.delete("Opportunity", one, "salesforce")
    with pytest.raises(NotFound, match="supprimé"):
        salesforce.fetch("opportunities", one)


@pytest.mark.parametrize("name", ["L’Hôtel « Chez d'Artagnan »", "a\\b' OR Name != '", "100 % québécois"])
def test_lookup_finds_by_the_very_value(salesforce, simulator, name):
    made = simulator.create("Account", "salesforce", Name=name)
    assert [raw["Id"] for raw in salesforce.lookup("accounts", {"Name": name})] == [made["Id"]]
    assert salesforce.lookup("accounts", {"Name": f"{name} bis"}) == []


def test_lookup_by_anything_else_is_told(salesforce):
    for keys in ({}, {"Phone": "1"}):
        with pytest.raises(Misconfigured, match="chercher"):
            salesforce.lookup("accounts", keys)


def test_the_stages_are_a_list_to_choose_from(salesforce):
    labels = [one.label for one in salesforce.options("stage")]
    assert labels[:2] == ["Qualification", "Soumission envoyée"] and "Closed Won" in labels
    with pytest.raises(Misconfigured):
        salesforce.options("account")


# --- When it does not go well -------------------------------------------------------------------------------------
def test_a_page_that_names_itself_as_the_next_stops_the_pull(salesforce, simulator):
    simulator.seed("Account", 450, "salesforce")
    pages = salesforce.pull("accounts", None, page_size=200)
    next(pages)
    simulator.fault("repeated_cursor", "/services/data/v66.0/query", times=None, slug="salesforce")
    with pytest.raises(RepeatedCursor):
        list(pages)


def test_an_object_without_an_id_is_told_and_the_others_come(salesforce, simulator):
    simulator.fault("missing_field", "/services/data/v66.0/query", slug="salesforce", field="Id")
    [page] = salesforce.pull("accounts", None, page_size=100)
    assert len(page.records) == 13
    with pytest.raises(Malformed, match="sans identifiant"):
        ACCOUNTS.remote_id(page.records[0])


@pytest.mark.parametrize("body", [b"[]", b'{"records": {}}', b'{"records": [1]}', b"{}"])
def test_a_malformed_answer_is_told(hosts, script, connect, body):
    connector = connect()
    connector._ask._fields["accounts"] = ["Id"]
    connector.connection = type(connector.connection)("simulator", {}, {}, {"api": script.url})
    script.then_answer(200, body)
    with pytest.raises(Malformed):
        read(connector, "accounts")


@pytest.mark.parametrize("kind", ["html", "truncated", "error", "unavailable"])
def test_a_hiccup_is_tried_again_and_an_outage_is_told(salesforce, simulator, kind):
    simulator.fault(kind, "/services/data", slug="salesforce")
    assert len(read(salesforce, "accounts")[0]) == 13
    simulator.fault(kind, "/services/data", times=None, slug="salesforce")
    with pytest.raises(Transient):
        read(salesforce, "accounts")


def test_a_wait_that_the_provider_names_is_kept_and_one_that_it_does_not_is_long(connect, simulator):
    simulator.fault("rate_limit", "/services/data", slug="salesforce", retry_after=1)
    assert connect().check().name == "Groupe Lacoste"
    simulator.fault("rate_limit", "/services/data", slug="salesforce", retry_after=40)
    with pytest.raises(RateLimited) as caught:
        connect().check()
    assert caught.value.retry_after == 40
    simulator.fault("rate_limit", "/services/data", slug="salesforce")
    with pytest.raises(RateLimited) as caught:
        connect().check()
    assert 900 <= caught.value.retry_after <= 1125


def test_the_allowance_of_the_day_is_a_wait_and_not_a_missing_right(salesforce, simulator):
    simulator.configure("salesforce", daily_limit=3)
    with pytest.raises(RateLimited, match="24 heures"):
        for _ in range(5):
            salesforce.check()


def test_a_long_reading_leaves_the_last_calls_of_the_day_to_others_and_goes_on_later(salesforce, simulator):
    simulator.seed("Account", 450, "salesforce")
    simulator.configure("salesforce", daily_limit=3)
    seen, cursor = set(), None
    with pytest.raises(RateLimited, match="presque épuisés") as caught:
        for page in salesforce.pull("accounts", None, page_size=200):
            seen |= {raw["Id"] for raw in page.records}
            cursor = page.cursor
    assert caught.value.code == "daily_reserve" and len(seen) == 400
    simulator.configure("salesforce", daily_limit=100000)
    assert len(seen | set(read(salesforce, "accounts", cursor)[0])) == 463
