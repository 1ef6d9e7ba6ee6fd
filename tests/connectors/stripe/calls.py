"""How Stripe calls: one event, signed with a time by the secret of its endpoint."""

import hmac
import json

from connectors.base.webhooks import Hint
from connectors.stripe.connector import Stripe
from tests.connectors.suite.adapter import FOLDER
from tests.connectors.suite.calls import Caller, Moment, Vector

SECRET, ROLLED = "whsec_example_0123456789abcdefABCDEF", "whsec_example_rolled_out_secret_9876"
AT = 1767225600
BODY = (FOLDER / "stripe/events/payment_intent.succeeded.json").read_bytes().strip()
GOOD = "14b9d6a60931ac4eb61d79388ee19d9c62301ddf49c266d9331732acd62b928f"
OLD = "625ec301d44d49323347bfe242059cc73ab48dc9b0d8947e184dec440d62a32b"
PAID = Hint(
    "payments",
    "pi_3Example0000000000000001",
    "payment_intent.succeeded",
    "evt_1ExampleSucceeded001",
    at="2026-01-01T00:00:00Z",
)


def body(moment: Moment) -> bytes:
    """A customer changed."""
    told = {"id": f"cus_{moment.number}", "object": "customer", "email": "zoe@exemple.ca"}
    event = {
        "id": f"evt_{moment.number}",
        "object": "event",
        "created": AT,
        "type": "customer.updated",
        "data": {"object": told, "previous_attributes": {"email": "zoé@ancien.example"}},
    }
    return json.dumps(event, indent=2).encode()


def sign(body: bytes, moment: Moment) -> dict[str, str]:
    """Time and body."""
    at = str(int(moment.at))
    return signed(f"t={at},v1={hmac.digest(moment.secret.encode(), at.encode() + b'.' + body, 'sha256').hex()}")


def signed(signature: str) -> dict[str, str]:
    """The headers of a call."""
    return {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature}


CALLER = Caller(
    connector=Stripe,
    secret=SECRET,
    other="whsec_autre",
    account="acct_1LacostePlomberie",
    body=body,
    sign=sign,
    vectors=(
        Vector(BODY, signed(f"t={AT},v1={GOOD}"), SECRET, at=AT, hints=(PAID,)),
        Vector(BODY, signed(f"t={AT},v1={OLD}"), ROLLED, at=AT, hints=(PAID,)),
        Vector(BODY, signed(f"t={AT},v1={OLD},v1={GOOD}"), SECRET, at=AT, hints=(PAID,)),
        Vector(BODY, signed(f"t={AT},v1={OLD},v1={GOOD},v0=x"), ROLLED, at=AT, hints=(PAID,)),
    ),
)
