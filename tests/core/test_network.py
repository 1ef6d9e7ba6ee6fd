"""Whose address counts when proxies stand in front."""

from typing import Any

import pytest
from django.test import RequestFactory

from integrations.core.network import client_ip


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, None, "10.0.0.1"),
        (0, "6.6.6.6", "10.0.0.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "6.6.6.6, 203.0.113.7", "203.0.113.7"),
        (2, "6.6.6.6, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "203.0.113.7", "10.0.0.1"),
        (1, None, "10.0.0.1"),
        (1, "unknown", "10.0.0.1"),
        (1, "203.0.113.7:4711", "203.0.113.7"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "::ffff:203.0.113.7", "203.0.113.7"),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(
    settings: Any, proxies: int, forwarded: str | None, expected: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    assert client_ip(RequestFactory().get("/", headers=headers, REMOTE_ADDR="10.0.0.1")) == expected


def test_an_unknown_address_is_empty() -> None:
    assert client_ip(RequestFactory().get("/", REMOTE_ADDR="")) == ""
    assert client_ip(RequestFactory().get("/", REMOTE_ADDR="unix:")) == ""
