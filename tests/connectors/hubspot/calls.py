"""How HubSpot calls: events of any account, signed with the address and a time (its third signature)."""

import base64
import hmac
import json

from connectors.base.webhooks import Hint
from connectors.hubspot.connector import HubSpot
from tests.connectors.suite.calls import Caller, Moment, Vector

PORTAL = "24011111"
SECRET = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
HOOK = "https://sync.example.com/hooks/hubspot/"
CHANGE = (
    '[{"eventId":3181526811,"subscriptionId":2745,"portalId":24011111,"appId":170001,"occurredAt":1767268800123,'
    '"subscriptionType":"contact.propertyChange","attemptNumber":0,"objectId":100451,"propertyName":"firstname",'
    '"propertyValue":"Zoë","changeSource":"CRM_UI","sourceId":"userId:9900001"}]'
).encode()
CHANGED = Hint(
    "contacts",
    "100451",
    "contact.propertyChange",
    "24011111:contact.propertyChange:100451:3181526811:1767268800123:firstname",
    PORTAL,
    at="2026-01-01T12:00:00.123000Z",
)


def body(moment: Moment) -> bytes:
    """A new contact."""
    event = {
        "eventId": 1,
        "subscriptionId": 2746,
        "portalId": int(PORTAL),
        "appId": 170001,
        "occurredAt": 1767268800200,
        "subscriptionType": "contact.creation",
        "attemptNumber": 0,
        "objectId": int(moment.number),
        "changeFlag": "NEW",
    }
    return json.dumps([event]).encode()


def sign(body: bytes, moment: Moment) -> dict[str, str]:
    """Method, address, body and milliseconds."""
    stamp = str(int(moment.at * 1000))
    digest = hmac.digest(moment.secret.encode(), f"POST{moment.url}".encode() + body + stamp.encode(), "sha256")
    return {
        "Content-Type": "application/json",
        "X-HubSpot-Signature-v3": base64.b64encode(digest).decode(),
        "X-HubSpot-Request-Timestamp": stamp,
    }


def third(signature: str, stamp: str) -> dict[str, str]:
    """The headers of a vector."""
    return {
        "Content-Type": "application/json",
        "X-HubSpot-Signature-v3": signature,
        "X-HubSpot-Request-Timestamp": stamp,
    }


CALLER = Caller(
    connector=HubSpot,
    secret=SECRET,
    other="0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4e",
    account=PORTAL,
    body=body,
    sign=sign,
    vectors=(
        Vector(
            CHANGE,
            third("+5aXbEtd2teeZ0+hBoRZVeeL2mXuCttxg/dNH/CbMqI=", "1767268801000"),
            SECRET,
            url=HOOK,
            at=1767268801,
            hints=(CHANGED,),
        ),
        Vector(
            b"{'example_field':'example_value'}",
            third("K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=", "1693657560000"),
            "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
            url="https://www.example.com/webhook_uri",
            at=1693657560,
        ),
    ),
)
