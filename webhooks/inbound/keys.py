"""The address that a provider calls: of all its accounts, or of one integration, with a key that is a secret."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable

from django.conf import settings

from integrations.core.masking import MASK

PREFIX = "/webhook/"
KEY_BYTES = 24
# What a key looks like: nothing else is looked up.
KEY_LENGTH = 32


def new_key() -> str:
    """A fresh key, 192 random bits in 32 characters."""
    return secrets.token_urlsafe(KEY_BYTES)


def key_hash(key: str) -> str:
    """What InboundSubscription.key_hash stores: without our own secret nobody can tell which key it stands for."""
    return _hash(settings.SECRET_KEY, key)


def possible_hashes(key: str) -> list[str]:
    """The hashes under which a key may be stored, the current one first: older secrets of ours count too."""
    return [_hash(secret, key) for secret in _own_secrets()]


def _own_secrets() -> Iterable[str]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def _hash(secret: str, key: str) -> str:
    return hmac.digest(f"webhook key.{secret}".encode(), key.encode(errors="replace"), hashlib.sha256).hex()


def path(provider: str, key: str = "") -> str:
    """The path of the address: one integration's with a key, every account's without."""
    return f"{PREFIX}{provider}/{key}" if key else f"{PREFIX}{provider}"


def masked_path(provider: str, *, keyed: bool) -> str:
    """The path as logs and pages show it."""
    return path(provider, MASK if keyed else "")


def address(provider: str, key: str = "") -> str:
    """The address as the provider knows it and, where it signs the address, signs it. From SITE_URL, never from the
    request."""
    return settings.SITE_URL + path(provider, key)
