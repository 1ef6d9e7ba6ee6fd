"""What is read out of a call can be stored, whatever the call holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import hints
from connectors.base.webhooks import Unreadable

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        b"{",
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b"[" + b"1" * 10_000 + b"]",
        b'{"a": "\x00"}',
        b"<xml/>",
    ],
)
def test_a_body_that_is_no_json_is_unreadable(body):
    with pytest.raises(Unreadable):
        hints.json_of(body)


@pytest.mark.parametrize("value", [None, {}, "x", [1], [{}, None]])
def test_what_is_no_list_of_objects_is_unreadable(value):
    with pytest.raises(Unreadable):
        hints.objects(value)


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("145", "145"),
        (145, "145"),
        (" a ", "a"),
        ("x" * 201, ""),
        ("a\x00b", ""),
        ("\ud800", ""),
        ("a\nb", ""),
        (True, ""),
        (1.5, ""),
        (None, ""),
        ({}, ""),
    ],
)
def test_a_word_can_be_stored(value, word):
    assert hints.word(value) == word


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-09-10T21:31:25.179851517Z", "2026-09-10T21:31:25.179851Z"),
        ("2026-05-04T14:05:31.902", "2026-05-04T14:05:31.902000Z"),
        ("2026-05-04T10:05:31-04:00", "2026-05-04T14:05:31Z"),
        ("0001-01-01T00:00:00+14:00", ""),
        ("hier", ""),
        (5, ""),
        (None, ""),
    ],
)
def test_an_instant_is_told_in_utc_or_not_at_all(value, text):
    assert hints.instant(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1767268800123, "2026-01-01T12:00:00.123000Z"), (10**30, ""), (10**18, ""), (True, ""), ("1", ""), (1.5, "")],
)
def test_milliseconds_are_told_in_utc_or_not_at_all(value, text):
    assert hints.of_milliseconds(value) == text


@given(JSON, JSON)
def test_nothing_that_json_can_hold_makes_a_reader_fail(value, other):
    for one in (hints.word(value), hints.instant(value), hints.of_milliseconds(value), hints.key(hints.digest(value))):
        one.encode()
        assert len(one) <= hints.WORD
        assert "\x00" not in one
    assert hints.member(value, "a") == {} or isinstance(value, dict)
    assert hints.digest([value, other]) == hints.digest([value, other])


def test_a_long_key_becomes_short_and_stays_its_own():
    assert hints.key("a", "b") == "a:b"
    long = hints.key("a", "b" * 300)
    assert len(long) == 64
    assert long != hints.key("a", "b" * 301)
