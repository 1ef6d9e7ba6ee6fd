"""Errors of a provider, named by what happens next. Every one carries a French sentence for an administrator:
what happened, why, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class ConnectorError(Exception):
    """Base of all: `sentence` for people, `code` for programs, `status` the HTTP status when there was one.

    `detail` keeps the provider's own words, for the log; it never holds a credential.
    """

    default_code: ClassVar[str] = "error"

    def __init__(self, sentence: str, *, code: str = "", status: int | None = None, detail: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code or self.default_code
        self.status = status
        self.detail = detail


class AuthExpired(ConnectorError):
    """The provider no longer accepts the credential: a person must reconnect."""

    default_code = "auth_expired"


class ConsentRefused(ConnectorError):
    """A person answered no on the provider's consent page: nothing was connected, they may start again."""

    default_code = "consent_refused"


class Misconfigured(ConnectorError):
    """A setting or a right is wrong: a person must correct it, a retry is useless."""

    default_code = "misconfigured"


class Transient(ConnectorError):
    """Try the same request again later; `retry_after` in seconds when the wait is known."""

    default_code = "transient"

    def __init__(
        self,
        sentence: str,
        *,
        retry_after: float | None = None,
        code: str = "",
        status: int | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(sentence, code=code, status=status, detail=detail)
        self.retry_after = retry_after


class RateLimited(Transient):
    """Too many requests: wait `retry_after` seconds, then go on."""

    default_code = "rate_limited"


class Throttled(RateLimited):
    """Our own limiter holds the request back: nothing was asked of the provider, so that it counts as no try."""

    default_code = "local_limit"


class BudgetSpent(Throttled):
    """The requests that the provider allows for the day are used up."""

    default_code = "daily_budget"


class Unreadable(Transient):
    """A success that cannot be read (a web page, half a document): most often an outage, so try again."""

    default_code = "unreadable"


class Malformed(ConnectorError):
    """A readable answer or record without the agreed shape: a retry is useless, the contract must be looked at."""

    default_code = "malformed"


class RepeatedCursor(Malformed):
    """The provider names a page that was already read: going on would never end."""

    default_code = "repeated_cursor"


class CursorExpired(ConnectorError):
    """The page cursor is no longer accepted: start the pass again from its beginning."""

    default_code = "cursor_expired"


class Rejected(ConnectorError):
    """The provider refuses these values; `field_errors` maps remote dotted paths to French sentences."""

    default_code = "rejected"

    def __init__(
        self,
        sentence: str,
        *,
        field_errors: Mapping[str, str] | None = None,
        code: str = "",
        status: int | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(sentence, code=code, status=status, detail=detail)
        self.field_errors: dict[str, str] = dict(field_errors or {})


class Conflict(ConnectorError):
    """The remote object is not in the expected state: read it again, merge, then decide."""

    default_code = "conflict"


class NotFound(ConnectorError):
    """The remote object does not exist, or no longer does."""

    default_code = "not_found"


class UnknownProvider(ConnectorError):
    """No connector has this slug."""

    default_code = "unknown_provider"
