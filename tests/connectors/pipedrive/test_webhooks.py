"""The credentials that a Pipedrive webhook carries, with the worked vectors, and what its events are read as."""

import pytest

from connectors.base.webhooks import Call, Hint, Unreadable
from connectors.pipedrive.connector import Pipedrive
from tests.connectors.suite.adapter import FOLDER

VECTORS = [
    ("hook-7:Pa55:with:colons", "Basic aG9vay03OlBhNTU6d2l0aDpjb2xvbnM="),
    ("hook-7:s3crét:Pa55", "Basic aG9vay03OnMzY3LDqXQ6UGE1NQ=="),
    (
        "5a1c0ffee0123456:8f14e45fceea167a5a36dedd4bea2543",
        "Basic NWExYzBmZmVlMDEyMzQ1Njo4ZjE0ZTQ1ZmNlZWExNjdhNWEzNmRlZGQ0YmVhMjU0Mw==",
    ),
]


def verify(header, *secrets):
    headers = {} if header is None else {"authorization": header}
    return Pipedrive.webhooks.scheme.verify(b"{}", headers, secrets)


@pytest.mark.parametrize(("secret", "header"), VECTORS)
def test_the_published_vectors_are_accepted(secret, header):
    assert verify(header, secret).ok
    assert verify(header, "ancien:secret", secret).ok, "every live secret counts"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (None, "missing_header"),
        ("", "missing_header"),
        ("Bearer aG9vay03OlBhNTU6d2l0aDpjb2xvbnM=", "bad_signature"),
        ("Basic pas-du-base64!", "bad_signature"),
        ("Basic aG9vay03OlBhNTU=", "bad_signature"),
        ("Basic aG9vay04OlBhNTU6d2l0aDpjb2xvbnM=", "bad_signature"),
    ],
)
def test_anything_else_is_refused_with_its_reason(header, reason):
    assert verify(header, VECTORS[0][0]).reason == reason


def test_without_a_secret_nothing_is_accepted():
    assert verify(VECTORS[0][1]).reason == "no_secret"
    assert verify(VECTORS[0][1], "").reason == "no_secret"


def hint(name):
    [found] = Pipedrive.webhooks.parse(Call((FOLDER / "pipedrive/events" / name).read_bytes(), {}))
    return found


def test_each_documented_event_is_read():
    own, at = "6f1c7c0e-3e3c-4a51-9d1b-0f6f4c1f0a2", "2026-01-01T12:00:00.123000Z"
    assert hint("change.json") == Hint("persons", "881", "change.person", f"{own}2", "123", at=at)
    assert hint("create.json") == Hint("deals", "4501", "create.deal", f"{own}3", "123", at="2026-01-01T12:00:00Z")
    gone = Hint("organizations", "55", "delete.organization", f"{own}4", "123", True, at, merged_into="56")
    assert hint("delete.json") == gone
    assert hint("activity.json") == Hint("", "9", "create.activity", f"{own}5", "123", at=at)


def test_both_calls_of_a_merge_tell_it_whole():
    raw = (FOLDER / "pipedrive/events/delete.json").read_bytes()
    plain = raw.replace(b'"merged_to_id":"56",', b"")
    [gone] = Pipedrive.webhooks.parse(Call(plain, {}))
    assert gone.deleted and not gone.merged_into
    change = plain.replace(b'"action":"delete"', b'"action":"change","merged_from_id":"54"')
    kept, lost = Pipedrive.webhooks.parse(Call(change, {}))
    assert (kept.remote_id, kept.deleted, kept.merged_into) == ("55", False, "")
    assert (lost.remote_id, lost.deleted, lost.merged_into, lost.resource) == ("54", True, "55", "organizations")
    assert kept.dedupe_key != lost.dedupe_key


def test_the_first_version_is_read_too_and_known_again_whatever_the_attempt():
    raw = (FOLDER / "pipedrive/events/first_version.json").read_bytes()
    [one], [again] = (Pipedrive.webhooks.parse(Call(raw.replace(b'"retry":0', b'"retry":%d' % n), {})) for n in (0, 2))
    assert one == again == Hint("deals", "4501", "updated.deal", one.dedupe_key, "123", at="2026-01-01T12:00:00Z")
    gone = hint("first_version_deleted.json")
    assert (gone.resource, gone.remote_id, gone.deleted) == ("persons", "881", True)


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"meta":1}', b"null"])
def test_what_has_no_meta_is_unreadable(body):
    with pytest.raises(Unreadable):
        Pipedrive.webhooks.parse(Call(body, {}))
