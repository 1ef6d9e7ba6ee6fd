"""How Financeit calls (proposed contract): one event with the whole loan, signed by Standard Webhooks."""

import json

from connectors.financeit.connector import Financeit
from tests.connectors.suite import standard
from tests.connectors.suite.calls import Caller, Moment, Vector

SECRET = "whsec_ZmluYW5jZWl0LWV4YW1wbGUtc2lnbmluZy1zZWNyZXQ="
PING = b'{"type":"ping","timestamp":"2026-01-01T00:00:00Z","data":{"endpoint_id":"we_01EXAMPLE0001"}}'
AT = 1767225600
GOOD = "v1,mbO24zHaoce/LC7+7I0J+Os5RmCG0s4ZEtJpa+cvWu4="


def body(moment: Moment) -> bytes:
    """A loan moved."""
    data = {"id": f"ln_{moment.number}", "object": "loan", "status": "approved", "version": 4}
    event = {"type": "loan.state_changed", "timestamp": "2026-01-02T15:30:00Z", "data": data}
    return json.dumps(event).encode()


CALLER = Caller(
    connector=Financeit,
    secret=SECRET,
    other="whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=",
    account="acct_lacoste_finance",
    body=body,
    sign=standard.sign,
    vectors=(
        Vector(PING, standard.headers("msg_financeit_0001", str(AT), GOOD), SECRET, at=AT, hints=()),
        Vector(PING, standard.headers("msg_financeit_0001", str(AT), f"v1,AAAA {GOOD}"), SECRET, at=AT, hints=()),
        Vector(
            b'{"test": 2432232314}',
            standard.headers(
                "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
            ),
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            at=1614265330,
        ),
    ),
)
