"""Whom an address belongs to, which secrets open it, and which integrations a call concerns.

Read with plain SQL: these are the statements of every call.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, connection

import connectors
from connectors.base.webhooks import Webhooks
from integrations.oauth.apps import webhook_secrets
from webhooks.inbound import keys
from webhooks.inbound.refusals import Refusal
from webhooks.models import InboundSubscription, SubscriptionState

# How exact InboundSubscription.last_call_at is: not every call costs an update.
NOTED_EVERY = 30.0
_noted: dict[UUID, float] = {}
Found = TypeVar("Found")


@dataclass(frozen=True)
class Owner:
    """An integration that a call may concern."""

    integration_id: UUID
    environment: str
    account: str
    enabled: bool


@dataclass(frozen=True)
class Receiver:
    """What stands behind an address. `owner`: the integration of a keyed one, None for the address of all accounts.

    `secrets`: by environment. `pending`: whether we are just subscribing; `remote_ids`: of its subscriptions, as far as
    known.
    """

    provider: str
    webhooks: Webhooks
    url: str
    owner: Owner | None = None
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    pending: bool = False
    remote_ids: tuple[str, ...] = ()

    @property
    def all_secrets(self) -> list[str]:
        """Those of every environment."""
        return [secret for secrets in self.secrets.values() for secret in secrets]


def find(slug: str, key: str) -> Receiver:
    """Who is called; Refusal when the address is none of ours. An unknown key costs what a known one costs."""
    known = slug in connectors.REGISTRY
    row = _at_once(lambda: _subscription(slug if known else "", key)) if key else None
    declared = connectors.get(slug).webhooks if known else None
    if declared is None or (row is None if key else not declared.app_level):
        raise Refusal("unknown_address")
    url = keys.address(slug, key)
    if row is None:
        return Receiver(slug, declared, url, secrets=_at_once(lambda: webhook_secrets(slug)))
    owner, state, remote_ids, own = row
    if declared.secret == "app":  # noqa: S105 - where it comes from
        own = webhook_secrets(slug).get(owner.environment, ())
    pending = state == SubscriptionState.PENDING
    return Receiver(slug, declared, url, owner, {owner.environment: own}, pending, remote_ids)


def _at_once(read: Callable[[], Found]) -> Found:
    """The first read of a call: on the connection as it is, and once more on a new one when it was broken. Django would
    ask the database beforehand, at each call, whether it is there."""
    connection.health_check_done = True  # type: ignore[attr-defined]
    try:
        return read()
    except (InterfaceError, OperationalError):
        if connection.in_atomic_block:
            raise
        connection.close()
        return read()


_BY_KEY = """
SELECT i.id, i.environment, i.account_id, i.webhooks_enabled, s.state, s.remote_ids, s.secrets
FROM webhooks_inboundsubscription s JOIN integrations_integration i ON i.id = s.integration_id
WHERE s.key_hash IN ({hashes}) AND i.provider = %s AND i.deleted_at IS NULL
"""


def _subscription(slug: str, key: str) -> tuple[Owner, str, tuple[str, ...], tuple[str, ...]] | None:
    hashes = keys.possible_hashes(key)
    with connection.cursor() as cursor:
        cursor.execute(_BY_KEY.format(hashes=", ".join(["%s"] * len(hashes))), [*hashes, slug])
        row = cursor.fetchone()
    if row is None:
        return None
    found = InboundSubscription(secrets=InboundSubscription._meta.get_field("secrets").decrypt(row[6]))
    remote_ids = json.loads(row[5]) if isinstance(row[5], str) else row[5]
    return _owner(row[:4]), row[4], tuple(map(str, remote_ids)), tuple(found.live_secrets())


_BY_ACCOUNT = """
SELECT id, environment, account_id, webhooks_enabled FROM integrations_integration
WHERE provider = %s AND deleted_at IS NULL AND environment IN ({environments}) AND account_id IN ({accounts})
"""
# One parameter for any number of accounts.
_ACCOUNTS = {
    "postgresql": "SELECT jsonb_array_elements_text(%s::jsonb)",
    "sqlite": "SELECT value FROM json_each(%s)",
}


def owners(slug: str, environments: Collection[str], accounts: Iterable[str]) -> dict[str, list[Owner]]:
    """The live integrations of these accounts, by account: one statement."""
    named = sorted({account for account in accounts if account})
    found: dict[str, list[Owner]] = {}
    if not named or not environments:
        return found
    accounts = _ACCOUNTS[connection.vendor]
    sql = _BY_ACCOUNT.format(environments=", ".join(["%s"] * len(environments)), accounts=accounts)
    with connection.cursor() as cursor:
        cursor.execute(sql, [slug, *environments, json.dumps(named, ensure_ascii=False)])
        for row in cursor.fetchall():
            owner = _owner(row)
            found.setdefault(owner.account, []).append(owner)
    return found


def _owner(row: tuple[Any, ...]) -> Owner:
    identifier, environment, account, enabled = row
    return Owner(identifier if isinstance(identifier, UUID) else UUID(identifier), environment, account, bool(enabled))


def to_note(integrations: Iterable[UUID]) -> list[UUID]:
    """Those whose last call this process has not noted for a while."""
    limit = time.monotonic() - NOTED_EVERY
    return [pk for pk in integrations if _noted.get(pk, limit) <= limit]


def noted(integrations: Iterable[UUID]) -> None:
    """Their last call is noted."""
    _noted.update(dict.fromkeys(integrations, time.monotonic()))


# --- Where calls may come from --------------------------------------------------------------------------------------
def may_call(slug: str, address: str) -> bool:
    """Whether calls of that provider may come from there: WEBHOOK_SOURCES, where the provider is in it."""
    networks = settings.WEBHOOK_SOURCES.get(slug)
    if not networks:
        return True
    try:
        caller = ip_address(address)
    except ValueError:
        return False
    return any(caller in _network(network) for network in networks)


_network = lru_cache(maxsize=1024)(ip_network)


def check_sources(**kwargs: Any) -> list[CheckMessage]:
    """Refuse to start when WEBHOOK_SOURCES cannot be read."""
    try:
        for slug, networks in dict(settings.WEBHOOK_SOURCES).items():
            if slug not in connectors.REGISTRY:
                raise ImproperlyConfigured(f"{slug!r} is no provider")
            if not isinstance(networks, list):
                raise ImproperlyConfigured(f"{slug!r} must have a list of networks")
            for network in networks:
                ip_network(network)
    except (ImproperlyConfigured, TypeError, ValueError) as error:
        return [Error(f"WEBHOOK_SOURCES: {error}.", id="webhooks.E002")]
    return []
