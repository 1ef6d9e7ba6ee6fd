"""The ring of keys that credentials are encrypted with.

`CREDENTIALS_KEYS` is "k2:<base64 of 32 bytes>,k1:<…>". The first key writes, all of them read. A stored value is
`g1.<key id>.<base64 of nonce and AES-256-GCM text>`, so that every row says which key it needs.
"""

from __future__ import annotations

import os
import re
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

VERSION = "g1"
KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,16}")


class KeyRingError(ValueError):
    """`CREDENTIALS_KEYS` cannot be used; the message names the faulty entry, never its key."""


class DecryptionError(Exception):
    """A stored secret cannot be read: its key is missing, or the value was altered or moved to another column."""


class KeyRing:
    """Keys by id, in the order of the setting. Shows ids only, whatever way it is printed."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.ids = tuple(keys)

    def __repr__(self) -> str:
        return f"<KeyRing {', '.join(self.ids)}>"

    @property
    def writing_id(self) -> str:
        return self.ids[0]

    def encrypt(self, text: str, bound_to: str) -> str:
        """Encrypt with the first key; the value can only be read back with the same `bound_to` ("table.column")."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self.writing_id].encrypt(nonce, text.encode(), bound_to.encode())
        return prefix(self.writing_id) + urlsafe_b64encode(nonce + sealed).decode()

    def decrypt(self, stored: str, bound_to: str) -> str:
        """Return the clear text, or raise `DecryptionError`, which says why and shows nothing of the value."""
        version, _, rest = stored.partition(".")
        key_id, dot, body = rest.partition(".")
        if version != VERSION or not dot or not KEY_ID.fullmatch(key_id):
            raise DecryptionError(f"{bound_to} holds something that this ring did not write")
        if key_id not in self._ciphers:
            raise DecryptionError(f"{bound_to} needs the key {key_id}, which CREDENTIALS_KEYS lacks")
        try:
            raw = urlsafe_b64decode(body)
            return self._ciphers[key_id].decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound_to.encode()).decode()
        except (InvalidTag, ValueError):
            # "from None": the chained error could carry the stored text.
            raise DecryptionError(f"{bound_to} was altered, moved, or written by another key named {key_id}") from None


def prefix(key_id: str) -> str:
    """Return how every value written under this key begins."""
    return f"{VERSION}.{key_id}."


def parse(spec: str) -> dict[str, bytes]:
    """Read a `CREDENTIALS_KEYS` setting: {id: 32 bytes}, in order. Raises `KeyRingError`."""
    keys: dict[str, bytes] = {}
    for number, entry in enumerate((part.strip() for part in spec.split(",")), start=1):
        key_id, colon, encoded = entry.partition(":")
        if not colon:
            raise KeyRingError(f"entry {number} is not of the form id:base64")
        if not KEY_ID.fullmatch(key_id):
            raise KeyRingError(f"entry {number}: a key id is 1 to 16 letters, digits, - or _")
        if key_id in keys:
            raise KeyRingError(f"the key id {key_id} is given twice")
        keys[key_id] = _decode(key_id, encoded)
    return keys


def _decode(key_id: str, encoded: str) -> bytes:
    try:
        key = b64decode(encoded.strip().replace("-", "+").replace("_", "/"), validate=True)
    except (Base64Error, ValueError):
        raise KeyRingError(f"the key {key_id} is not base64") from None
    if len(key) != KEY_BYTES:
        raise KeyRingError(f"the key {key_id} has {len(key)} bytes instead of {KEY_BYTES}")
    return key


@lru_cache(maxsize=8)
def _ring(spec: str) -> KeyRing:
    return KeyRing(parse(spec))


def ring() -> KeyRing:
    """Return the ring that the settings describe. Raises `KeyRingError`."""
    return _ring(settings.CREDENTIALS_KEYS)
