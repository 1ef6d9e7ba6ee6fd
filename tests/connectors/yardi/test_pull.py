"""Reading Voyager: one call per property, days instead of instants, and nothing that is ever deleted."""

import json
from datetime import date

import pytest
from requests.structures import CaseInsensitiveDict

from connectors.base.errors import Misconfigured
from connectors.yardi import quirks, reading
from tests.connectors.yardi.conftest import conforms, read

RESOURCES = {"properties": 6, "units": 60, "residents": 55, "work_orders": 55}
SCHEMAS = {"properties": "VoyagerProperty", "residents": "VoyagerCustomer", "work_orders": "VoyagerServiceRequest"}


@pytest.mark.parametrize(("resource", "count"), RESOURCES.items())
def test_everything_is_read_by_one_call_per_property(yardi, judge, resource, count):
    records, _ = read(yardi, resource)
    assert len(records) == count
    calls = {"properties": 1, "units": 7, "residents": 7, "work_orders": 13}
    assert len(judge.operations) == calls[resource]
    assert judge.operations[0] == "GetPropertyConfigurations"


@pytest.mark.parametrize(("resource", "schema"), SCHEMAS.items())
def test_what_the_simulator_answers_has_the_published_shape(yardi, resource, schema):
    for record in read(yardi, resource)[0].values():
        conforms(record, schema)


@pytest.mark.parametrize("count", [0, 1, 5, 6, 10, 11])
def test_page_edges_of_properties(yardi, simulator, count):
    simulator.empty("yardi")
    for number in range(count):
        simulator.create("properties", "yardi", Code=f"p{number:02d}", MarketingName=f"Immeuble {number}")
    pages = list(yardi.pull("properties", None, page_size=5))
    assert [len(page.records) for page in pages] == ([5] * (count // 5) + [count % 5] * (count % 5 > 0) or [0])
    assert pages[-1].last


def test_a_property_that_leaves_the_list_is_a_tombstone_once(yardi, simulator):
    _, cursor = read(yardi, "properties")
    simulator.delete("properties", "qc-01", "yardi")
    records, cursor = read(yardi, "properties", cursor)
    assert [(code, yardi.resource("properties").is_deleted(one)) for code, one in records.items()] == [("qc-01", True)]
    assert read(yardi, "properties", cursor)[0] == {}


def test_a_list_of_one_filtered_property_makes_no_tombstones(yardi):
    _, cursor = read(yardi, "properties")
    assert read(yardi, "properties", cursor, property_code="mtl-01")[0] == {}
    assert set(read(yardi, "residents", property_code="mtl-01")[0]) == {f"mtl-01:t{n:07d}" for n in range(31, 37)}


def test_a_work_order_that_was_closed_far_from_its_date_is_still_seen(yardi, simulator, judge):
    """FromDate may bear on the request: what was open and is in neither list any more is asked for by number."""
    records, cursor = read(yardi, "work_orders")
    wanted = next(one for one in records.values() if one["CurrentStatus"] == "Call")
    simulator.edit("work_orders", wanted["ServiceRequestId"], slug="yardi", CurrentStatus="Work Completed")
    judge.operations.clear()
    found, cursor = read(yardi, "work_orders", cursor)
    assert {key: one["CurrentStatus"] for key, one in found.items()} == {wanted["_id"]: "Work Completed"}
    assert found[wanted["_id"]]["_completed_at"]
    assert judge.operations.count("GetServiceRequests") == 1
    judge.operations.clear()
    assert read(yardi, "work_orders", cursor)[0] == {}
    assert "GetServiceRequests" not in judge.operations


def test_one_day_is_read_again(yardi, simulator):
    simulator.advance(0)
    _, cursor = read(yardi, "work_orders")
    now = date.fromisoformat(simulator.provider("yardi").local_time()[:10])
    assert (now - date.fromisoformat(cursor["since"])).days == 1


@pytest.mark.parametrize("how", ["list", "error", "nothing"])
def test_an_empty_search_is_empty_however_it_is_told(yardi, simulator, how):
    simulator.act("yardi", "empty")
    simulator.configure("yardi", empty_search=how)
    assert read(yardi, "work_orders")[0] == read(yardi, "residents")[0] == {}


def test_a_property_that_the_access_does_not_cover_is_named(yardi):
    with pytest.raises(Misconfigured, match="inconnu-9") as caught:
        read(yardi, "residents", property_code="inconnu-9")
    assert caught.value.code == "refused_read"


def test_without_the_second_licence_no_unit_is_read_and_none_is_referred_to(connect):
    connector = connect(license_common_data="")
    assert read(connector, "units")[0] == {}
    assert {one["_unit"] for one in read(connector, "residents")[0].values()} == {None}
    assert {one["_unit"] for one in read(connector, "work_orders")[0].values()} == {None}


def test_a_pull_says_that_it_lives_while_properties_have_nothing_new(yardi, simulator):
    for number in range(50):
        simulator.create("properties", "yardi", Code=f"zz-{number:02d}", MarketingName="Vide")
    simulator.act("yardi", "empty")
    pages = list(yardi.pull("residents", None, page_size=10))
    assert [len(page.records) for page in pages] == [0, 0, 0]
    places = [page.cursor["place"] for page in pages[:2]]
    assert places == sorted(places) and places[0] > "she-01"
    rest = list(yardi.pull("residents", json.loads(json.dumps(pages[0].cursor)), page_size=10))
    assert len(rest) == 2


def test_local_times_become_instants_in_winter_and_in_summer():
    zone = quirks.zone_of("")
    assert quirks.instant("2026-01-02T09:00:00", zone) == "2026-01-02T14:00:00Z"
    assert quirks.instant("2026-07-02T09:00:00", zone) == "2026-07-02T13:00:00Z"
    assert quirks.instant("hier", zone) is None
    with pytest.raises(Misconfigured, match="fuseau"):
        quirks.zone_of("Montréal/Québec")


@pytest.mark.parametrize(
    ("written", "day"),
    [("2026-01-02", date(2026, 1, 2)), ("2026-01-02T00:00:00", date(2026, 1, 2)), ("1/2/2026", date(2026, 1, 2)),
     ("07/01/2025 12:00:00 AM", date(2025, 7, 1)), ("", None), (None, None)],
)  # fmt: skip
def test_dates_are_read_however_they_are_written(written, day):
    assert quirks.day(written) == day


def test_a_date_that_is_none_is_told_in_french():
    with pytest.raises(ValueError, match="n’est pas une date"):
        quirks.day("bientôt")


def test_what_the_demonstration_holds_is_understood(yardi):
    resident = yardi.fetch("residents", "gat-01:t0000001")
    assert resident["_unit"] == "gat-01:101"
    order = yardi.fetch("work_orders", "gat-01:407001")
    assert order["_requested_at"] == "2026-02-01T21:00:00Z"
    assert order["_tenant"] == "gat-01:t0000001"


def test_the_value_sets_are_options(yardi):
    assert [one.id for one in yardi.options("priority")] == ["High", "Med", "Low", "24 hours", "Emergency"]
    assert "Work Completed" in [one.label for one in yardi.options("status")]


def test_the_day_falls_back_on_our_clock(yardi):
    reader = reading.Reader(yardi.call, yardi.resource("residents"), yardi.manners, 5, {})
    assert reader._today(CaseInsensitiveDict()) == reader._today(CaseInsensitiveDict(Date="hier"))
