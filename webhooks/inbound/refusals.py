"""Why a call is refused, and how often: counters by day and a few samples, whatever strangers send.

A flood costs one write a second for each process and reason: what comes in between is counted in memory and written
with the next call. Killing the process loses at most that.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from connectors.base.signatures import SENTENCES as SIGNATURE_SENTENCES
from integrations.core import audit
from integrations.models import Integration
from webhooks.inbound import alarms
from webhooks.models import RefusedCall, RefusedSample

log = structlog.get_logger(__name__)

SAMPLES = 50
WRITE_EVERY = 1.0

SENTENCES: Mapping[str, str] = {
    **{reason: sentence for reason, sentence in SIGNATURE_SENTENCES.items() if reason},
    "unknown_address": "L’adresse appelée n’existe pas, ou n’existe plus. Chez le fournisseur, remplacez-la par celle "
    "de l’intégration.",
    "foreign_address": "L’appel vient d’une adresse IP qui n’est pas dans la liste du fournisseur (WEBHOOK_SOURCES).",
    "content_type": "Le type de contenu n’est pas celui du fournisseur.",
    "too_large": "Le contenu dépasse la taille permise.",
    "cut_short": "Le contenu est arrivé incomplet : le fournisseur devrait rappeler.",
    "switched_off": "Les webhooks de l’intégration sont désactivés. Activez-les, ou retirez l’abonnement chez le "
    "fournisseur.",
    "unreadable": "L’appel est authentique, mais son contenu n’est pas celui que le fournisseur documente.",
    "other_account": "L’appel concerne un autre compte que celui de l’intégration dont il utilise l’adresse.",
    "unexpected_check": "Vérification d’adresse que nous n’avons pas demandée.",
    "reused_key": "Un événement déjà reçu est revenu avec un autre contenu. Le secret est peut-être connu d’un tiers : "
    "remplacez-le.",
}
"""Reason → what happened and what to do."""

STATUS: Mapping[str, int] = {
    "unknown_address": 404,
    "foreign_address": 403,
    "content_type": 415,
    "too_large": 413,
    "cut_short": 400,
    "switched_off": 403,
    "unreadable": 400,
    "other_account": 403,
    "unexpected_check": 403,
    "reused_key": 409,
}
"""Reason → HTTP status; what is not here has to do with the signature and is answered as the provider wants."""


class Refusal(Exception):
    """A call that is not taken; `reason` is a key of SENTENCES."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Key(NamedTuple):
    """What refusals are counted by, besides the day."""

    provider: str
    integration_id: UUID | None
    reason: str


@dataclass
class Tally:
    """Refusals of this process that the database does not know yet."""

    counts: Counter[Key] = field(default_factory=Counter)
    samples: dict[Key, Mapping[str, Any]] = field(default_factory=dict)
    due_at: dict[Key, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, key: Key, sample: Callable[[], Mapping[str, Any]]) -> bool:
        """Count one; whether it is time to write."""
        with self.lock:
            self.counts[key] += 1
            if key not in self.samples:
                self.samples[key] = sample()
            return time.monotonic() >= self.due_at.get(key, 0.0)

    def take(self) -> list[tuple[Key, int, Mapping[str, Any]]]:
        """What there is to write now."""
        with self.lock:
            taken = [(key, count, self.samples[key]) for key, count in self.counts.items()]
            later = time.monotonic() + WRITE_EVERY
            self.due_at.update({key: later for key, _, _ in taken})
            self.counts.clear()
            self.samples.clear()
            return taken


_tally = Tally()


def note(key: Key, sample: Callable[[], Mapping[str, Any]], *, alarm: bool = False) -> None:
    """Count a refused call. `sample` makes the columns of a RefusedSample. `alarm`: do not wait with it."""
    if _tally.add(key, sample) or alarm:
        flush()


def flush() -> None:
    """Write what was counted in this process. A database that is away costs the counts, never the answer."""
    for key, count, sample in _tally.take():
        try:
            first = _count(key, count) == count
            _keep(key, sample)
            if first and key.reason == "reused_key":
                _tell(key)
        except DatabaseError as error:
            log.warning("inbound.refusals_lost", count=count, reason=key.reason, error=type(error).__name__)


def _tell(key: Key) -> None:
    """The first one of a day, in the journal and by e-mail; strangers' are in the journal only."""
    concerned = Integration.objects.filter(pk=key.integration_id).first() if key.integration_id else None
    audit.record("inbound.reused_key", actor=audit.SYSTEM, target=concerned, after={"fournisseur": key.provider})
    if concerned:
        alarms.tell(concerned.pk)


_UPSERT = """
INSERT INTO webhooks_refusedcall (provider, integration_id, reason, day, count, last_at)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT ({target}) WHERE {where}
DO UPDATE SET count = webhooks_refusedcall.count + EXCLUDED.count, last_at = EXCLUDED.last_at
RETURNING count
"""
_OF_INTEGRATION = _UPSERT.format(target="provider, integration_id, reason, day", where="integration_id IS NOT NULL")
_OF_PROVIDER = _UPSERT.format(target="provider, reason, day", where="integration_id IS NULL")


def _count(key: Key, count: int) -> int:
    """Add to the counter of today; its new value."""
    now, ops = timezone.now(), connection.ops
    integration = RefusedCall._meta.get_field("integration").get_db_prep_value(key.integration_id, connection)
    values = [
        key.provider,
        integration,
        key.reason,
        ops.adapt_datefield_value(timezone.localdate(now)),
        count,
        ops.adapt_datetimefield_value(now),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_OF_INTEGRATION if key.integration_id else _OF_PROVIDER, values)
        return int(cursor.fetchone()[0])


def _keep(key: Key, sample: Mapping[str, Any]) -> None:
    """Keep a sample, and of each provider the last ones only."""
    RefusedSample.objects.create(provider=key.provider, integration_id=key.integration_id, reason=key.reason, **sample)
    kept = RefusedSample.objects.filter(provider=key.provider).order_by("-id")
    over = list(kept.values_list("pk", flat=True)[SAMPLES : SAMPLES + 1])
    if over:
        RefusedSample.objects.filter(provider=key.provider, pk__lte=over[0]).delete()
