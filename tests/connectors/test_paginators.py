"""How lists are walked, and that none is walked for ever."""

import pytest
from requests.structures import CaseInsensitiveDict

from connectors.base.classify import Answer
from connectors.base.errors import Malformed, RepeatedCursor
from connectors.base.paginators import CursorPage, NextLink, NumberedPage, OffsetPage, SinglePage


def answer(data):
    return Answer("GET", 200, CaseInsensitiveDict(), data)


def walk(paginator, pages):
    """Parameters or URL of every page asked for; `pages` are (body, number of records)."""
    asked, token = [], ""
    for data, count in pages:
        asked.append(paginator.url(token) or paginator.params(token))
        token = paginator.advance(token, answer(data), count)
        if not token:
            break
    return asked


def test_a_single_page_has_no_next():
    assert walk(SinglePage(), [({}, 500), ({}, 1)]) == [{}]


def test_a_cursor_is_given_back_until_there_is_none():
    pages = [({"next_cursor": "a"}, 2), ({"next_cursor": "b"}, 2), ({"next_cursor": None}, 1), ({}, 0)]
    assert walk(CursorPage(), pages) == [{}, {"cursor": "a"}, {"cursor": "b"}]


def test_the_flag_counts_more_than_the_cursor():
    paginator = CursorPage(more_path="has_more")
    assert paginator.advance("", answer({"has_more": False, "next_cursor": "a"}), 1) == ""
    with pytest.raises(Malformed, match="page suivante"):
        paginator.advance("", answer({"has_more": True, "next_cursor": None}), 1)


def test_pages_are_numbered_up_to_the_total():
    pages = [({"pages": 2}, 10), ({"pages": 2}, 10), ({}, 0)]
    assert walk(NumberedPage(10, total_path="pages"), pages) == [{"page": "1"}, {"page": "2"}]


def test_without_a_total_a_page_that_is_not_full_is_the_last():
    pages = [({}, 10), ({}, 10), ({}, 9), ({}, 0)]
    assert walk(NumberedPage(10), pages) == [{"page": "1"}, {"page": "2"}, {"page": "3"}]
    assert walk(OffsetPage(10), pages) == [{"offset": "0"}, {"offset": "10"}, {"offset": "20"}]


def test_positions_go_up_to_the_total():
    pages = [({"total": 20}, 10), ({"total": 20}, 10), ({}, 0)]
    assert walk(OffsetPage(10, "start", total_path="total"), pages) == [{"start": "0"}, {"start": "10"}]


def test_a_total_that_is_missing_is_told():
    with pytest.raises(Malformed, match="total"):
        OffsetPage(10, total_path="total").advance("", answer({}), 10)


def test_an_empty_page_before_the_total_does_not_make_a_loop():
    paginator = OffsetPage(10, total_path="total")
    token = paginator.advance("", answer({"total": 99}), 10)
    with pytest.raises(RepeatedCursor):
        paginator.advance(token, answer({"total": 99}), 0)


def test_links_are_followed():
    pages = [({"next": "https://x/2"}, 1), ({"next": "https://x/3"}, 1), ({"next": None}, 1)]
    assert walk(NextLink(), pages) == [{}, "https://x/2", "https://x/3"]


@pytest.mark.parametrize(
    ("paginator", "pages"),
    [
        (CursorPage(), [{"next_cursor": "a"}, {"next_cursor": "a"}]),
        (CursorPage(), [{"next_cursor": "a"}, {"next_cursor": "b"}, {"next_cursor": "a"}]),
        (NextLink(), [{"next": "https://x/2"}, {"next": "https://x/2"}]),
    ],
)
def test_a_page_that_was_already_read_stops_the_walk_in_french(paginator, pages):
    with pytest.raises(RepeatedCursor, match="deux fois la même page") as caught:
        walk(paginator, [(data, 1) for data in pages])
    assert caught.value.code == "repeated_cursor"


def test_a_walk_that_resumes_refuses_the_token_it_began_with():
    paginator = CursorPage()
    with pytest.raises(RepeatedCursor):
        paginator.advance("a", answer({"next_cursor": "a"}), 1)
