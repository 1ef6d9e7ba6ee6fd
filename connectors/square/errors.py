"""What Square's error codes mean for us."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.base.classify import Answer
from connectors.base.classify import classify as by_status
from connectors.base.errors import (
    AuthExpired,
    Conflict,
    ConnectorError,
    CursorExpired,
    Misconfigured,
    NotFound,
    Rejected,
)
from connectors.base.resource import dig

STALE = frozenset({"VERSION_MISMATCH", "CONFLICT"})
DEAD = frozenset({"UNAUTHORIZED", "ACCESS_TOKEN_EXPIRED", "ACCESS_TOKEN_REVOKED"})
SENTENCES = {
    "IDEMPOTENCY_KEY_REUSED": "Square a déjà reçu cet envoi avec un autre contenu : relancez l’envoi de la fiche.",
    "MISSING_REQUIRED_PARAMETER": "Une valeur exigée par Square manque.",
    "VALUE_TOO_LONG": "Le texte est trop long pour Square.",
    "INVALID_EMAIL_ADDRESS": "L’adresse de courriel n’est pas valable.",
    "INVALID_PHONE_NUMBER": "Le numéro de téléphone n’est pas valable : donnez-le avec l’indicatif (+1…).",
    "REFUND_AMOUNT_INVALID": "Le montant dépasse ce qui reste à rembourser.",
    "REFUND_ALREADY_PENDING": "Un remboursement est déjà en cours pour ce paiement.",
    "PAYMENT_NOT_REFUNDABLE": "Ce paiement ne peut pas être remboursé.",
}


def classify(label: str, answer: Answer) -> ConnectorError | None:
    """The error that an answer means: by the code of its first error, else by its status."""
    error = by_status(label, answer)
    if error is None:
        return None
    listed = dig(answer.data, "errors")
    told = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    if not told:
        return error
    code = str(told[0].get("code") or "")
    found = _known(label, answer, code, told) or error
    found.detail = f"{code} {told[0].get('detail') or ''}".strip()
    found.status = answer.status
    return found


def _known(label: str, answer: Answer, code: str, told: list[Mapping[str, Any]]) -> ConnectorError | None:
    if code in STALE:
        return Conflict(
            f"L’élément a été modifié dans {label} depuis la dernière lecture. Il sera relu avant un nouvel envoi.",
            code="stale",
        )
    if code in DEAD:
        return AuthExpired(
            f"{label} n’accepte plus l’autorisation enregistrée : elle est erronée, expirée ou révoquée. Reconnectez "
            "l’intégration."
        )
    if code == "INSUFFICIENT_SCOPES":
        return Misconfigured(
            f"L’accès à {label} n’a pas toutes les permissions nécessaires. Reconnectez l’intégration et accordez-les.",
            code="forbidden",
        )
    if code == "NOT_FOUND" and answer.status == 404:
        return NotFound(f"{label} ne trouve pas cet élément : il a été supprimé ou fusionné avec un autre.")
    if code == "INVALID_CURSOR":
        return CursorExpired("Square n’accepte plus le repère de page : la lecture reprend du début de la passe.")
    return _rejected(label, code, told) if answer.status in (400, 402, 404, 409, 422) else None


def _rejected(label: str, code: str, told: list[Mapping[str, Any]]) -> Rejected:
    fields: dict[str, str] = {}
    for one in told:
        reason = SENTENCES.get(str(one.get("code")), "Square refuse cette valeur.")
        if one.get("field"):
            fields[str(one["field"])] = f"{reason} (« {one.get('detail') or one.get('code')} »)"
    where = f" (champs : {', '.join(fields)})" if fields else ""
    said = SENTENCES.get(code) or f"« {told[0].get('detail') or code} »."
    return Rejected(
        f"{label} refuse la demande{where}. {said} Corrigez la fiche ou la correspondance, puis réessayez.",
        field_errors=fields,
        code=code.lower(),
    )


def dead_reference(label: str, error: NotFound) -> Rejected:
    """A creation that refers to something that is gone."""
    return Rejected(
        f"{label} refuse la création : un élément auquel elle renvoie (client, paiement, établissement) n’existe plus. "
        "Corrigez la fiche, puis réessayez.",
        code="dead_reference",
        status=error.status,
        detail=error.detail,
    )
