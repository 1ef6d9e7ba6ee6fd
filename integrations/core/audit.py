"""The audit log: who did what, when, from where, with the state before and after. Rows are only ever added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.http import HttpRequest
from structlog.contextvars import get_contextvars

from .masking import MASK, mask
from .models import AuditEvent
from .network import client_ip

# Code of an act → how the log calls it. Other rooms add theirs with `register` in their `AppConfig.ready()`.
AUDIT_ACTIONS: dict[str, str] = {
    "auth.signed_in": "Connexion",
    "auth.sign_in_failed": "Échec de connexion",
    "auth.signed_out": "Déconnexion",
    "auth.password_changed": "Mot de passe modifié",
    "auth.password_reset": "Mot de passe réinitialisé par courriel",
    "user.created": "Personne ajoutée",
    "user.updated": "Personne modifiée",
    "user.password_set": "Mot de passe fixé par l’administration",
    "user.deleted": "Personne supprimée",
    "credentials.rotated": "Secrets rechiffrés",
}

CHANGED_SECRET = f"{MASK} (modifié)"


@dataclass(frozen=True)
class Actor:
    """Someone or something without an account: a token, the worker, a person whose sign-in failed."""

    kind: str
    label: str


SYSTEM = Actor(AuditEvent.SYSTEM, "Système")


def register(actions: Mapping[str, str]) -> None:
    """Add acts (code → French label) to the catalogue; a code cannot change its label."""
    for code, label in actions.items():
        if AUDIT_ACTIONS.setdefault(code, label) != label:
            raise ValueError(f"the audit action {code} is already registered under another label")


def record(
    action: str,
    *,
    actor: AbstractBaseUser | AnonymousUser | Actor | None = None,
    target: models.Model | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    request: HttpRequest | None = None,
) -> AuditEvent:
    """Add a row, in the caller's transaction if there is one.

    `actor`: by default the person signed in on `request`, else the system. `before` and `after` hold the fields that
    the act touched; secrets in them are masked here. Raises ValueError on an action that nobody registered.
    """
    if action not in AUDIT_ACTIONS:
        raise ValueError(f"unknown audit action: {action}")
    if actor is None and request is not None:
        actor = getattr(request, "user", None)
    masked_before, masked_after = _masked(before, after)
    context = get_contextvars()
    return AuditEvent.objects.create(
        action=action,
        **_actor_columns(actor),
        **_target_columns(target),
        before=masked_before,
        after=masked_after,
        # Services know no request: the middleware has bound where the act comes from.
        ip=(client_ip(request) if request else context.get("client_ip")) or None,
        request_id=str(context.get("request_id", ""))[:64],
    )


def _actor_columns(actor: AbstractBaseUser | AnonymousUser | Actor | None) -> dict[str, Any]:
    if isinstance(actor, AbstractBaseUser):
        return {"actor_id": actor.pk, "actor_kind": AuditEvent.USER, "actor_label": str(actor)[:254]}
    if not isinstance(actor, Actor):
        actor = SYSTEM
    return {"actor_kind": actor.kind, "actor_label": actor.label[:254]}


def _target_columns(target: models.Model | None) -> dict[str, Any]:
    if target is None:
        return {}
    return {"target_type": target._meta.label_lower, "target_id": str(target.pk), "target_label": str(target)[:254]}


def _masked(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Mask both sides; a secret that changed says so, since both sides look alike once masked."""
    masked_before: dict[str, Any] | None = None if before is None else mask(before)
    masked_after: dict[str, Any] | None = None if after is None else mask(after)
    if before and after and masked_after:
        for name in before.keys() & after.keys():
            if masked_after[name] == MASK and before[name] != after[name]:
                masked_after[name] = CHANGED_SECRET
    return masked_before, masked_after
