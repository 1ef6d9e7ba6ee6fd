"""Reading Pipedrive: everything first, then what changed, then what is gone."""

import json

import pytest

from connectors.base.connector import Connection
from connectors.base.errors import CursorExpired, Malformed, Misconfigured, NotFound, RepeatedCursor
from connectors.pipedrive import ids
from connectors.pipedrive.connector import Pipedrive
from tests.connectors.pipedrive.conftest import ROOFING, later, read

COUNTS = {"organizations": (14, 1), "persons": (42, 1), "deals": (24, 2)}


def asked(simulator, path):
    return [one for one in simulator.requests("pipedrive") if one["path"].endswith(path)]


@pytest.mark.parametrize(("resource", "counts"), list(COUNTS.items()))
def test_the_first_pull_reads_everything(pipedrive, resource, counts):
    records, cursor, pages = read(pipedrive, resource)
    assert (len(records), pages) == counts
    assert cursor["since"] and cursor["swept_at"] and not cursor["page"]
    json.dumps([records, cursor])


def test_archived_deals_are_read_too(pipedrive):
    records, _, _ = read(pipedrive, "deals")
    assert [raw["is_archived"] for raw in records.values()].count(True) == 3


def test_each_company_has_its_own_objects(connect):
    assert len(read(connect(ROOFING), "persons")[0]) == 9


@pytest.mark.parametrize(("size", "pages"), [(1, 14), (7, 2), (13, 2), (14, 1), (500, 1)])
def test_pages_of_any_size_hold_everything_once(pipedrive, simulator, size, pages):
    records, _, read_pages = read(pipedrive, "organizations", size=size)
    assert (sorted(records), read_pages) == (list(range(1, 15)), pages)


def test_an_empty_list_is_a_page_without_records(connect, simulator):
    simulator.empty("pipedrive")
    connector = connect()
    records, cursor, pages = read(connector, "persons")
    assert (records, pages) == ({}, 1)
    simulator.create("persons", "pipedrive", name="Première Personne")
    assert len(read(connector, "persons", cursor)[0]) == 1


def test_a_page_is_never_larger_than_pipedrive_allows(pipedrive, simulator):
    simulator.seed("persons", 520, "pipedrive")
    simulator.forget_requests("pipedrive")
    records, _, pages = read(pipedrive, "persons", size=9999)
    assert (len(records), pages) == (562, 2)
    assert all("limit=500" in one["query"] for one in asked(simulator, "/persons"))


def test_a_pull_goes_on_after_any_page(pipedrive):
    pages = list(pipedrive.pull("deals", None, page_size=10))
    for number, page in enumerate(pages[:-1]):
        rest, _, _ = read(pipedrive, "deals", json.loads(json.dumps(page.cursor)), size=10)
        before = {raw["id"] for one in pages[: number + 1] for raw in one.records}
        assert before | set(rest) == set(range(1, 25))


def test_then_only_changes_are_read(pipedrive, simulator):
    _, cursor, _ = read(pipedrive, "persons")
    simulator.advance(600)
    _, cursor, _ = read(pipedrive, "persons", cursor)
    simulator.forget_requests("pipedrive")
    simulator.edit("persons", "3", name="Léo Côté", slug="pipedrive")
    records, after, pages = read(pipedrive, "persons", cursor)
    assert ({raw["name"] for raw in records.values()}, pages) == ({"Léo Côté"}, 1)
    assert after["since"] >= cursor["since"]
    [one] = asked(simulator, "/persons")
    assert (
        "sort_by=update_time" in one["query"]
        and f"updated_since={cursor['since']}".replace(":", "%3A") in (one["query"])
    )


def test_the_time_of_the_next_pull_is_pipedrives_own_with_an_overlap(pipedrive, simulator):
    simulator.advance(86400)
    _, cursor, _ = read(pipedrive, "persons")
    simulator.edit("persons", "3", name="Léo", slug="pipedrive")
    records, cursor, _ = read(pipedrive, "persons", cursor)
    assert set(records) == {3}
    # Once more, as a change may be listed late; then no more.
    assert set(read(pipedrive, "persons", cursor)[0]) == {3}
    simulator.advance(600)
    _, cursor, _ = read(pipedrive, "persons", cursor)
    assert read(pipedrive, "persons", cursor)[0] == {}


def test_a_change_during_the_first_pull_is_read_by_the_next(pipedrive, simulator):
    pages = pipedrive.pull("persons", None, page_size=20)
    next(pages)
    simulator.advance(3600)
    simulator.edit("persons", "1", name="Changée", slug="pipedrive")
    simulator.advance(3600)
    simulator.edit("persons", "42", name="Plus tard", slug="pipedrive")
    *_, last = pages
    assert set(read(pipedrive, "persons", last.cursor)[0]) == {1, 42}


def test_a_deleted_deal_is_listed_among_the_changes(pipedrive, simulator):
    _, cursor, _ = read(pipedrive, "deals")
    simulator.delete("deals", "2", "pipedrive")
    records, after, _ = read(pipedrive, "deals", cursor)
    resource = Pipedrive.resource("deals")
    assert resource.is_deleted(records[2]) and resource.remote_id(records[2]) == "2"
    assert 2 not in ids.unpack(after["known"])


def test_an_archived_deal_that_is_deleted_is_told_too(pipedrive, simulator):
    records, cursor, _ = read(pipedrive, "deals")
    archived = next(number for number, raw in records.items() if raw["is_archived"])
    simulator.delete("deals", str(archived), "pipedrive")
    assert Pipedrive.resource("deals").is_deleted(read(pipedrive, "deals", cursor)[0][archived])


def test_a_deal_that_both_lists_missed_is_no_deletion(pipedrive, simulator):
    records, cursor, _ = read(pipedrive, "deals")
    archived = min(number for number, raw in records.items() if raw["is_archived"])
    pages = pipedrive.pull("deals", later(cursor), page_size=500)
    for _ in range(3):
        next(pages)
    # Brought back after the usual list was read, and before that of archived ones.
    simulator.edit("deals", str(archived), is_archived=False, slug="pipedrive")
    [last] = list(pages)
    assert [(raw["id"], raw["is_archived"]) for raw in last.records] == [(archived, False)]


def test_a_deal_that_is_archived_or_brought_back_stays(pipedrive, simulator):
    _, cursor, _ = read(pipedrive, "deals")
    simulator.edit("deals", "2", is_archived=True, slug="pipedrive")
    simulator.edit("deals", "4", is_archived=False, slug="pipedrive")
    records, _, _ = read(pipedrive, "deals", later(cursor))
    assert {number: raw["is_archived"] for number, raw in records.items()} == {2: True, 4: False}
    assert not any(map(Pipedrive.resource("deals").is_deleted, records.values()))


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize("resource", ["persons", "organizations"])
def test_a_deletion_that_no_list_tells_is_found_by_reading_all_ids(pipedrive, simulator, resource, shown):
    simulator.configure("pipedrive", deleted_can_be_read=shown)
    _, cursor, _ = read(pipedrive, resource)
    simulator.delete(resource, "5", "pipedrive")
    records, cursor, _ = read(pipedrive, resource, cursor)
    assert 5 not in records, "not asked for yet"
    records, cursor, _ = read(pipedrive, resource, later(cursor))
    declared = Pipedrive.resource(resource)
    assert [number for number, raw in records.items() if declared.is_deleted(raw)] == [5]
    assert read(pipedrive, resource, later(cursor))[0].get(5) is None, "told once"


def test_all_ids_are_read_again_when_the_setting_says_so(connect, simulator):
    connector = connect(config={"sweep_hours": "0"})
    _, cursor, _ = read(connector, "persons")
    simulator.delete("persons", "5", "pipedrive")
    assert 5 in read(connector, "persons", cursor)[0]
    with pytest.raises(Misconfigured, match="nombre d’heures"):
        read(connect(config={"sweep_hours": "souvent"}), "persons")


def test_objects_that_never_changed_and_have_no_time_are_found_by_reading_all_ids(pipedrive, simulator):
    _, cursor, _ = read(pipedrive, "persons")
    simulator.configure("pipedrive", update_time_at_creation=False)
    made = simulator.create("persons", "pipedrive", name="Sans Heure")
    assert made["update_time"] is None
    records, cursor, _ = read(pipedrive, "persons", cursor)
    assert made["id"] not in records
    records, _, _ = read(pipedrive, "persons", later(cursor))
    assert records[made["id"]]["name"] == "Sans Heure"


def test_a_sweep_goes_on_after_any_page(pipedrive, simulator):
    _, cursor, _ = read(pipedrive, "persons")
    simulator.delete("persons", "5", "pipedrive")
    pages = list(pipedrive.pull("persons", later(cursor), page_size=10))
    for page in pages[:-1]:
        rest, after, _ = read(pipedrive, "persons", json.loads(json.dumps(page.cursor)), size=10)
        assert rest[5]["is_deleted"] is True
        assert ids.unpack(after["known"]) == set(range(1, 43)) - {5}


def test_what_a_list_missed_but_lives_is_no_deletion(pipedrive, simulator):
    _, cursor, _ = read(pipedrive, "persons")
    pages = pipedrive.pull("persons", later(cursor), page_size=40)
    first = next(pages)
    state = {**first.cursor, "stage": 1, "page": "", "seen": ids.pack(range(1, 30))}
    records, _, _ = read(pipedrive, "persons", state)
    assert not [raw for raw in records.values() if raw.get("is_deleted")]


def test_a_cursor_that_pipedrive_refuses_starts_its_list_again(pipedrive):
    first = next(pipedrive.pull("persons", None, page_size=10))
    records, _, _ = read(pipedrive, "persons", {**first.cursor, "page": "vieux"}, size=10)
    assert set(records) == set(range(1, 43)) - {raw["id"] for raw in first.records} | {
        raw["id"] for raw in first.records
    }


def test_a_page_that_comes_twice_stops_the_pull(pipedrive, simulator):
    pages = pipedrive.pull("persons", None, page_size=10)
    first = next(pages)
    simulator.fault("repeated_cursor", "/@groupe-lacoste/api/v2/persons", slug="pipedrive", value=first.cursor["page"])
    with pytest.raises(RepeatedCursor):
        next(pages)


def test_a_list_without_its_form_is_malformed(script):
    script.then_answer(200, b'{"success": true, "data": {"id": 1}}')
    connection = Connection("simulator", {"api_token": "a" * 40}, {}, {"api": script.url})
    with pytest.raises(Malformed, match="forme prévue"):
        read(Pipedrive(connection), "persons")


def test_an_older_empty_list_is_null(script):
    script.then_answer(200, b'{"success": true, "data": null}')
    connection = Connection("simulator", {"api_token": "a" * 40}, {}, {"api": script.url})
    records, cursor, _ = read(Pipedrive(connection), "persons")
    assert records == {} and cursor["since"] == "", "without a time from the provider everything is read again"


def test_filters_and_unknown_objects_are_refused(pipedrive):
    with pytest.raises(Misconfigured, match="filtrer"):
        list(pipedrive.pull("persons", None, page_size=10, filters={"filter_id": "1"}))
    with pytest.raises(Misconfigured, match="leads"):
        list(pipedrive.pull("leads", None, page_size=10))


def test_an_object_is_read_by_its_id(pipedrive):
    raw = pipedrive.fetch("persons", "2")
    assert (raw["_email"], raw["_phone"], raw["_mobile"]) == (
        "contact002@courriel.example", "514-555-1001", "438-555-2001",
    )  # fmt: skip
    with pytest.raises(NotFound):
        pipedrive.fetch("persons", "9999")


@pytest.mark.parametrize("shown", [True, False])
def test_a_deleted_object_is_not_found_however_pipedrive_says_it(pipedrive, simulator, shown):
    simulator.configure("pipedrive", deleted_can_be_read=shown)
    simulator.delete("persons", "2", "pipedrive")
    with pytest.raises(NotFound, match="supprimé"):
        pipedrive.fetch("persons", "2")


def test_objects_are_found_by_what_they_carry(pipedrive):
    [person] = pipedrive.lookup("persons", {"_email": "CONTACT003@courriel.example"})
    assert person["id"] == 3
    assert [raw["id"] for raw in pipedrive.lookup("organizations", {"name": "café l’écluse INC."})] == [2]
    assert pipedrive.lookup("persons", {"_email": "personne@courriel.example"}) == []
    deal = pipedrive.fetch("deals", "1")
    assert [raw["id"] for raw in pipedrive.lookup("deals", {"_twin": deal["_twin"]})] == [1]
    for keys in ({}, {"value": "3"}):
        with pytest.raises(Misconfigured, match="chercher"):
            pipedrive.lookup("deals", keys)


def test_lists_are_read_with_names_that_tell_them_apart(pipedrive):
    stages = {one.id: one.label for one in pipedrive.options("stage")}
    assert stages["1"] == "Qualification (Résidentiel)" and stages["5"] == "Qualification (Commercial)"
    assert stages["2"] == "Soumission envoyée"
    assert [one.label for one in pipedrive.options("pipeline")] == ["Résidentiel", "Commercial"]
    owners = pipedrive.options("owner")
    assert owners[0].label == "genevieve.belanger@lacoste.example" and owners[0].data["name"] == "Geneviève Bélanger"
    assert [one.active for one in owners] == [True, True, False]
    with pytest.raises(Misconfigured, match="liste"):
        pipedrive.options("tax_code")


def test_ids_fit_into_a_cursor():
    many = set(range(1, 100_001, 3)) | set(range(200_000, 260_000))
    packed = ids.pack(many)
    assert ids.unpack(packed) == many and len(packed) < 120_000
    assert ids.pack([]) == "" and ids.unpack("") == set()
    assert ids.unpack(ids.pack([7, 5, 6, 9])) == {5, 6, 7, 9}
    with pytest.raises(CursorExpired):
        ids.unpack("pas un paquet")
