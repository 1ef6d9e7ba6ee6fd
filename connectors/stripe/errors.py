"""What Stripe's errors mean for us."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.base.classify import Answer
from connectors.base.classify import classify as by_status
from connectors.base.errors import (
    ConnectorError,
    CursorExpired,
    NotFound,
    RateLimited,
    Rejected,
    Transient,
)
from connectors.base.resource import dig

CURSORS = frozenset({"starting_after", "ending_before"})
NOT_NOW = 60.0
SENTENCES = {
    "charge_already_refunded": "Ce paiement est déjà remboursé en entier. Relancez une synchronisation.",
    "invoice_not_editable": "La facture est émise : Stripe ne permet plus de la changer. Refaites-en une.",
    "email_invalid": "L’adresse de courriel n’est pas valable. Corrigez-la, puis réessayez.",
    "amount_too_small": "Le montant est trop petit pour Stripe. Corrigez-le, puis réessayez.",
    "amount_too_large": "Le montant est trop grand. Corrigez-le, puis réessayez.",
    "parameter_missing": "Une valeur exigée par Stripe manque. Complétez la fiche, puis réessayez.",
    "resource_missing": "Un élément auquel la demande renvoie n’existe pas, ou plus, dans Stripe. Corrigez la fiche.",
}


def classify(label: str, answer: Answer) -> ConnectorError | None:
    """The error that an answer means: by its type and code, else by its status."""
    error = by_status(label, answer)
    if error is None:
        return None
    told = dig(answer.data, "error")
    found = _known(label, answer, told, error) if isinstance(told, Mapping) else error
    if isinstance(told, Mapping):
        said = f"{told.get('code') or told.get('type') or ''} {told.get('message') or ''}"
        found.detail = f"{said.strip()} [{answer.headers.get('Request-Id', '')}]".removesuffix(" []")
    return _told_when(label, answer, found)


def _known(label: str, answer: Answer, told: Mapping[str, Any], error: ConnectorError) -> ConnectorError:
    code, kind = str(told.get("code") or ""), str(told.get("type") or "")
    if answer.status == 409:
        return Transient(
            f"{label} traite encore la même demande ou le même élément (409). Un nouvel essai aura lieu de lui-même.",
            code=code or "busy",
            status=409,
        )
    if kind == "idempotency_error":
        return Rejected(
            f"{label} a déjà reçu cet envoi avec un autre contenu : il n’est pas refait. Relancez l’envoi de la fiche.",
            code="idempotency_key_reused",
            status=answer.status,
        )
    if code == "resource_missing" and told.get("param") in CURSORS:
        return CursorExpired(
            "Stripe ne connaît plus le repère de page : l’élément a été supprimé. La lecture reprend du début.",
            status=answer.status,
        )
    if answer.status in (400, 402):
        return _rejected(label, answer, told, code)
    return error


def dead_reference(label: str, error: NotFound) -> Rejected:
    """A creation that refers to something that is gone."""
    return Rejected(
        f"{label} refuse la création : un élément auquel elle renvoie n’existe plus. Corrigez la fiche, puis "
        "réessayez.",
        code="resource_missing",
        status=error.status,
        detail=error.detail,
    )


def _rejected(label: str, answer: Answer, told: Mapping[str, Any], code: str) -> Rejected:
    name = str(told.get("param") or "").replace("[", ".").replace("]", "")
    said = str(told.get("message") or "")
    if answer.status == 402:
        reason = f"Le paiement est refusé par la banque ou l’émetteur de la carte (« {said} »)."
        return Rejected(reason, code=str(told.get("decline_code") or code or "card_error"), status=402)
    known = SENTENCES.get(code, "Corrigez la fiche ou la correspondance de champs, puis réessayez.")
    where = f" (champ : {name})" if name else ""
    return Rejected(
        f"{label} refuse la demande{where}. {known}",
        field_errors={name: f"Stripe refuse cette valeur. (« {said} »)"} if name else {},
        code=code,
        status=answer.status,
    )


def _told_when(label: str, answer: Answer, error: ConnectorError) -> ConnectorError:
    """Stripe may say itself whether the same request is worth another try, against what the status would mean."""
    again = answer.headers.get("Stripe-Should-Retry", "")
    if again == "true" and not isinstance(error, Transient):
        return Transient(
            f"{label} demande de refaire le même envoi plus tard ({answer.status}).",
            code=error.code,
            status=answer.status,
            detail=error.detail,
        )
    if again == "false" and isinstance(error, Transient) and not isinstance(error, RateLimited):
        # Not at once: whoever planned the work comes back to it.
        error.retry_after = max(error.retry_after or 0, NOT_NOW)
    return error
