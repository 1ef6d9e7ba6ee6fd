"""Where Financeit's proposed contract needs more than a declaration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.base.classify import Answer, classify, retry_after
from connectors.base.errors import Conflict, ConnectorError, CursorExpired, Rejected, Transient
from connectors.base.resource import Codec, Resource, dig
from connectors.base.writes import PreparedWrite

TORONTO = ZoneInfo("America/Toronto")
FIELD_SENTENCES = {
    "enum": "La valeur n’est pas de celles que Financeit accepte.",
    "required": "Financeit exige une valeur.",
    "too_long": "Le texte est trop long pour Financeit.",
    "format": "La valeur n’a pas la forme que Financeit attend.",
    "type": "La valeur n’est pas du genre que Financeit attend.",
    "minimum": "Le nombre est trop petit pour Financeit.",
    "unknown": "Financeit ne connaît pas ce champ ou ne permet pas de l’écrire.",
    "not_found": "L’élément désigné n’existe pas chez Financeit.",
    "state": "L’état de la demande ne permet pas cette étape.",
    "immutable": "Ce champ ne change plus à cette étape de la demande.",
}


def complete(raw: Mapping[str, Any], status_map: str) -> dict[str, Any]:
    """The loan with its state in our words and its applicant's whole name."""
    given, family = (str(dig(raw, f"applicant.{name}_name") or "").strip() for name in ("given", "family"))
    status = str(raw.get("status") or "")
    return {**raw, "_status": states(status_map).get(status, status), "_name": f"{given} {family}".strip()}


def states(written: str) -> dict[str, str]:
    """The vendor's states that a setting translates: "theirs=ours; …"."""
    pairs = (one.partition("=") for one in written.split(";"))
    return {theirs.strip(): ours.strip() for theirs, _, ours in pairs if theirs.strip() and ours.strip()}


def _day(raw: Any) -> Any:
    if not raw:
        return None
    try:
        return datetime.fromisoformat(str(raw)).astimezone(TORONTO).date()
    except ValueError as error:
        raise ValueError(f"« {raw} » n’est pas un instant que l’on sait lire.") from error


def _read_only(value: Any) -> Any:
    raise ValueError("Ce champ de Financeit est en lecture seule.")


DAY = Codec(_day, _read_only)
"""An instant as the day that it is in Toronto."""


def refine(label: str, answer: Answer) -> ConnectorError | None:
    """The error that an answer means: by the problem's code where the status alone does not tell."""
    error = classify(label, answer)
    if error is None:
        return None
    code = str(dig(answer.data, "code") or "")
    listed = dig(answer.data, "errors") or []
    vendor = [one for one in listed if isinstance(one, str)]
    error.detail = str(dig(answer.data, "detail") or "") or "; ".join(vendor)
    if code == "invalid_cursor":
        return CursorExpired(
            f"{label} n’accepte plus le repère de page (il vaut 24 heures) : la lecture reprend du début de la passe.",
            status=answer.status,
            detail=error.detail,
        )
    if answer.status == 409:
        return _conflict(label, answer, code, error.detail)
    if isinstance(error, Rejected):
        return _rejected(label, answer, vendor, error.detail)
    return error


def creation(values: Mapping[str, Any], reference: str, *, invite: bool) -> dict[str, Any]:
    """Body of a creation; Rejected when what every application needs is missing."""
    body = {name: _plain(value) for name, value in values.items() if not name.startswith("_")}
    names = [f"applicant.{name}" for name in ("given_name", "family_name") if not dig(body, f"applicant.{name}")]
    missing = names + [name for name in ("amount_requested",) if not body.get(name)]
    if missing:
        raise Rejected(
            "Financeit exige le montant demandé ainsi que le prénom et le nom du demandeur pour créer une demande. "
            "Remplissez-les, ou créez la demande chez Financeit : elle sera lue à la synchronisation suivante.",
            field_errors=dict.fromkeys(missing, FIELD_SENTENCES["required"]),
            code="required",
        )
    if invite:
        body["send_invite"] = True
    return {**body, "reference_id": reference} if reference else body


def changes(values: Mapping[str, Any]) -> dict[str, Any]:
    """Body of a merge patch."""
    return {name: _plain(value) for name, value in values.items() if not name.startswith("_")}


def write(
    method: str, resource: Resource, action: str, path: str, key: str, *, values: Any = None, version: str = ""
) -> PreparedWrite:
    """A write with its key, for the version that the loan must still have."""
    kind = {"PATCH": "application/merge-patch+json"}.get(method, "application/json") if values is not None else ""
    headers = {"Idempotency-Key": key, "Content-Type": kind, "If-Match": f'"{version}"' if version else ""}
    return PreparedWrite(
        method=method,
        role="api",
        path=path,
        resource=resource.name,
        action=action,
        headers={name: value for name, value in headers.items() if value},
        body="" if values is None else json.dumps(values, ensure_ascii=False, separators=(",", ":")),
        repeatable=True,
    )


def _plain(value: Any) -> Any:
    """A choice of account mapping is written as its id alone."""
    return value["value"] if isinstance(value, Mapping) and set(value) == {"value"} else value


def _rejected(label: str, answer: Answer, vendor: list[str], detail: str) -> Rejected:
    fields: dict[str, str] = {}
    for item in dig(answer.data, "errors") or ():
        if isinstance(item, Mapping):
            name = str(item.get("field") or "").strip("/").replace("/", ".")
            sentence = FIELD_SENTENCES.get(str(item.get("code")), "Financeit refuse cette valeur.")
            fields[name] = f"{sentence} (« {item['message']} »)" if item.get("message") else sentence
    named = ", ".join(name for name in fields if name) or "non précisés"
    words = f" : « {'; '.join(vendor)} »" if vendor else f" (champs : {named})"
    return Rejected(
        f"{label} refuse la demande{words}. Corrigez la fiche ou la correspondance de champs, puis réessayez.",
        field_errors=fields,
        status=answer.status,
        detail=detail,
    )


def _conflict(label: str, answer: Answer, code: str, detail: str) -> ConnectorError:
    """409 means three things: a key reused, a reference in use, or a key that is still at work."""
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
            f"{label} a déjà une demande qui porte notre référence (409). Elle sera reliée au lieu d’être créée de "
            "nouveau.",
            code="reference_in_use",
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
