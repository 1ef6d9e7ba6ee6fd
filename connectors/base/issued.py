"""Tokens that a typed credential is exchanged for, by no person: kept for the whole process, renewed when refused."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from requests import PreparedRequest

from connectors.base.auth import RenewableAuth
from connectors.base.errors import AuthExpired

_tokens: dict[str, Issued] = {}
_locks: dict[str, threading.Lock] = {}
_guard = threading.Lock()


@dataclass(frozen=True)
class Issued:
    """A token, and when it ends (aware UTC; None when the provider does not tell)."""

    token: str = field(repr=False)
    expires_at: datetime | None = None

    def is_fresh(self, early: timedelta) -> bool:
        """Whether it still serves for longer than `early`."""
        return self.expires_at is None or datetime.now(UTC) + early < self.expires_at


def identity(*parts: str) -> str:
    """What tells one credential at one address from any other; the credential cannot be read out of it."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


class IssuedAuth(RenewableAuth):
    """The token of an identity on every request, `prefix` before it.

    issue: asks the provider for a new one; its AuthExpired means that the typed credential no longer serves. One token
    serves every connector of the process: some providers end the older one when a newer is asked for.
    """

    def __init__(
        self,
        identity: str,
        issue: Callable[[], Issued],
        *,
        header: str = "Authorization",
        prefix: str = "Bearer",
        early: timedelta = timedelta(minutes=1),
    ) -> None:
        self.header = header
        self._identity, self._issue, self._prefix, self._early = identity, issue, prefix, early
        with _guard:
            self._lock = _locks.setdefault(identity, threading.Lock())

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        self.secret = self._current(stale="").token
        request.headers[self.header] = f"{self._prefix} {self.secret}".strip()
        return request

    def prove(self) -> None:
        """Ask for a new token whatever there is: shows that the credential serves."""
        _tokens.pop(self._identity, None)
        self.secret = self._current(stale="").token

    def renew(self) -> None:
        """Ask for a new token, unless somebody has got one since."""
        self._current(stale=self.secret)

    def _current(self, stale: str) -> Issued:
        with self._lock:
            found = _tokens.get(self._identity)
            if found is None or found.token == stale or not found.is_fresh(self._early):
                _tokens.pop(self._identity, None)
                try:
                    found = _tokens[self._identity] = self._issue()
                except AuthExpired as error:
                    # Not the status of the request that was to carry the token: asking again would be refused again.
                    error.status = None
                    raise
            return found
