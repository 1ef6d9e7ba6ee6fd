"""What Zoho's answers mean for us: by the code of the whole call, or of its only row, else by the status."""

from __future__ import annotations

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
    RateLimited,
    Rejected,
    Transient,
)
from connectors.base.resource import dig

LOCKED_WAIT = 300.0
FIELD_SENTENCES = {
    "MANDATORY_NOT_FOUND": "Zoho exige une valeur.",
    "INVALID_DATA": "La valeur n’a pas la forme que Zoho attend, ou l’élément désigné n’existe pas.",
    "DUPLICATE_DATA": "Zoho a déjà un élément avec cette valeur.",
}


class Duplicate(Conflict):
    """A creation that Zoho refuses because an object has the same unique value; `remote_id` is that object's."""

    default_code = "duplicate"
    remote_id = ""


def classify(label: str, answer: Answer) -> ConnectorError | None:
    """The error that an answer means. A row that failed counts even in a 2xx."""
    if answer.status == 304:
        # Nothing was modified: a success without a body.
        return None
    error = by_status(label, answer)
    problem = _problem(answer.data)
    if problem is None:
        return error
    code = str(problem.get("code") or "")
    make = _KNOWN.get(code)
    found = make(label, problem) if make else error or _rejected(label, problem)
    if isinstance(error, Rejected) and not make:
        found = _rejected(label, problem)
    if isinstance(found, RateLimited):
        # Zoho rarely tells the wait: the pause then grows from one try to the next.
        found.retry_after = retry_after(answer.headers)
    found.detail = f"{code} {problem.get('message') or ''} {_where(problem)}".strip()
    # Of a scope that is missing, no newer token would help: without the status nobody asks for one.
    found.status = None if code == "OAUTH_SCOPE_MISMATCH" else answer.status
    return found


def _problem(data: Any) -> Mapping[str, Any] | None:
    """The error of the whole call, or of the first row that failed."""
    if not isinstance(data, Mapping):
        return None
    rows = [data.get(name) for name in ("data", "watch")]
    listed = [data, *(row for one in rows if isinstance(one, list) for row in one)]
    failed = (one for one in listed if isinstance(one, Mapping) and one.get("status") == "error" and one.get("code"))
    return next(failed, None)


def _where(problem: Mapping[str, Any]) -> str:
    return str(dig(problem, "details.json_path") or dig(problem, "details.api_name") or "")


def _rejected(label: str, problem: Mapping[str, Any]) -> Rejected:
    code, name = str(problem.get("code") or ""), str(dig(problem, "details.api_name") or "")
    sentence = FIELD_SENTENCES.get(code, "Zoho refuse cette valeur.")
    said = f"« {problem.get('message')} »" if problem.get("message") else f"« {code} »"
    where = f" (champ : {name})" if name else ""
    return Rejected(
        f"{label} refuse des valeurs{where}. {sentence} Zoho répond : {said}. Corrigez la fiche ou la correspondance, "
        "puis réessayez.",
        field_errors={name: sentence} if name else {},
        code=code.casefold() if code in FIELD_SENTENCES else "",
    )


def _expired(label: str, problem: Mapping[str, Any]) -> AuthExpired:
    return AuthExpired(
        f"{label} n’accepte plus l’autorisation enregistrée : elle est expirée ou révoquée. Reconnectez l’intégration."
    )


def _scope(label: str, problem: Mapping[str, Any]) -> AuthExpired:
    return AuthExpired(
        f"L’autorisation donnée à {label} ne couvre pas cette opération : une portée manque. Reconnectez l’intégration "
        "pour donner un nouvel accord.",
        code="scope_missing",
    )


def _forbidden(label: str, problem: Mapping[str, Any]) -> Misconfigured:
    return Misconfigured(
        f"{label} interdit cette opération à la personne qui a donné son accord. Demandez ce droit à un administrateur "
        "de Zoho, puis relancez.",
        code="forbidden",
    )


def _bad_address(label: str, problem: Mapping[str, Any]) -> Misconfigured:
    return Misconfigured(
        f"{label} ne connaît pas cette adresse ou ce module. Vérifiez que les modules Comptes, Contacts et Affaires "
        "sont actifs dans Zoho.",
        code="bad_address",
    )


def _duplicate(label: str, problem: Mapping[str, Any]) -> Duplicate:
    name = dig(problem, "details.api_name") or "?"
    error = Duplicate(
        f"{label} a déjà un élément qui porte la même valeur (champ : {name}). Il sera relié au lieu d’être créé de "
        "nouveau."
    )
    error.remote_id = str(dig(problem, "details.duplicate_record.id") or dig(problem, "details.id") or "")
    return error


def _locked(label: str, problem: Mapping[str, Any]) -> Transient:
    return Transient(
        f"L’élément est verrouillé dans {label} pour le moment. Un nouvel essai aura lieu de lui-même.",
        retry_after=LOCKED_WAIT,
        code="locked",
    )


def _stale(label: str, problem: Mapping[str, Any]) -> Conflict:
    return Conflict(
        f"L’élément a été modifié dans {label} depuis la dernière lecture. Il sera relu avant un nouvel envoi.",
        code="stale",
    )


def _cursor(label: str, problem: Mapping[str, Any]) -> CursorExpired:
    return CursorExpired(
        f"{label} n’accepte plus le repère de page (il vaut 24 heures et 100 000 fiches) : la lecture reprend à la "
        "dernière fiche vue."
    )


def _throttled(label: str, problem: Mapping[str, Any]) -> RateLimited:
    return RateLimited(f"{label} reçoit trop de demandes et a demandé d’attendre. La suite reprendra d’elle-même.")


def _outage(label: str, problem: Mapping[str, Any]) -> Transient:
    return Transient(f"{label} est momentanément incapable de répondre. Un nouvel essai aura lieu de lui-même.")


_KNOWN: Mapping[str, Callable[[str, Mapping[str, Any]], ConnectorError]] = {
    "INVALID_TOKEN": _expired,
    "AUTHENTICATION_FAILURE": _expired,
    "OAUTH_SCOPE_MISMATCH": _scope,
    "NO_PERMISSION": _forbidden,
    "INVALID_URL_PATTERN": _bad_address,
    "INVALID_MODULE": _bad_address,
    "DUPLICATE_DATA": _duplicate,
    "RECORD_LOCKED": _locked,
    "ALREADY_MODIFIED": _stale,
    "RECORD_MODIFIED": _stale,
    "EXPIRED_VALUE": _cursor,
    "TOKEN_BOUND_DATA_MISMATCH": _cursor,
    "PAGINATION_LIMIT_EXCEEDED": _cursor,
    "TOO_MANY_REQUESTS": _throttled,
    "RATE_LIMIT_EXCEEDED": _throttled,
    "INTERNAL_ERROR": _outage,
}
