"""What an administrator does with endpoints and deliveries; every act is audited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from integrations.core import audit
from integrations.core.ids import uuid7
from integrations.core.models import User
from integrations.records.events import CATALOGUE
from integrations.services import Refused
from webhooks import fanout, payload, signing
from webhooks.models import Delivery, DeliveryStatus, DisabledReason, Endpoint, Replay
from webhooks.sending import compose
from webhooks.sending.policy import is_success
from webhooks.sending.transport import Answer, Transport
from webhooks.sending.wake import notify

ENDPOINT_DELETED = "Le point de terminaison a été supprimé."
OVERLAP = timedelta(hours=24)
SETTINGS = [
    "url",
    "description",
    "all_events",
    "event_types",
    "headers",
    "max_retries",
    "delay_ms",
    "multiplier",
    "timeout_seconds",
    "slow_retry",
]


def label(name: str) -> str:
    """The French name of a setting."""
    return next(str(field.verbose_name) for field in Endpoint._meta.concrete_fields if field.name == name)


def facts(endpoint: Endpoint) -> dict[str, Any]:
    """The settings as the audit log tells them: by French name, headers without their values."""
    told = {}
    for name in SETTINGS:
        value = getattr(endpoint, name)
        if name == "headers":
            value = ", ".join(value) or "—"
        elif name == "event_types":
            value = ", ".join(CATALOGUE[one].label if one in CATALOGUE else one for one in value) or "—"
        told[label(name)] = value if isinstance(value, bool | int) else str(value)
    return told


@transaction.atomic
def create(values: Mapping[str, Any], *, actor: User) -> Endpoint:
    """Add an endpoint with a fresh secret (`endpoint.secret`, to be shown once)."""
    endpoint = Endpoint.objects.create(secret=signing.new_secret(), **values)
    audit.record("webhook.created", actor=actor, target=endpoint, after=facts(endpoint))
    return endpoint


@transaction.atomic
def change(endpoint: Endpoint, values: Mapping[str, Any], *, actor: User) -> bool:
    """Set its settings; whether anything changed."""
    before, old_headers = facts(endpoint), endpoint.headers
    for name, value in values.items():
        setattr(endpoint, name, value)
    endpoint.save(update_fields=list(values))
    after = facts(endpoint)
    changed = {name for name in after if after[name] != before[name]}
    if endpoint.headers != old_headers:
        changed.add(label("headers"))
    if changed:
        audit.record(
            "webhook.changed",
            actor=actor,
            target=endpoint,
            before={name: before[name] for name in before if name in changed},
            after={name: after[name] for name in after if name in changed},
        )
    return bool(changed)


@transaction.atomic
def enable(endpoint: Endpoint, *, actor: User) -> None:
    """Send to it again; what waits goes on at once."""
    opened = Endpoint.objects.live().filter(pk=endpoint.pk, active=False)
    if not opened.update(
        active=True, disabled_reason=DisabledReason.NONE, disabled_at=None, failing_since=None, notice_due_at=None
    ):
        raise Refused("Ce point de terminaison est déjà actif.")
    audit.record("webhook.enabled", actor=actor, target=endpoint)
    notify()


@transaction.atomic
def disable(endpoint: Endpoint, *, actor: User) -> None:
    """Stop sending to it; what waits stays in the queue."""
    closed = Endpoint.objects.active().filter(pk=endpoint.pk)
    if not closed.update(active=False, disabled_reason=DisabledReason.MANUAL, disabled_at=Now()):
        raise Refused("Ce point de terminaison est déjà inactif.")
    audit.record("webhook.disabled", actor=actor, target=endpoint)


@transaction.atomic
def delete(endpoint: Endpoint, *, actor: User) -> None:
    """Remove it from the console and forget its secrets; what waited for it ends as failed."""
    Endpoint.objects.live().filter(pk=endpoint.pk).update(
        active=False, deleted_at=Now(), secret="", old_secret=None, headers={}
    )
    Delivery.objects.filter(endpoint=endpoint, status=DeliveryStatus.PENDING).update(
        status=DeliveryStatus.FAILED, last_error=ENDPOINT_DELETED, next_at=None, finished_at=Now(), lease_owner=""
    )
    audit.record("webhook.deleted", actor=actor, target=endpoint, before=facts(endpoint))


@transaction.atomic
def rotate(endpoint: Endpoint, *, actor: User) -> str:
    """Give it a new secret, which is returned; the one before signs too for 24 hours."""
    locked = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if locked.old_secret_lives():
        raise Refused(
            "Un remplacement est déjà en cours : retirez l’ancien secret avant d’en créer un autre, "
            "sinon le destinataire pourrait n’en connaître aucun."
        )
    locked.old_secret, locked.secret = locked.secret, signing.new_secret()
    locked.old_secret_until = timezone.now() + OVERLAP
    locked.save(update_fields=["secret", "old_secret", "old_secret_until"])
    audit.record("webhook.secret_rotated", actor=actor, target=endpoint)
    return locked.secret


@transaction.atomic
def remove_old_secret(endpoint: Endpoint, *, actor: User) -> None:
    """End a rotation: only the new secret signs from now on."""
    old = Endpoint.objects.filter(pk=endpoint.pk, old_secret__isnull=False)
    if not old.update(old_secret=None, old_secret_until=None):
        raise Refused("Il n’y a pas d’ancien secret à retirer.")
    audit.record("webhook.old_secret_removed", actor=actor, target=endpoint)


@dataclass(frozen=True)
class Tried:
    """A test: what was posted and what came back."""

    event_type: str
    request: compose.Request
    answer: Answer

    @property
    def passed(self) -> bool:
        """Whether the receiver accepted it."""
        return is_success(self.answer.code) and not self.answer.error


def test(endpoint: Endpoint, event_type: str, *, actor: User) -> Tried:
    """Post a real signed sample of that type once and return the answer; nothing is queued."""
    at, event_id = datetime.now(UTC), uuid7()
    body = payload.sample_body(event_type, event_id, at)
    request = compose.signed(endpoint, payload.message_id(event_id), body, at)
    answer = Transport().post(endpoint.url, request.body, request.headers, endpoint.timeout_seconds)
    tried = Tried(event_type, request, answer)
    told = answer.error or f"Réponse {answer.code}"
    audit.record(
        "webhook.tested", actor=actor, target=endpoint, after={"événement": CATALOGUE[event_type].label, "result": told}
    )
    return tried


# --- Sending again ------------------------------------------------------------------------------------------------
@transaction.atomic
def retry(ids: Iterable[int], *, actor: User) -> int:
    """Send these deliveries again, also delivered ones, under the same id; returns how many.

    One that waits for its next attempt goes at once; one that is under way is left alone. Refused when none is left.
    """
    rows = Delivery.objects.filter(pk__in=list(ids), endpoint__deleted_at=None)
    again = fanout.ask(rows)
    sooner = rows.filter(status=DeliveryStatus.PENDING, lease_owner="", next_at__gt=Now()).update(next_at=Now())
    if not again + sooner:
        raise Refused("Rien à réessayer : ces livraisons sont déjà en cours d’envoi.")
    audit.record("webhook.retried", actor=actor, after={"livraisons": again + sooner})
    notify()
    return again + sooner


@transaction.atomic
def request_replay(endpoint: Endpoint, since: datetime, *, with_delivered: bool, actor: User) -> Replay:
    """Send again everything since that moment that the endpoint has not received (or all of it), opening it if closed.

    The work is done in slices by the sender and survives its death. Refused while another replay is under way.
    """
    locked = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if Replay.objects.filter(endpoint=locked, finished_at=None).exists():
        raise Refused("Une reprise est déjà en cours pour ce point de terminaison. Attendez qu’elle soit terminée.")
    if not locked.active:
        enable(locked, actor=actor)
    replay = Replay.objects.create(
        endpoint=locked,
        since=since,
        until=timezone.now(),
        with_delivered=with_delivered,
        requested_by=str(actor)[:254],
    )
    told = {"depuis": since.isoformat(), "celles déjà livrées aussi": with_delivered}
    audit.record("webhook.replayed", actor=actor, target=endpoint, after=told)
    notify()
    return replay
