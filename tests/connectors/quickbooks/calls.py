"""How QuickBooks calls: CloudEvents about any company, and the older form."""

import base64
import hmac
import json

from connectors.base.webhooks import Hint
from connectors.quickbooks.connector import QuickBooks
from tests.connectors.suite.calls import Caller, Moment, Vector

REALM = "9341453212345678"
TOKEN = "9d2f7c1e-0b8a-4d43-8c55-6f1f3f2a7e10"
LEGACY = (
    b'{"eventNotifications":[{"realmId":"9341453212345678","dataChangeEvent":{"entities":[{"id":"145","operation":'
    b'"Update","name":"Invoice","lastUpdated":"2026-05-04T14:05:31.000Z"}]}}]}'
)
CLOUD = (
    b'[{"specversion":"1.0","id":"88cd52aa-33b6-4351-9aa4-47572edbd068","source":"intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxd'
    b'e58xeeYcZliOU=","type":"qbo.invoice.updated.v1","datacontenttype":"application/json","time":"2026-09-10T21:31:25.1'
    b'79851517Z","intuitentityid":"145","intuitaccountid":"9341453212345678","data":{}}]'
)


def body(moment: Moment) -> bytes:
    """One invoice changed."""
    event = {
        "specversion": "1.0",
        "id": f"88cd52aa-33b6-4351-9aa4-{moment.number.rjust(12, '0')}",
        "source": "intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=",
        "type": "qbo.invoice.updated.v1",
        "datacontenttype": "application/json",
        "time": "2026-09-10T21:31:25.179851517Z",
        "intuitentityid": moment.number,
        "intuitaccountid": REALM,
        "data": {},
    }
    return json.dumps([event]).encode()


def sign(body: bytes, moment: Moment) -> dict[str, str]:
    """HMAC of the body."""
    digest = hmac.digest(moment.secret.encode(), body, "sha256")
    return {
        "Content-Type": "application/cloudevents+json",
        "intuit-signature": base64.b64encode(digest).decode(),
    }


def signed(signature: str) -> dict[str, str]:
    """The headers of a vector."""
    return {"Content-Type": "application/json", "intuit-signature": signature}


CALLER = Caller(
    connector=QuickBooks,
    secret=TOKEN,
    other="0d2f7c1e-0b8a-4d43-8c55-6f1f3f2a7e11",
    account=REALM,
    body=body,
    sign=sign,
    vectors=(
        Vector(
            LEGACY,
            signed("fRKMY9AMMl8Ow/ZbPkXgX/txSodLwkFyHu+ezhlbaNI="),
            TOKEN,
            hints=(
                Hint(
                    "invoices",
                    "145",
                    "Invoice.Update",
                    "9341453212345678:Invoice:145:Update:2026-05-04T14:05:31.000Z",
                    REALM,
                    at="2026-05-04T14:05:31Z",
                ),
            ),
        ),
        Vector(
            CLOUD,
            signed("/s6eLRA1RWz8gcFVRm1z4Whl6DwvWfqYMwwYDdzIu8A="),
            TOKEN,
            hints=(
                Hint(
                    "invoices",
                    "145",
                    "qbo.invoice.updated.v1",
                    "88cd52aa-33b6-4351-9aa4-47572edbd068",
                    REALM,
                    at="2026-09-10T21:31:25.179851Z",
                ),
            ),
        ),
    ),
)
