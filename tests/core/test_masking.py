"""Secrets are recognised by name and by shape; everything else stays readable."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from time import perf_counter
from uuid import UUID

import pytest

from integrations.core.masking import MASK, is_secret_name, mask, mask_text

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "password",
            "new_password",
            "password1",
            "oldpassword",
            "Authorization",
            "proxy-authorization",
            "x-auth-token",
        ),
        *("access_token", "refreshToken", "csrfmiddlewaretoken", "client_secret", "clientSecret", "secrets", "apikey"),
        *("api_key", "X-Api-Key", "APIKey", "private_key", "key", "signing-key", "Set-Cookie", "sessionid", "tokens"),
        *("credentials", "code_verifier", "X-Partner-Auth", "otp", "passphrase", "SECRET_KEY", "CREDENTIALS_KEYS"),
    ],
)
def test_a_secret_is_recognised_by_its_name(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "email",
            "name",
            "status",
            "code",
            "state",
            "idempotency_key",
            "dedupe_key",
            "primary_key",
            "key_id",
            "keyboard",
        ),
        *("token_type", "token_expires_at", "password_changed_at", "token_count", "secretary", "monkey", "author", ""),
        *("url", "token_url", "client_id", "keywords", "authorize_url", "account_id", "12"),
    ],
)
def test_an_ordinary_name_is_no_secret(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer abc.DEF-123", "abc.DEF-123"),
        ("authorization: ApiKey abc123 and more", "abc123"),
        ("sent with bearer abcdef12", "abcdef12"),
        ("Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA"),
        ("charged with sk_live_51HxABC", "51HxABC"),
        ("rk_test_51HxABC", "51HxABC"),
        ("key rov_live_9f8e7d", "9f8e7d"),
        ("key rov_test_demo_lacoste", "demo_lacoste"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        (f"id {JWT} ok", "dozjgNryP4J3jVmNHl0w5N"),
        ("pat-na1-12345678-1234-1234-1234-123456789012", "12345678-1234"),
        ("EAAAEOuLQObrVwJvCvoio3H13b8Ssqz1ighmTBKZvIENW9qxirHGHkqsGcPBC1uN", "QObrVwJv"),
        ("1000.8cb99dxxxxx9be93.9b8xxxxxxxxxxxxxxxf access_token=1000.x.y", "1000.x.y"),
        ("g1.k1." + "A" * 60, "AAAAAAAA"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY----- fin", "MIIEow"),
        ("{'access_token': 'a1b2', 'n': 1}", "a1b2"),
        ('{"refresh_token": "a1b2"}', "a1b2"),
        (r'"{\"client_secret\": \"a1b2\"}"', "a1b2"),
        ("password=hunter2&user=a", "hunter2"),
        ("KeyError: token = hunter2", "hunter2"),
        ("Connection(credentials={'api_key': 'hunter2'})", "hunter2"),
        ("Cookie: sessionid=abc; csrftoken=def", "def"),
        ("https://x.example/cb?code=4/P7q7W91&state=xyz", "4/P7q7W91"),
        ("https://x.example/cb?a=1&state=xyz987", "xyz987"),
        ("postgres://lacoste:hunter2@db:5432/lacoste", "hunter2"),
        ("POST /webhook/stripe/Zx81kQ 200", "Zx81kQ"),
        ("POST /webhook/stripe//Zx81kQ 404", "Zx81kQ"),
        ("POST /webhook//stripe/Zx81kQ 404", "Zx81kQ"),
        ("POST /webhook/stripe./Zx81kQ 404", "Zx81kQ"),
    ],
)
def test_a_secret_is_recognised_by_its_shape(text: str, secret: str) -> None:
    assert secret in text
    masked = mask_text(text)
    assert secret not in masked
    assert MASK in masked


@pytest.mark.parametrize(
    "text",
    [
        "Synchronisation terminée : 12 enregistrements, 0 erreur.",
        "Le jeton est expiré; reconnectez l’intégration.",
        "https://api.example.com/v1/customers?page=2&limit=50",
        "POST /webhook/stripe 200",
        "token_type: bearer",
        "sk_eleton and whsec and Bearer.",
        "2026-11-25T19:01:04Z INFO integrations.sync page saved",
        "customer.email <marie@example.com>",
        "g1.k1.short",
    ],
)
def test_an_ordinary_text_stays_as_it_is(text: str) -> None:
    assert mask_text(text) == text


def test_structures_are_masked_through_and_types_kept() -> None:
    moment = datetime(2026, 11, 25, tzinfo=UTC)
    value = {
        "name": "Xero",
        "amount": Decimal("12.50"),
        "at": moment,
        "day": date(2026, 1, 2),
        "id": UUID(int=1),
        "ok": True,
        "none": None,
        "headers": [("Authorization", "abc"), ("Accept", "json")],
        "custom": [{"name": "X-Api-Key", "value": "abc"}, {"name": "Accept", "value": "json"}],
        "credentials": {"user": "a"},
        "nested": {"deep": ({"token": 12345}, "Bearer abc")},
        "raw": b'{"password": "abc"}',
        "empty": {"password": "", "secret": None, "has_token": True},
    }
    assert mask(value) == {
        **value,
        "headers": [["Authorization", MASK], ["Accept", "json"]],
        "custom": [{"name": "X-Api-Key", "value": MASK}, {"name": "Accept", "value": "json"}],
        "credentials": MASK,
        "nested": {"deep": [{"token": MASK}, MASK]},
        "raw": f'{{"password": "{MASK}"}}',
    }


def test_objects_become_their_masked_text() -> None:
    @dataclass
    class Connection:
        api_key: str

    assert mask([Connection("hunter2"), ValueError("token=hunter2")]) == [
        f"test_objects_become_their_masked_text.<locals>.Connection(api_key='{MASK}')",
        f"token={MASK}",
    ]


@pytest.mark.parametrize(
    "unit", ["a", "a-", "eyJ", "token", "-----BEGIN PRIVATE KEY-----", "x?a=", "http://", "bearer "]
)
def test_no_text_makes_the_masking_slow(unit: str) -> None:
    started = perf_counter()
    mask_text(unit * (100_000 // len(unit)))
    assert perf_counter() - started < 2
