"""Where ROVIDA's proposed contract needs more than a declaration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from connectors.base.classify import Answer, classify, retry_after
from connectors.base.connector import Account, Environment
from connectors.base.errors import (
    Conflict,
    ConnectorError,
    CursorExpired,
    Malformed,
    Misconfigured,
    Rejected,
    Transient,
)
from connectors.base.resource import Resource, dig
from connectors.base.writes import PreparedWrite

KEY_MODES = {"rov_live_": "production", "rov_test_": "test"}

FIELD_SENTENCES = {
    "enum": "La valeur n’est pas de celles que ROVIDA accepte.",
    "required": "ROVIDA exige une valeur.",
    "too_long": "Le texte est trop long pour ROVIDA.",
    "format": "La valeur n’a pas la forme que ROVIDA attend.",
    "type": "La valeur n’est pas du genre que ROVIDA attend.",
    "minimum": "Le nombre est trop petit pour ROVIDA.",
    "unknown": "ROVIDA ne connaît pas ce champ ou ne permet pas de l’écrire.",
    "not_found": "L’élément désigné n’existe pas chez ROVIDA.",
}

# Fields that only POST takes, and the one that only PATCH takes.
FIXED_AFTER_CREATION = {"units": frozenset({"property_id"}), "work_orders": frozenset({"property_id"})}
SET_AFTER_CREATION = {"work_orders": frozenset({"completed_at"})}


def check_key_mode(key: str, environment: Environment) -> None:
    """Misconfigured when the key's prefix shows that it is for the other mode. Unknown prefixes pass: the prefix is a
    proposal, the account's answer to /ping decides."""
    wanted = "production" if environment == "production" else "test"
    for prefix, mode in KEY_MODES.items():
        if key.startswith(prefix) and mode != wanted:
            raise Misconfigured(
                f"Cette clé ROVIDA est une clé de {mode} ({prefix}…), mais l’intégration n’est pas en mode {mode}. "
                f"Choisissez une clé de {wanted}, ou changez l’environnement de l’intégration.",
                code="wrong_mode",
            )


def account(data: Mapping[str, Any], environment: Environment) -> Account:
    """The account that /ping names; Misconfigured when it is not of the connection's environment."""
    remote_id, mode = data.get("id"), data.get("environment")
    if not remote_id or mode not in ("live", "sandbox"):
        raise Malformed(
            "ROVIDA n’a pas dit à qui appartient la clé ni dans quel environnement. Vérifiez l’adresse de base, puis "
            "la version du contrat avec le fournisseur."
        )
    if (mode == "live") != (environment == "production"):
        raise Misconfigured(
            f"Cette clé ouvre un compte {'réel' if mode == 'live' else 'de test'} de ROVIDA, ce qui n’est pas "
            "l’environnement de l’intégration. Changez la clé ou l’environnement.",
            code="wrong_mode",
        )
    return Account(str(remote_id), str(data.get("name") or remote_id), environment)


def refine(label: str, answer: Answer) -> ConnectorError | None:
    """The error that an answer means: by the problem's code where the status alone does not tell."""
    error = classify(label, answer)
    if error is None:
        return None
    code = str(dig(answer.data, "code") or "")
    error.detail = str(dig(answer.data, "detail") or "")
    if code == "invalid_cursor":
        return CursorExpired(
            "ROVIDA n’accepte plus le repère de page (il vaut 24 heures) : la lecture reprend du début de la passe.",
            status=answer.status,
            detail=error.detail,
        )
    if code == "validation_failed":
        return _rejected(label, answer, error.detail)
    if answer.status == 409:
        return _conflict(label, answer, code, error.detail)
    return error


def _rejected(label: str, answer: Answer, detail: str) -> Rejected:
    fields: dict[str, str] = {}
    for item in dig(answer.data, "errors") or ():
        name = str(dig(item, "field") or "").strip("/").replace("/", ".")
        sentence = FIELD_SENTENCES.get(str(dig(item, "code")), "ROVIDA refuse cette valeur.")
        message = dig(item, "message")
        fields[name] = f"{sentence} (« {message} »)" if message else sentence
    named = ", ".join(name for name in fields if name) or "non précisés"
    return Rejected(
        f"{label} refuse des valeurs (champs : {named}). Corrigez la fiche ou la correspondance de champs, puis "
        "réessayez.",
        field_errors=fields,
        status=answer.status,
        detail=detail,
    )


def _conflict(label: str, answer: Answer, code: str, detail: str) -> ConnectorError:
    """409 means four things: a key reused, a key still running, a reference in use, an object still referred to."""
    if code == "idempotency_key_reused":
        return Rejected(
            f"{label} a déjà reçu cet envoi avec un autre contenu (409) : il n’est pas refait. Relancez l’envoi de la "
            "fiche.",
            code=code,
            status=409,
            detail=detail,
        )
    if dig(answer.data, "errors"):
        return Conflict(
            f"{label} a déjà un élément qui porte notre référence (409). Il sera relié au lieu d’être créé de nouveau.",
            code="reference_in_use",
            status=409,
            detail=detail,
        )
    if answer.method == "DELETE" and not answer.headers.get("Retry-After"):
        return Conflict(
            f"{label} ne supprime pas cet élément, car d’autres y sont encore rattachés (409). Supprimez ou déplacez "
            "d’abord ceux-ci.",
            code="still_referenced",
            status=409,
            detail=detail,
        )
    return Transient(
        f"{label} traite encore le même envoi (409). Un nouvel essai aura lieu de lui-même.",
        retry_after=retry_after(answer.headers),
        code="still_running",
        status=409,
        detail=detail,
    )


def creation(resource: Resource, values: Mapping[str, Any], reference: str) -> dict[str, Any]:
    """Body of a creation. What only a later change may set is left out: the next comparison sends it."""
    late = SET_AFTER_CREATION.get(resource.name, frozenset())
    body = {name: value for name, value in values.items() if name not in late}
    return {**body, "reference_id": reference} if reference else body


def check_change(resource: Resource, values: Mapping[str, Any]) -> None:
    """Rejected, before any request, when a field that never changes is to change."""
    wrong = FIXED_AFTER_CREATION.get(resource.name, frozenset()) & set(values)
    if wrong:
        sentence = "ROVIDA ne permet pas de changer l’immeuble d’un élément déjà créé."
        raise Rejected(
            f"{sentence} Remettez l’ancien immeuble sur la fiche, ou supprimez l’élément et créez-le de nouveau.",
            field_errors=dict.fromkeys(sorted(wrong), sentence),
            code="immutable",
        )


def write(
    method: str, resource: Resource, path: str, key: str, values: Mapping[str, Any] | None, *, version: str = ""
) -> PreparedWrite:
    """A write with its key, for the version that the object must still have."""
    kind = {"PATCH": "application/merge-patch+json", "DELETE": ""}.get(method, "application/json")
    headers = {"Idempotency-Key": key, "Content-Type": kind, "If-Match": f'"{version}"' if version else ""}
    return PreparedWrite(
        method=method,
        role="api",
        path=path,
        resource=resource.name,
        action={"POST": "create", "PATCH": "update", "PUT": "upsert"}.get(method, "delete"),
        headers={name: value for name, value in headers.items() if value},
        body="" if values is None else json.dumps(dict(values), ensure_ascii=False, separators=(",", ":")),
        repeatable=True,
    )
