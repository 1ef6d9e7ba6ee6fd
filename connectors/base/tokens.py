"""The tokens of one consent, where they are kept, and how they go on a request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Protocol

from requests import PreparedRequest

from connectors.base.auth import RenewableAuth
from connectors.base.errors import AuthExpired

_NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class TokenSet:
    """What a consent or a renewal gave. Instants are aware UTC, None when the provider does not tell them.

    extra: further members of the token answer (an API address…), never a secret.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    account_id: str = ""
    extra: Mapping[str, Any] = field(default_factory=lambda: _NONE)

    def is_fresh(self, early: timedelta, now: datetime | None = None) -> bool:
        """Whether the access token still serves for longer than `early`."""
        return self.expires_at is None or (now or datetime.now(UTC)) + early < self.expires_at

    def to_secrets(self) -> dict[str, str]:
        """As named texts, to be stored encrypted."""
        return {
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "expires_at": self.expires_at.isoformat() if self.expires_at else "",
            "refresh_expires_at": self.refresh_expires_at.isoformat() if self.refresh_expires_at else "",
            "account_id": self.account_id,
            "extra": json.dumps(dict(self.extra), ensure_ascii=False, sort_keys=True),
        }

    @classmethod
    def from_secrets(cls, secrets: Mapping[str, str]) -> TokenSet:
        """What to_secrets() wrote."""
        return cls(
            access_token=secrets.get("access_token", ""),
            refresh_token=secrets.get("refresh_token", ""),
            expires_at=_instant(secrets.get("expires_at", "")),
            refresh_expires_at=_instant(secrets.get("refresh_expires_at", "")),
            account_id=secrets.get("account_id", ""),
            extra=json.loads(secrets.get("extra") or "{}"),
        )


class TokenStore(Protocol):
    """Where a connector takes its token; shared by every process that speaks for the connection."""

    def current(self) -> TokenSet:
        """Tokens that are fresh enough to use; may renew early. AuthExpired when a person must reconnect."""

    def renew(self, stale: str) -> TokenSet:
        """Newer tokens, after the provider refused the access token `stale`; another worker may have them already."""


class FixedTokens:
    """A store of one token set that nobody renews (a check right after the consent)."""

    def __init__(self, tokens: TokenSet) -> None:
        self._tokens = tokens

    def current(self) -> TokenSet:
        """The tokens; AuthExpired when there are none."""
        if not self._tokens.access_token:
            raise AuthExpired("Cette intégration n’a pas d’autorisation. Connectez-la.", code="no_token")
        return self._tokens

    def renew(self, stale: str) -> TokenSet:
        """AuthExpired: there is nothing newer."""
        raise AuthExpired(
            "Le fournisseur n’accepte plus l’autorisation enregistrée : elle est expirée ou révoquée. Reconnectez "
            "l’intégration."
        )


class TokenAuth(RenewableAuth):
    """`Authorization: Bearer` (or another word), with whatever token the store has at each request."""

    header = "Authorization"

    def __init__(self, store: TokenStore, prefix: str = "Bearer") -> None:
        self._store, self._prefix = store, prefix

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        self.secret = self._store.current().access_token
        request.headers[self.header] = f"{self._prefix} {self.secret}"
        return request

    def renew(self) -> None:
        """Ask the store for a newer token than the one that was just refused."""
        self._store.renew(self.secret)


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
