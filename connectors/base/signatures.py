"""Signature schemes of incoming webhooks: over the raw bytes, in constant time, with every live secret."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

Reason = Literal["", "missing_header", "bad_timestamp", "too_old", "too_new", "no_secret", "bad_signature"]

SENTENCES: Mapping[str, str] = {
    "": "La signature est valable.",
    "missing_header": "Un en-tête de signature manque : l’appel ne vient sans doute pas du fournisseur.",
    "bad_timestamp": "L’heure de signature est illisible.",
    "too_old": "L’appel est trop ancien : il a été retardé, ou quelqu’un le rejoue.",
    "too_new": "L’appel est daté de l’avenir : vérifiez l’horloge du serveur.",
    "no_secret": "Aucun secret de webhook utilisable n’est enregistré pour cette intégration. Vérifiez ses paramètres.",
    "bad_signature": "La signature ne correspond à aucun secret enregistré. Vérifiez le secret chez le fournisseur.",
}


@dataclass(frozen=True)
class Verdict:
    """Whether a call is authentic, and if not, why."""

    reason: Reason = ""

    @property
    def ok(self) -> bool:
        """Whether the call is authentic."""
        return not self.reason

    @property
    def sentence(self) -> str:
        """The verdict in French."""
        return SENTENCES[self.reason]


class SignatureScheme(Protocol):
    """How one provider signs."""

    def verify(
        self,
        body: bytes,
        headers: Mapping[str, str],
        secrets: Iterable[str],
        *,
        now: float | None = None,
        url: str = "",
    ) -> Verdict:
        """Judge the raw body with every live secret.

        `now`: Unix seconds. `url`: the address as the provider knows it, for the few that sign it.
        """


@dataclass(frozen=True)
class StandardWebhooks:
    """standardwebhooks.com: `v1,` base64 HMAC-SHA256 of "id.timestamp.body", secret `whsec_` + base64."""

    tolerance: int = 300

    def verify(
        self,
        body: bytes,
        headers: Mapping[str, str],
        secrets: Iterable[str],
        *,
        now: float | None = None,
        url: str = "",
    ) -> Verdict:
        """Judge the raw body with every live secret; `now` in Unix seconds."""
        given = {name.lower(): value for name, value in headers.items()}
        message_id = given.get("webhook-id", "")
        stamp = given.get("webhook-timestamp", "")
        signatures = given.get("webhook-signature", "")
        if not (message_id and stamp and signatures):
            return Verdict("missing_header")
        if untimely := out_of_time(stamp, self.tolerance, now):
            return untimely
        keys = [key for secret in secrets if (key := _standard_key(secret))]
        if not keys:
            return Verdict("no_secret")
        signed = b".".join((message_id.encode(), stamp.encode(), body))
        offered = [
            value.encode() for version, _, value in (s.partition(",") for s in signatures.split()) if version == "v1"
        ]
        good = False
        for key in keys:
            wanted = base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
            for signature in offered:
                good |= hmac.compare_digest(signature, wanted)
        return Verdict() if good else Verdict("bad_signature")


@dataclass(frozen=True)
class HmacBase64:
    """HMAC-SHA256 of the body in base64 in one header, the secret's UTF-8 text as key. No time is signed.

    What a kindred scheme does otherwise, it overrides: `offered`, `key`, `signed` or `made`.
    """

    header: str

    def verify(
        self,
        body: bytes,
        headers: Mapping[str, str],
        secrets: Iterable[str],
        *,
        now: float | None = None,
        url: str = "",
    ) -> Verdict:
        """Judge the raw body with every live secret; no time is signed, so `now` is not looked at."""
        given = {name.lower(): value for name, value in headers.items()}
        value = given.get(self.header.lower(), "").strip()
        if not value:
            return Verdict("missing_header")
        keys = [key for secret in secrets if (key := self.key(secret))]
        if not keys:
            return Verdict("no_secret")
        try:
            signed = self.signed(body, url)
        except ValueError:
            return Verdict("bad_signature")
        offered, good = self.offered(value), False
        for key in keys:
            good |= hmac.compare_digest(offered, self.made(key, signed))
        return Verdict() if good else Verdict("bad_signature")

    def offered(self, value: str) -> bytes:
        """What the header's value is to be compared with."""
        return value.encode()

    def key(self, secret: str) -> bytes:
        """The key in a secret; empty when there is none."""
        return secret.encode()

    def signed(self, body: bytes, url: str) -> bytes:
        """What is signed of a call; ValueError when nothing of it can be."""
        return body

    def made(self, key: bytes, signed: bytes) -> bytes:
        """What an authentic call offers."""
        return base64.b64encode(hmac.digest(key, signed, hashlib.sha256))


@dataclass(frozen=True)
class HmacHex(HmacBase64):
    """The same in hexadecimal, with an optional prefix (`sha256=`)."""

    header: str = "X-Webhook-Signature"
    prefix: str = ""

    def offered(self, value: str) -> bytes:
        """In lower case, without the prefix."""
        return value.removeprefix(self.prefix).lower().encode()

    def made(self, key: bytes, signed: bytes) -> bytes:
        """Hexadecimal in lower case."""
        return hmac.digest(key, signed, hashlib.sha256).hex().encode()


@dataclass(frozen=True)
class SharedToken(HmacBase64):
    """A fixed token in one header; nothing is signed."""

    header: str = "X-Webhook-Token"

    def made(self, key: bytes, signed: bytes) -> bytes:
        """The token itself."""
        return key


def out_of_time(stamp: str, tolerance: int, now: float | None, *, per_second: int = 1) -> Verdict | None:
    """The verdict on a signed time that cannot be read or is more than `tolerance` seconds off; None when it is fine.

    `now`: Unix seconds, the clock's by default; `per_second`: the units of the stamp in a second.
    """
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16):
        return Verdict("bad_timestamp")
    age = (time.time() if now is None else now) - int(stamp) / per_second
    if abs(age) > tolerance:
        return Verdict("too_old" if age > 0 else "too_new")
    return None


def _standard_key(secret: str) -> bytes:
    """The key's bytes, empty when the secret is not base64."""
    try:
        return base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return b""
