"""From an integration's rows to a live connector, and from its exchanges to log rows."""

from __future__ import annotations

import threading
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, cast
from uuid import UUID

import connectors
from connectors.base.client import Exchange as ConnectorExchange
from connectors.base.client import RetryPolicy
from connectors.base.connector import Connection, Connector, Environment
from connectors.base.errors import AuthExpired
from connectors.base.limiter import Limiter
from connectors.base.oauth import TokenStore
from integrations import stop
from integrations.models import Credential, Exchange, Integration
from integrations.models.connection import OAUTH2
from integrations.oauth.tokens import DatabaseTokenStore
from integrations.records.writing import row_of, write_rows
from integrations.sync.bucket import bucket_of
from integrations.sync.hosts import hosts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


ENOUGH = 10
"""Exchanges that are worth a statement of their own."""
HTTP_OK = 200
UNSURE = timedelta(seconds=2)
"""What a Date header, which counts whole seconds, cannot tell of a clock."""


class ExchangeLog:
    """Gathers exchanges from any thread until they are stored with the page (or at the end)."""

    def __init__(self, integration_id: UUID, job_id: UUID | None = None) -> None:
        self._integration_id = integration_id
        self._job_id = job_id
        self._lock = threading.Lock()
        self._waiting: list[ConnectorExchange] = []
        self.skew = timedelta(0)
        """How far the provider's clock is ahead of ours, by its last answer."""

    def __call__(self, exchange: ConnectorExchange) -> None:
        skew = _skew(exchange)
        with self._lock:
            self._waiting.append(exchange)
            if skew is not None:
                self.skew = skew

    def rows(self) -> list[Exchange]:
        """The rows not stored yet; call `stored` once they are committed."""
        with self._lock:
            return [self._row(exchange) for exchange in self._waiting]

    def due(self, *, whole: bool) -> list[Exchange]:
        """The rows to store with a page: all when there are many, when one tells of trouble, or `whole`; else none yet.

        A kill may lose the last few exchanges that went well, never the data that they brought.
        """
        with self._lock:
            many = whole or len(self._waiting) >= ENOUGH
            wanted = many or any(each.error or each.status != HTTP_OK for each in self._waiting)
        return self.rows() if wanted else []

    def stored(self, count: int) -> None:
        """Forget the first `count` exchanges: their rows are committed."""
        with self._lock:
            del self._waiting[:count]

    def store(self) -> None:
        """Store what waits, in one statement."""
        rows = self.rows()
        write(rows)
        self.stored(len(rows))

    def _row(self, exchange: ConnectorExchange) -> Exchange:
        failed = exchange.error or exchange.status is None or exchange.status >= 400
        return Exchange(
            integration_id=self._integration_id,
            job_id=self._job_id,
            at=exchange.started_at,
            method=exchange.method,
            url=exchange.url,
            status=exchange.status,
            duration_ms=exchange.duration_ms,
            attempt=exchange.attempt,
            request_headers=exchange.request_headers,
            request_body=exchange.request_body if failed else "",
            response_headers=exchange.response_headers,
            response_body=exchange.response_body if failed else "",
            error=exchange.error,
        )


def _skew(exchange: ConnectorExchange) -> timedelta | None:
    """How far the clock that dated the answer is ahead of ours; None when it does not say."""
    dated = next((text for name, text in exchange.response_headers.items() if name.lower() == "date"), "")
    try:
        there = parsedate_to_datetime(dated)
    except ValueError:
        return None
    there = there if there.tzinfo else there.replace(tzinfo=UTC)
    took = timedelta(milliseconds=exchange.duration_ms)
    skew = there - (exchange.started_at + took)
    # The answer was made at some time of the call, and its second had begun already.
    return skew if abs(skew) > took + UNSURE else timedelta(0)


def write(exchanges: Sequence[Exchange]) -> None:
    """Insert exchanges; one statement, none for nothing."""
    write_rows(Exchange, [row_of(row) for row in exchanges])


def retry_policy(integration: Integration) -> RetryPolicy:
    """The integration's own retry options."""
    return RetryPolicy(
        max_retries=integration.max_retries,
        delay_ms=integration.retry_delay_ms,
        multiplier=float(integration.backoff_multiplier),
    )


def open_connector(
    integration: Integration,
    log: ExchangeLog,
    *,
    patient: bool = True,
    gate: Callable[[], None] | None = None,
) -> Connector:
    """The connector of a connected integration, in the rhythm that all its connectors share; AuthExpired when its
    secrets are gone.

    patient: whether failed requests are tried again by the integration's options (a person who waits is answered at
    once instead); gate: called before every request, raises what must keep it from being made.
    """
    try:
        secrets = integration.credential.values()
    except Credential.DoesNotExist:
        raise AuthExpired("Cette intégration est déconnectée. Reconnectez-la pour reprendre.") from None
    return connector_for(
        integration.provider,
        integration.environment,
        secrets,
        integration.config,
        account_id=integration.account_id,
        tokens=token_store(integration, log),
        log=log,
        limiter=shared_limiter(integration),
        # Nothing that works on its own gets past an emergency stop, whoever forgot to ask.
        gate=gate or (stop.Gate() if patient else None),
        retry=retry_policy(integration) if patient else RetryPolicy(max_retries=0),
        timeout=float(integration.timeout_seconds),
    )


def shared_limiter(integration: Integration) -> Limiter | None:
    """The rhythm that all connectors of an integration share, in every process; None without a limit."""
    limits = integration.connector.limits_of(integration.config)
    return bucket_of(integration.pk, integration.connector.label, limits) if limits else None


def token_store(integration: Integration, log: ExchangeLog) -> TokenStore | None:
    """Where an integration that was consented to takes its tokens; None for one whose key was typed."""
    if integration.credential.auth_method != OAUTH2:
        return None
    return DatabaseTokenStore(integration, on_exchange=log)


def connector_for(
    provider: str,
    environment: str,
    secrets: Mapping[str, str],
    config: Mapping[str, str],
    *,
    account_id: str = "",
    tokens: TokenStore | None = None,
    log: ExchangeLog | None = None,
    limiter: Limiter | None = None,
    gate: Callable[[], None] | None = None,
    retry: RetryPolicy,
    timeout: float,
) -> Connector:
    """A connector for credentials that may not be stored yet; with `tokens`, these open the account and not secrets."""
    connector = connectors.get(provider)
    connection = Connection(
        environment=cast(Environment, environment),
        credentials={} if tokens else secrets,
        config=config,
        hosts=hosts_of(connector, environment, config),
        account_id=account_id,
    )
    return connector(
        connection,
        limiter=limiter,
        token_store=tokens,
        on_exchange=log,
        gate=gate,
        retry=retry,
        timeout=timeout,
    )
