"""How a facade in front of Yardi calls (proposed contract): one event with the object, signed by Standard Webhooks."""

import json

from connectors.yardi.connector import Yardi
from tests.connectors.suite import standard
from tests.connectors.suite.calls import Caller, Moment, Vector

SECRET = "whsec_eWFyZGktZXhhbXBsZS1zaWduaW5nLXNlY3JldHh4eHg="
PING = b'{"type":"ping","timestamp":"2026-01-01T00:00:00Z","data":{"endpoint_id":"we_01EXAMPLE0001"}}'
AT = 1767225600


def body(moment: Moment) -> bytes:
    """A resident changed."""
    data = {"id": f"t{moment.number}", "object": "resident", "property_code": "gat-01", "version": 2}
    event = {"type": "resident.updated", "timestamp": "2026-01-02T15:30:00Z", "data": data}
    return json.dumps(event).encode()


CALLER = Caller(
    connector=Yardi,
    secret=SECRET,
    other="whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=",
    account="sql-demo01/demo_lacoste_live",
    body=body,
    sign=standard.sign,
    vectors=(
        Vector(
            PING, standard.headers("msg_yardi_0001", str(AT), "v1,vVLU7D+gfiyDbk3Qc0AtvGL9A2TetcnJKzebWMnNn+g="),
            SECRET, at=AT, hints=(),
        ),
    ),
)  # fmt: skip
