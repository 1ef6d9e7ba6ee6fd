"""FreshBooks' signatures, by the worked vectors of its page."""

import pytest

from connectors.freshbooks.connector import FreshBooks
from connectors.freshbooks.webhooks import signed_text

VERIFIER = "xf3pTqkzGp7RkJ9w2aQbXc"
ABOUT = b"account_id=6BApk&business_id=6543&identity_id=1234&user_id=1"
VERIFY = b"name=callback.verify&object_id=2001&" + ABOUT + b"&verifier=xf3pTqkzGp7RkJ9w2aQbXc"
UPDATE = b"name=invoice.update&object_id=1234567&" + ABOUT
ESCAPED = b"name=client.update&object_id=77&account_id=6BApk&note=%C3%89ric+%26+fils%2C+50+%25"
GOOD = "uFcqhbQaGfmtqdr2V+QUJYMTuuIXJdjwwvkpTFiFKMs="


def verify(body, signature, *secrets):
    headers = {"X-Freshbooks-Hmac-Sha256": signature} if signature else {}
    return FreshBooks.webhook_scheme.verify(body, headers, secrets or (VERIFIER,))


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (VERIFY, "fN6QCVi4r4Pt02ntu1UkMqe7Q0DDQCOXgZSbUSWU2FU="),
        (UPDATE, GOOD),
        (ESCAPED, "xiGLXX3OzPjrcL0Fn3ufJhUl/UC+F/Zg+L4vt68KMCc="),
    ],
)
def test_the_fields_of_a_form_are_authentic(body, signature):
    assert verify(body, signature).ok
    assert verify(body, signature, "ancien", VERIFIER).ok


def test_what_is_signed_is_their_text():
    assert signed_text(ESCAPED) == (
        b'{"name": "client.update", "object_id": "77", "account_id": "6BApk", "note": "\\u00c9ric & fils, 50 %"}'
    )
    assert signed_text(b"b=2&a=&c") == b'{"b": "2", "a": "", "c": ""}'


@pytest.mark.parametrize(
    ("body", "signature", "secrets", "reason"),
    [
        # The signature of the raw body.
        (UPDATE, "lxhy5Hf3HB17WnzKWwpWGwYrK2VkoXtF/LdXyV4kTbA=", (), "bad_signature"),
        (UPDATE + b"&x=1", GOOD, (), "bad_signature"),
        (UPDATE, GOOD, ("autre",), "bad_signature"),
        (b"\xff\xfe", GOOD, (), "bad_signature"),
        (UPDATE, "", (), "missing_header"),
        (UPDATE, GOOD, ("",), "no_secret"),
    ],
)
def test_what_is_not_authentic_is_refused(body, signature, secrets, reason):
    assert verify(body, signature, *secrets).reason == reason
