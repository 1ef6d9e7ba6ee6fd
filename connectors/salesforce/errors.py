"""What Salesforce's error codes mean for us: by the code first, by the status second."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from typing import Any

from connectors.base.classify import Answer, retry_after
from connectors.base.classify import classify as by_status
from connectors.base.errors import (
    AuthExpired,
    Conflict,
    ConnectorError,
    CursorExpired,
    Misconfigured,
    NotFound,
    RateLimited,
    Rejected,
    Transient,
)

# The allowance is counted over 24 hours: it comes back little by little.
THROTTLED_WAIT = 900.0
# A 401 with these words is a rule of the organization; a new token would be refused too.
FINAL = ("not valid for use with the REST API", "not attached to Agent")

# The rest of the day's calls is for the organization's other users: a long reading waits.
RESERVE = 0.98
_USAGE = re.compile(r"\bapi-usage=(\d+)/(\d+)")

FIELD_SENTENCES = {
    "REQUIRED_FIELD_MISSING": "Salesforce exige une valeur.",
    "STRING_TOO_LONG": "Le texte est trop long pour Salesforce.",
    "INVALID_EMAIL_ADDRESS": "Salesforce refuse cette adresse de courriel.",
    "INVALID_FIELD": "Salesforce ne connaît pas ce champ, ou le cache à l’utilisateur qui a donné son accord.",
    "INVALID_FIELD_FOR_INSERT_UPDATE": "Salesforce ne laisse pas écrire ce champ.",
    "INVALID_CROSS_REFERENCE_KEY": "L’élément désigné n’existe pas ou n’existe plus dans Salesforce.",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "Une règle de validation de votre organisation refuse cette valeur.",
}
_GONE = frozenset({"NOT_FOUND", "ENTITY_IS_DELETED"})
_DUPLICATE = frozenset({"DUPLICATE_VALUE", "DUPLICATES_DETECTED"})
_BUSY = frozenset({"UNABLE_TO_LOCK_ROW", "QUERY_TIMEOUT", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION"})
_FORBIDDEN = frozenset({"INSUFFICIENT_ACCESS_OR_READONLY", "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"})


def classify(label: str, answer: Answer) -> ConnectorError | None:
    """The error that an answer means, None for a success."""
    if answer.ok:
        return None
    faults = fault_list(answer.data)
    code = str(faults[0].get("errorCode") or "") if faults else ""
    said = str(faults[0].get("message") or "") if faults else ""
    found = _known(label, answer, code, said, faults) or by_status(label, answer)
    if found:
        found.detail, found.status = f"{code} {said}".strip(), answer.status
    if isinstance(found, AuthExpired) and found.code == "session_refused":
        # Without its status the request loop asks for no new token.
        found.status = None
    return found


def fault_list(data: Any) -> list[Mapping[str, Any]]:
    """The errors of an answer, which is an array of objects."""
    return [one for one in data if isinstance(one, Mapping)] if isinstance(data, list) else []


def left_today(headers: Mapping[str, str]) -> int | None:
    """Calls that the organization has left of its 24 hours, None when the answer does not say."""
    usage = _USAGE.search(headers.get("Sforce-Limit-Info", ""))
    return int(usage[2]) - int(usage[1]) if usage else None


def leave_the_rest(answer: Answer) -> None:
    """RateLimited when the organization has used nearly all its calls of the day, which every answer tells."""
    usage = _USAGE.search(answer.headers.get("Sforce-Limit-Info", ""))
    if usage and int(usage[1]) >= RESERVE * int(usage[2]):
        raise RateLimited(
            "Les appels permis par Salesforce sur 24 heures sont presque épuisés : la lecture reprendra d’elle-même, "
            "et le reste est laissé à l’organisation.",
            retry_after=THROTTLED_WAIT,
            code="daily_reserve",
        )


def of_write(label: str, action: str, error: ConnectorError) -> ConnectorError:
    """The error of a write, which means something else for a creation than for a change."""
    if action == "create" and isinstance(error, NotFound):
        return Misconfigured(
            f"{label} ne trouve pas le champ d’identifiant externe qui empêche les doublons. Créez-le comme l’indique "
            "le guide de connexion, ou corrigez son nom dans les options avancées.",
            code="no_external_id",
            status=error.status,
            detail=error.detail,
        )
    if action != "create" and isinstance(error, Conflict) and error.code == "duplicate":
        return Rejected(
            f"{label} refuse la modification : un autre élément porte déjà ces valeurs. Fusionnez les deux dans "
            "Salesforce, ou changez la fiche.",
            code="duplicate",
            status=error.status,
            detail=error.detail,
        )
    return error


def _known(label: str, answer: Answer, code: str, said: str, faults: list[Mapping[str, Any]]) -> ConnectorError | None:
    if answer.status == 300:
        return Rejected(
            f"Plusieurs éléments de {label} portent l’identifiant externe de cette fiche : rien n’a été écrit. "
            "Rendez ce champ unique dans Salesforce, puis réessayez.",
            code="ambiguous_external_id",
        )
    if code == "INVALID_SESSION_ID" and any(words in said for words in FINAL):
        return AuthExpired(
            f"{label} refuse cette session pour une règle de l’organisation (« {said} »). Vérifiez l’application "
            "connectée dans Salesforce, puis reconnectez l’intégration.",
            code="session_refused",
        )
    if code == "REQUEST_LIMIT_EXCEEDED" or code in _BUSY:
        return _later(label, answer, code)
    if code in _FORBIDDEN and answer.method != "GET":
        return Rejected(
            f"{label} ne permet pas à l’utilisateur qui a donné son accord de modifier cet élément. Donnez-lui ce "
            "droit dans Salesforce, puis réessayez.",
            code="forbidden",
        )
    if code in _DUPLICATE:
        return Conflict(
            f"{label} a déjà un élément qui ressemble à celui-ci. Reliez la fiche à cet élément, ou changez-la.",
            code="duplicate",
        )
    if code == "INVALID_FIELD" and answer.method == "GET":
        return _bad_query(label)
    if code in _KNOWN:
        return _KNOWN[code](label)
    return _rejected(label, answer, code, said, faults) if answer.method != "GET" and answer.status == 400 else None


def _later(label: str, answer: Answer, code: str) -> Transient:
    wait = retry_after(answer.headers)
    if code in _BUSY:
        return Transient(f"{label} est occupé ({code}). Un nouvel essai aura lieu de lui-même.", retry_after=wait)
    return RateLimited(
        f"Les appels permis par {label} sur 24 heures sont épuisés pour toute l’organisation. La suite reprendra "
        "d’elle-même.",
        retry_after=THROTTLED_WAIT * random.uniform(1, 1.25) if wait is None else wait,  # noqa: S311 - not for secrets
    )


def gone(label: str) -> ConnectorError:
    """The object is not there any more."""
    return NotFound(
        f"{label} ne trouve pas cet élément : il a été supprimé. Relancez une synchronisation pour mettre les fiches à "
        "jour."
    )


def _bad_query(label: str) -> ConnectorError:
    return Misconfigured(
        f"{label} ne comprend pas la recherche demandée. Vérifiez les filtres et les champs à lire en plus dans les "
        "options avancées.",
        code="bad_query",
    )


def _read_again(label: str) -> ConnectorError:
    return CursorExpired(f"{label} ne connaît plus ce point de lecture. La lecture recommence d’elle-même.")


_KNOWN: Mapping[str, Callable[[str], ConnectorError]] = {
    **dict.fromkeys(_GONE, gone),
    "MALFORMED_QUERY": _bad_query,
    "INVALID_QUERY_LOCATOR": _read_again,
    "INVALID_REPLICATION_DATE": _read_again,
    "EXCEEDED_ID_LIMIT": _read_again,
    "API_DISABLED_FOR_ORG": lambda label: Misconfigured(
        f"L’édition de {label} de votre organisation n’ouvre pas l’API. Demandez à Salesforce de l’activer.",
        code="api_disabled",
    ),
}


def _rejected(label: str, answer: Answer, code: str, said: str, faults: list[Mapping[str, Any]]) -> Rejected:
    fields: dict[str, str] = {}
    for one in faults:
        words = str(one.get("message") or "")
        sentence = FIELD_SENTENCES.get(str(one.get("errorCode")), "Salesforce refuse cette valeur.")
        for name in one.get("fields") or [""]:
            fields[str(name)] = f"{sentence} (« {words} »)" if words else sentence
    named = ", ".join(name for name in fields if name)
    where = f" (champs : {named})" if named else ""
    reason = FIELD_SENTENCES.get(code) or (f"« {said} »." if said else "")
    return Rejected(
        f"{label} refuse des valeurs{where}. {reason} Corrigez la fiche ou la correspondance, puis réessayez.".replace(
            "  ", " "
        ),
        field_errors=fields,
        code={"INVALID_CROSS_REFERENCE_KEY": "invalid_reference"}.get(code, ""),
        status=answer.status,
    )
