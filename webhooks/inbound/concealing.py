"""What is kept of a call for people to see: without secrets, and bounded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce

from integrations.core.masking import MASK, is_secret_name, mask_text

HEADER_LIMIT = 300
HEADERS_LIMIT = 1500
# Below that, a part of a secret may be a word that the body needs.
SECRET_LENGTH = 8
# Of our own proxy, of every call, or of no help.
_LEFT_OUT = frozenset({"host", "connection", "accept", "accept-encoding", "content-length", "x-request-id"})


def parts(secrets: Iterable[str]) -> list[str]:
    """The secrets and what stands behind their last colon (channel:token, user:password), the longest first."""
    found = {part for secret in secrets for part in (secret, secret.rpartition(":")[2]) if len(part) >= SECRET_LENGTH}
    return sorted(found, key=len, reverse=True)


def body(raw: bytes, secrets: Iterable[str]) -> bytes:
    """The body without the secrets that some providers send along."""
    for part in parts(secrets):
        raw = raw.replace(part.encode(), MASK.encode())
    return raw


def headers(given: Mapping[str, str], secrets: Iterable[str] = ()) -> dict[str, str]:
    """The headers that help, masked and cut; all of them together stay below 2 kB."""
    kept: dict[str, str] = {}
    room, hidden = HEADERS_LIMIT, parts(secrets)
    for name, value in given.items():
        if name in _LEFT_OUT:
            continue
        if is_secret_name(name):
            shown = MASK
        else:
            shown = mask_text(reduce(_without, hidden, value))[:HEADER_LIMIT]
        room -= len(name) + len(shown.encode())
        if room < 0:
            break
        kept[name[:100]] = shown.replace("\x00", "�")
    return kept


def _without(text: str, part: str) -> str:
    return text.replace(part, MASK)
