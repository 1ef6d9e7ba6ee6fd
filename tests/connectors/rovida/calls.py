"""How ROVIDA calls (proposed contract): one event with the whole object, signed by Standard Webhooks."""

import json

from connectors.base.webhooks import Hint
from connectors.rovida.connector import Rovida
from tests.connectors.suite import standard
from tests.connectors.suite.adapter import FOLDER
from tests.connectors.suite.calls import Caller, Moment, Vector

SECRET = "whsec_cm92aWRhLWV4YW1wbGUtc2lnbmluZy1zZWNyZXR4eHg="
PING = b'{"type":"ping","timestamp":"2026-01-01T00:00:00Z","data":{"endpoint_id":"we_01EXAMPLE0001"}}'
UPDATED = (FOLDER / "rovida/events/work_order.updated.json").read_bytes().strip()
AT = 1767225600
CHANGED = Hint(
    "work_orders", "wo_01EXAMPLE0001", "work_order.updated", "msg_rovida_0002", at="2026-01-02T15:30:00Z", version="3"
)


def body(moment: Moment) -> bytes:
    """A tenant changed."""
    data = {"id": f"ten_{moment.number}", "object": "tenant", "family_name": "L’Écuyer", "version": 2}
    event = {"type": "tenant.updated", "timestamp": "2026-01-02T15:30:00Z", "data": data}
    return json.dumps(event, ensure_ascii=False).encode()


CALLER = Caller(
    connector=Rovida,
    secret=SECRET,
    other="whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=",
    account="acct_lacoste",
    body=body,
    sign=standard.sign,
    vectors=(
        Vector(
            PING, standard.headers("msg_rovida_0001", str(AT), "v1,giPvJjbV865S05lGv2e/25w3hdWy+FjxDsth1LDRb2I="),
            SECRET, at=AT, hints=(),
        ),
        Vector(
            UPDATED, standard.headers("msg_rovida_0002", str(AT), "v1,mJAV49M0Q10borXhd3c4fKz0EkW46m+wIgQ+cRXYQPA="),
            SECRET, at=AT, hints=(CHANGED,),
        ),
    ),
)  # fmt: skip
