"""The credentials that a Pipedrive webhook carries, with the worked vectors."""

import pytest

from connectors.pipedrive.connector import Pipedrive

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
    return Pipedrive.webhook_scheme.verify(b"{}", headers, secrets)


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
