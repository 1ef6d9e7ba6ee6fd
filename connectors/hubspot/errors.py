"""What HubSpot's error categories mean for us."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from requests.structures import CaseInsensitiveDict

from connectors.base.classify import Answer, retry_after
from connectors.base.classify import classify as by_status
from connectors.base.errors import (
    AuthExpired,
    Conflict,
    ConnectorError,
    Misconfigured,
    RateLimited,
    Rejected,
    Transient,
)
from connectors.base.resource import dig
from connectors.hubspot.resources import UNIQUE

WINDOW = 10.0
# The allowance of the day comes back at midnight of the account, which nobody tells us.
DAILY_WAIT = 3600.0
LOCKED_WAIT, MOVING_WAIT = 2.0, 60.0
# Status of a row of a batch, by its category.
ROW_STATUS = {
    "VALIDATION_ERROR": 400,
    "CONFLICT": 409,
    "OBJECT_NOT_FOUND": 404,
    "RATE_LIMITS": 429,
    "MISSING_SCOPES": 403,
}


def classify(label: str, answer: Answer) -> ConnectorError | None:
    """The error that an answer means, None for a success."""
    if answer.ok:
        return None
    data = answer.data if isinstance(answer.data, Mapping) else {}
    found = _known(label, answer, data) or by_status(label, answer)
    if found:
        found.status = answer.status
        found.detail = " ".join(str(data[name]) for name in ("category", "message", "correlationId") if data.get(name))
    return found


def of_row(label: str, method: str, row: Mapping[str, Any]) -> ConnectorError:
    """The error of one row of a batch."""
    status = ROW_STATUS.get(str(row.get("category")), 400)
    found = classify(label, Answer(method, status, CaseInsensitiveDict(), row))
    assert found is not None, "a refusal's status is no success"
    return found


def of_write(label: str, action: str, error: ConnectorError) -> ConnectorError:
    """The error of a write, which means something else where the unique property is missing, or for a change."""
    if action == "create" and isinstance(error, Rejected) and UNIQUE in error.detail:
        return Misconfigured(
            f"{label} ne trouve pas la propriété « {UNIQUE} » qui empêche les doublons. Créez-la avec des valeurs "
            "uniques, comme l’indique le guide de connexion, puis relancez.",
            code="no_unique_property",
            status=error.status,
            detail=error.detail,
        )
    if action != "create" and isinstance(error, Conflict) and error.code == "duplicate":
        return Rejected(
            f"{label} refuse la modification : un autre élément porte déjà ces valeurs. Fusionnez les deux dans "
            f"{label}, ou changez la fiche.",
            code="duplicate",
            status=error.status,
            detail=error.detail,
        )
    return error


def _known(label: str, answer: Answer, data: Mapping[str, Any]) -> ConnectorError | None:
    if answer.status == 429:
        return _throttled(label, answer, data)
    if answer.status in (423, 477):
        wait = retry_after(answer.headers) or (LOCKED_WAIT if answer.status == 423 else MOVING_WAIT)
        return Transient(
            f"{label} a verrouillé cet élément ou déplace le compte ({answer.status}). Un nouvel essai aura lieu de "
            "lui-même.",
            retry_after=max(wait, LOCKED_WAIT),
        )
    if answer.status == 401:
        return AuthExpired(
            f"{label} n’accepte plus l’autorisation enregistrée : elle est expirée ou révoquée. Reconnectez "
            "l’intégration."
        )
    if data.get("category") == "MISSING_SCOPES":
        return Misconfigured(
            f"Il manque des portées à l’autorisation de {label}. Ajoutez-les à l’application, puis reconnectez "
            "l’intégration.",
            code="missing_scopes",
        )
    if answer.status == 409:
        return Conflict(
            f"{label} a déjà un élément avec ces valeurs. Reliez la fiche à cet élément, ou changez-la.",
            code="duplicate",
        )
    return _rejected(label, data) if answer.status == 400 else None


def _throttled(label: str, answer: Answer, data: Mapping[str, Any]) -> RateLimited:
    daily = data.get("policyName") == "DAILY"
    usual = (DAILY_WAIT if daily else WINDOW) * random.uniform(1, 1.25)  # noqa: S311 - not for secrets
    told = retry_after(answer.headers)
    spent = "Les appels du jour sont épuisés" if daily else "Trop de demandes en peu de temps"
    return RateLimited(
        f"{spent} chez {label} (429). La suite reprendra d’elle-même.", retry_after=usual if told is None else told
    )


def _rejected(label: str, data: Mapping[str, Any]) -> Rejected:
    said = str(data.get("message") or "")
    fields: dict[str, str] = {}
    for one in data.get("errors") or []:
        words = str(dig(one, "message") or "")
        names = dig(one, "context.propertyName") or [dig(one, "in") or ""]
        for name in names if isinstance(names, list) else [names]:
            fields[str(name)] = (
                f"{label} refuse cette valeur (« {words} »)." if words else f"{label} refuse cette valeur."
            )
    named = ", ".join(name for name in fields if name)
    where = f" (propriétés : {named})" if named else ""
    reason = f" « {said} »." if said and not named else ""
    return Rejected(
        f"{label} refuse des valeurs{where}.{reason} Corrigez la fiche ou la correspondance, puis réessayez.",
        field_errors=fields,
    )
