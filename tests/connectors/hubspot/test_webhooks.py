"""The three signatures, by HubSpot's published vectors and by our own, with its SDK as a second opinion; and what its
events are read as."""

import pytest
from hubspot.utils.signature import Signature

from connectors.base.webhooks import Call, Hint, Unreadable
from connectors.hubspot.connector import HubSpot
from connectors.hubspot.webhooks import HubSpotSignature
from tests.connectors.suite.adapter import FOLDER

PUBLISHED = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
OWN = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
EXAMPLE = "https://www.example.com/webhook_uri"
HOOK = "https://sync.example.com/hooks/hubspot/"
CREATION = (
    b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":'
    b'"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]'
)
CHANGE = (
    '[{"eventId":3181526811,"subscriptionId":2745,"portalId":24011111,"appId":170001,"occurredAt":1767268800123,'
    '"subscriptionType":"contact.propertyChange","attemptNumber":0,"objectId":100451,"propertyName":"firstname",'
    '"propertyValue":"Zoë","changeSource":"CRM_UI","sourceId":"userId:9900001"}]'
).encode()
STAMP = "1767268801000"
GOOD = "+5aXbEtd2teeZ0+hBoRZVeeL2mXuCttxg/dNH/CbMqI="
verify = HubSpotSignature().verify


def old(signature, version):
    return {"X-HubSpot-Signature": signature, "X-HubSpot-Signature-Version": version}


def new(signature=GOOD, stamp=STAMP):
    return {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": stamp}


@pytest.mark.parametrize(
    ("body", "headers", "secret", "method", "url", "now"),
    [
        (
            CREATION,
            old("232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de", "v1"),
            PUBLISHED, "POST", "", 0,
        ),
        (
            b"",
            old("eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e", "v2"),
            PUBLISHED, "GET", EXAMPLE, 0,
        ),
        (
            b'{"example_field":"example_value"}',
            old("9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900", "v2"),
            PUBLISHED, "POST", EXAMPLE, 0,
        ),
        (
            b"{'example_field':'example_value'}",
            new("K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=", "1693657560000"),
            PUBLISHED, "POST", EXAMPLE, 1693657560,
        ),
        (
            b"{'example_field':'example_value'}",
            new("RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw=", "1700000300000"),
            PUBLISHED, "POST", EXAMPLE, 1700000599,
        ),
        (CHANGE, old("d8c255558e34e595c9e581edccf8d9331a23dc0bd774797e0d1c4770937289fa", "v1"), OWN, "POST", HOOK, 0),
        (CHANGE, old("d7dd0b1535062a77510d875ede9a1d57947f7cfcb5de3f7d72429b22ba32a7eb", "v2"), OWN, "POST", HOOK, 0),
        (CHANGE, new(), OWN, "POST", HOOK, 1767268801),
    ],
)  # fmt: skip
def test_published_and_own_vectors_are_authentic(body, headers, secret, method, url, now):
    secret = f"{headers['X-HubSpot-Signature-Version']}:{secret}" if "X-HubSpot-Signature" in headers else secret
    assert verify(body, headers, ["ancien", secret], now=now, method=method, url=url).ok
    assert verify(body + b" ", headers, [secret], now=now, method=method, url=url).reason == "bad_signature"


@pytest.mark.parametrize(
    "signature", ["7MKlTpk13eT971bI7/FEETgL65d5Zj88qb4+hDJ4V8U=", "qtiwG/ZOothVyBR96sYLIfm3jqWrfCFns8l6cMSHD5E="]
)
def test_an_address_with_escapes_is_tried_decoded_and_as_it_stands(signature):
    url = f"{HOOK}?ref=a%3Ab%2Fc%20d%26e"
    assert verify(CHANGE, new(signature), [OWN], now=1767268801, url=url).ok


@pytest.mark.parametrize(
    ("headers", "secrets", "now", "reason"),
    [
        (new("IDPI2nVM0nozN9wG+s5u3Uhcfdi7dMSsjeWVUmR5dHM="), [OWN], 1767268801, "bad_signature"),
        (new(), [OWN], 1767268801 + 301, "too_old"),
        (new(), [OWN], 1767268801 - 301, "too_new"),
        (new(stamp="hier"), [OWN], 1767268801, "bad_timestamp"),
        (new(stamp=""), [OWN], 1767268801, "missing_header"),
        (new(), [""], 1767268801, "no_secret"),
        (new("é"), [OWN], 1767268801, "bad_signature"),
        ({}, [OWN], 1767268801, "missing_header"),
    ],
)
def test_what_is_not_authentic_is_refused(headers, secrets, now, reason):
    assert verify(CHANGE, headers, secrets, now=now, url=HOOK).reason == reason


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_the_sdk_signs_the_same(version):
    signature = Signature.get_signature(OWN, CHANGE.decode(), version, HOOK, "POST", STAMP)
    headers = new(signature) if version == "v3" else old(signature, version)
    assert verify(CHANGE, headers, [OWN if version == "v3" else f"{version}:{OWN}"], now=1767268801, url=HOOK).ok


V1 = "d8c255558e34e595c9e581edccf8d9331a23dc0bd774797e0d1c4770937289fa"
V2 = "d7dd0b1535062a77510d875ede9a1d57947f7cfcb5de3f7d72429b22ba32a7eb"


@pytest.mark.parametrize(
    ("headers", "secrets"),
    [
        (old(V1, "v1"), [OWN]),
        (old(V2, "v2"), [OWN]),
        (old(V2, "v2"), [f"v1:{OWN}"]),
        (old(V1, "v1"), [OWN, f"v2:{OWN}"]),
        ({"X-HubSpot-Signature": V2}, [f"v2:{OWN}"]),
        (old(V1, "v3"), [f"v1:{OWN}"]),
    ],
)
def test_an_older_signature_counts_only_with_a_secret_that_opens_it(headers, secrets):
    assert verify(CHANGE, headers, secrets, now=1767268801, url=HOOK).reason == "missing_header"


def test_a_secret_that_opens_an_older_signature_still_judges_the_third_one_first():
    both = old(V1, "v1") | new()
    assert verify(CHANGE, both, [f"v1:{OWN}"], now=1767268801, url=HOOK).ok
    assert verify(CHANGE, both, [f"v1:{OWN}"], now=1767268801 + 301, url=HOOK).reason == "too_old"
    assert verify(CHANGE, old(V1, "v1") | new("x"), [f"v1:{OWN}"], now=1767268801, url=HOOK).reason == "bad_signature"


def hints(name):
    return HubSpot.webhooks.parse(Call((FOLDER / "hubspot/events" / name).read_bytes(), {}))


def test_events_of_mixed_accounts_are_read_in_order():
    found = hints("batch.json")
    assert [(one.account, one.kind, one.resource, one.remote_id, one.deleted) for one in found] == [
        ("24011111", "contact.propertyChange", "contacts", "100451", False),
        ("24011111", "contact.creation", "contacts", "100452", False),
        ("24022222", "deal.deletion", "deals", "700001", True),
        ("24011111", "company.restore", "companies", "300012", False),
        ("24011111", "contact.privacyDeletion", "contacts", "100453", True),
        ("24011111", "object.creation", "deals", "700002", False),
        ("24011111", "object.creation", "", "9", False),
        ("24011111", "contact.associationChange", "contacts", "100451", False),
        ("24011111", "company.associationChange", "companies", "300012", False),
    ]
    assert found[0].dedupe_key == "24011111:contact.propertyChange:100451:3181526811:1767268800123:firstname"
    assert found[1].at == "2026-01-01T12:00:00.200000Z"
    assert len({one.dedupe_key for one in found}) == len(found)


def test_a_merge_asks_for_a_look_at_what_stays_and_at_what_went():
    found = hints("merge.json")
    assert [(one.resource, one.remote_id, one.merged_into) for one in found] == [
        ("contacts", "100460", ""),
        ("contacts", "100451", "100460"),
        ("contacts", "100452", "100460"),
        ("companies", "300012", ""),
        ("companies", "300013", "300012"),
        ("companies", "300014", "300012"),
    ]
    assert not any(one.deleted for one in found)
    assert len({one.dedupe_key for one in found}) == len(found)


def test_a_repetition_has_the_same_key_and_one_that_lacks_something_stays_without_an_object():
    first = HubSpot.webhooks.parse(Call(b'[{"subscriptionType":"contact.creation","attemptNumber":0}]', {}))
    again = HubSpot.webhooks.parse(Call(b'[{"subscriptionType":"contact.creation","attemptNumber":3}]', {}))
    assert first == again == [Hint("", "", "contact.creation", first[0].dedupe_key)]


@pytest.mark.parametrize("body", [b"{}", b"[1]", b"", b"\xff", b"{'example_field':'example_value'}"])
def test_what_is_no_list_of_events_is_unreadable(body):
    with pytest.raises(Unreadable):
        HubSpot.webhooks.parse(Call(body, {}))
