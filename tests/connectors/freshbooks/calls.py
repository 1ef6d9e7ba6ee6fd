"""How FreshBooks calls: a form about one object; a JSON text of its fields is signed."""

import base64
import hmac
import json
from urllib.parse import parse_qsl, urlencode

from connectors.freshbooks.connector import FreshBooks
from tests.connectors.suite.calls import Caller, Moment, Vector

VERIFIER = "xf3pTqkzGp7RkJ9w2aQbXc"
ABOUT = b"account_id=6BApk&business_id=6543&identity_id=1234&user_id=1"
VERIFY = b"name=callback.verify&object_id=2001&" + ABOUT + b"&verifier=xf3pTqkzGp7RkJ9w2aQbXc"
UPDATE = b"name=invoice.update&object_id=1234567&" + ABOUT
ESCAPED = b"name=client.update&object_id=77&account_id=6BApk&note=%C3%89ric+%26+fils%2C+50+%25"
SIGNED = {
    VERIFY: "fN6QCVi4r4Pt02ntu1UkMqe7Q0DDQCOXgZSbUSWU2FU=",
    UPDATE: "uFcqhbQaGfmtqdr2V+QUJYMTuuIXJdjwwvkpTFiFKMs=",
    ESCAPED: "xiGLXX3OzPjrcL0Fn3ufJhUl/UC+F/Zg+L4vt68KMCc=",
}


def body(moment: Moment) -> bytes:
    """An invoice changed."""
    fields = {"name": "invoice.update", "object_id": moment.number, "account_id": "6BApk", "business_id": "6543"}
    return urlencode({**fields, "identity_id": "1234", "user_id": "1"}).encode()


def sign(body: bytes, moment: Moment) -> dict[str, str]:
    """A JSON text of the fields."""
    text = json.dumps(dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True)))
    digest = hmac.digest(moment.secret.partition(":")[2].encode(), text.encode(), "sha256")
    return signed(base64.b64encode(digest).decode())


def signed(signature: str) -> dict[str, str]:
    """The headers of a call."""
    return {"Content-Type": "application/x-www-form-urlencoded", "X-FreshBooks-Hmac-SHA256": signature}


CALLER = Caller(
    connector=FreshBooks,
    secret=f"2001:{VERIFIER}",
    other="2002:autre-code-de-verification",
    account="6BApk",
    body=body,
    sign=sign,
    vectors=tuple(Vector(one, signed(signature), f"2001:{VERIFIER}") for one, signature in SIGNED.items()),
)
