"""The tokens of an integration: one row that every process reads, renewed by one of them at a time.

Who renews holds a lease on the Credential row, taken by compare-and-swap with the database's clock. No transaction is
open while the provider is asked, and a new pair is committed before anybody uses it. Killed before that commit, the
lease runs out and the next caller renews; killed after it, the next caller finds the new pair.
"""

from __future__ import annotations

import os
import socket
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now

from connectors.base import oauth
from connectors.base.errors import AuthExpired, ConnectorError, Transient
from connectors.base.oauth import OnExchange, TokenSet
from integrations.models import Credential, Integration, Status
from integrations.oauth.apps import required_app
from integrations.oauth.grants import end_grant
from integrations.sync.breakage import broke
from integrations.sync.hosts import hosts_of

log = structlog.get_logger(__name__)

# An access token with that much left still serves while another process renews it.
MARGIN = timedelta(seconds=45)
# After a renewal that failed although the token still serves, nobody tries again for so long.
COOL_DOWN = timedelta(seconds=10)
STORE_TRIES = 6


@dataclass(frozen=True)
class _Stored:
    """The row as read: its tokens, how many times they were replaced, and whether somebody renews them now."""

    tokens: TokenSet
    version: int
    leased: bool


class DatabaseTokenStore:
    """The token store of one integration (connectors.base.oauth.TokenStore); one per connector, cheap to make."""

    def __init__(self, integration: Integration, *, on_exchange: OnExchange | None = None) -> None:
        self._integration = integration
        self._early = oauth.declared(integration.connector).early
        self._on_exchange = on_exchange
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._known: TokenSet | None = None

    def current(self) -> TokenSet:
        """Tokens fresh enough to use, renewed when they are about to end; AuthExpired when a person must reconnect."""
        if self._known and self._known.is_fresh(self._early):
            return self._known
        return self._newer_than("")

    def renew(self, stale: str) -> TokenSet:
        """Tokens newer than the refused access token `stale`: those of whoever was first, else renewed here."""
        self._known = None
        return self._newer_than(stale)

    def _newer_than(self, stale: str) -> TokenSet:
        deadline = time.monotonic() + 3 * settings.LEASE_SECONDS
        pause = 0.05
        awaited: int | None = None
        while True:
            stored = self._read()
            usable = stored.tokens.access_token != stale
            if usable and stored.tokens.is_fresh(self._early):
                self._known = stored.tokens
                return stored.tokens
            usable = usable and stored.tokens.is_fresh(MARGIN)
            if not stored.leased and stored.version == awaited:
                self._raise_if_refused()
            if not stored.leased and self._claim(stored.version):
                renewed = self._renew(stored, usable)
                if renewed:
                    return renewed
            elif usable:
                return stored.tokens
            awaited = stored.version
            if time.monotonic() > deadline:
                raise Transient(
                    f"Le renouvellement de l’accès à {self._integration.connector.label} prend trop de temps. Un "
                    "nouvel essai aura lieu de lui-même.",
                    code="renewal_busy",
                )
            time.sleep(pause)
            pause = min(pause * 1.5, 0.5)

    def _read(self) -> _Stored:
        leased = Case(When(lease_until__gt=Now(), then=Value(True)), default=Value(False))
        row = Credential.objects.filter(pk=self._integration.pk).annotate(leased=leased).first()
        if row is None:
            raise AuthExpired("Cette intégration est déconnectée. Reconnectez-la pour reprendre.", code="disconnected")
        return _Stored(TokenSet.from_secrets(row.values()), row.version, row.leased)

    def _raise_if_refused(self) -> None:
        """Share the refusal that another caller just met for this pair, rather than ask for it once each."""
        found = Integration.objects.filter(pk=self._integration.pk, status=Status.RECONNECT)
        sentence = found.values_list("status_message", flat=True).first()
        if sentence is not None:
            raise AuthExpired(sentence)

    def _claim(self, version: int) -> bool:
        """Take the lease on this very pair if nobody has it. Durable: no transaction may be open around a renewal."""
        free = Q(lease_until=None) | Q(lease_until__lte=Now())
        # Twice the time that the provider is given to answer.
        until = Now() + timedelta(seconds=2 * settings.LEASE_SECONDS)
        with transaction.atomic(durable=True):
            rows = Credential.objects.filter(free, pk=self._integration.pk, version=version)
            return bool(rows.update(lease_owner=self._owner, lease_until=until))

    def _release(self, version: int, keep: timedelta = timedelta(0)) -> bool:
        """Give the lease back, now or after `keep`; False when it was lost, or the pair replaced."""
        rows = Credential.objects.filter(pk=self._integration.pk, version=version, lease_owner=self._owner)
        return bool(rows.update(lease_owner="", lease_until=Now() + keep if keep else None))

    def _renew(self, stored: _Stored, usable: bool) -> TokenSet | None:
        """Ask the provider, store what it gives; None when somebody else stored a pair meanwhile.

        usable: whether the present access token still serves, so that an outage disturbs nobody yet.
        """
        integration = self._integration
        try:
            renewed = oauth.refresh(
                integration.connector,
                required_app(integration.provider, integration.environment),
                hosts_of(integration.connector, integration.environment, integration.config),
                stored.tokens,
                on_exchange=self._on_exchange,
                timeout=settings.LEASE_SECONDS,
            )
        except AuthExpired as error:
            with transaction.atomic():
                # Another renewal, or a reconnection, may have replaced the pair while this one was refused.
                if not self._release(stored.version):
                    return None
                broke(integration, Status.RECONNECT, code=error.code, sentence=error.sentence)
            raise
        except ConnectorError as error:
            self._release(stored.version, COOL_DOWN if usable else timedelta(0))
            if not usable:
                raise
            log.warning("tokens.renewal_failed", integration=str(integration.pk), code=error.code)
            return stored.tokens
        if not self._store(stored.version, renewed):
            self._drop_if_disconnected(renewed)
            return None
        self._known = renewed
        return renewed

    def _drop_if_disconnected(self, renewed: TokenSet) -> None:
        """End a grant that was renewed while its integration was being disconnected: nobody else knows of it."""
        integration = self._integration
        if not Credential.objects.filter(pk=integration.pk).exists():
            end_grant(integration.connector, integration.environment, integration.config, renewed)

    def _store(self, version: int, renewed: TokenSet) -> bool:
        """Commit the new pair; False when the pair was replaced or the integration disconnected meanwhile.

        A database that is away for a moment must not cost a pair that the provider will not give again.
        """
        rows = Credential.objects.filter(pk=self._integration.pk, version=version)
        for tries_left in reversed(range(STORE_TRIES)):
            try:
                return bool(
                    rows.update(
                        secrets=renewed.to_secrets(),
                        version=F("version") + 1,
                        lease_owner="",
                        lease_until=None,
                        updated_at=Now(),
                    )
                )
            except (OperationalError, InterfaceError):
                if not tries_left:
                    raise
                log.warning("tokens.store_failed", integration=str(self._integration.pk), tries_left=tries_left)
                time.sleep(0.2 * 2 ** (STORE_TRIES - tries_left))
                close_old_connections()
        return False
