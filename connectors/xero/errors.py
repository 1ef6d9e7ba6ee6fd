"""What Xero's refusals mean for us. They are text only: no code per message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.base.classify import Answer
from connectors.base.classify import classify as by_status
from connectors.base.errors import AuthExpired, Conflict, ConnectorError, Misconfigured, NotFound, RateLimited, Rejected
from connectors.base.resource import Resource

# Seconds to wait where a 429 does not say it, by what was too much.
WAITS = {"day": 3600.0, "minute": 60.0, "appminute": 60.0}
DUPLICATES = (
    (
        "already assigned to another contact",
        "duplicate_name",
        "Ce nom est déjà celui d’un contact actif dans Xero. Reliez la fiche à ce contact, ou changez le nom.",
    ),
    (
        "invoice # must be unique",
        "duplicate_number",
        "Ce numéro de facture existe déjà dans Xero. Reliez la fiche à cette facture, ou changez le numéro.",
    ),
)


def classify(label: str, answer: Answer) -> ConnectorError | None:
    """The error that an answer means; a row that was refused inside a 200 counts too."""
    said = list(messages(answer.data))
    if answer.ok:
        return rejected(label, said, None) if said else None
    error = _refused_access(label, answer) or by_status(label, answer)
    if isinstance(error, RateLimited):
        return _patient(label, error, answer)
    if isinstance(error, Rejected):
        error = rejected(label, said or [_whole(answer.data)], answer.status)
    if error is not None:
        error.status = answer.status
        error.detail = " | ".join(said) or _whole(answer.data)
    return error


def messages(data: Any) -> Iterator[str]:
    """Every validation message of an answer, whatever it hangs on."""
    if not isinstance(data, Mapping):
        return
    rows = [row for value in data.values() if isinstance(value, list) for row in value if isinstance(row, Mapping)]
    for row in rows:
        for problem in row.get("ValidationErrors") or []:
            if isinstance(problem, Mapping) and problem.get("Message"):
                yield str(problem["Message"])


def rejected(label: str, said: list[str], status: int | None) -> ConnectorError:
    """Refused values, or a name or number that is taken."""
    for words, code, sentence in DUPLICATES:
        if any(words in message.casefold() for message in said):
            return Conflict(sentence, code=code, status=status, detail=" | ".join(said))
    quoted = " ".join(f"« {message} »" for message in said if message)
    return Rejected(
        f"{label} refuse ces valeurs. {quoted} Corrigez la fiche ou la correspondance, puis réessayez.".replace(
            "  ", " "
        ),
        field_errors=_fields(said),
        status=status,
        detail=" | ".join(said),
    )


_FIELD_WORDS = (
    ("email", "EmailAddress"),
    ("contact name", "Name"),
    ("account", "LineItems"),
    ("taxtype", "LineItems"),
    ("tax type", "LineItems"),
    ("description", "LineItems"),
    ("due date", "DueDate"),
    ("date", "Date"),
    ("amount", "Amount"),
)


def _fields(said: list[str]) -> dict[str, str]:
    """The field that a message most likely speaks of."""
    found: dict[str, str] = {}
    for message in said:
        name = next((name for word, name in _FIELD_WORDS if word in message.casefold()), "")
        found.setdefault(name, f"Xero refuse cette valeur. (« {message} »)")
    return found


def _refused_access(label: str, answer: Answer) -> ConnectorError | None:
    said = _whole(answer.data)
    if answer.status == 401 and "AuthorizationUnsuccessful" in said:
        return Misconfigured(
            f"L’autorisation donnée à {label} ne permet pas cette opération : une portée manque. Vérifiez les portées "
            "de l’application dans le portail de Xero, puis reconnectez l’intégration.",
            code="missing_scope",
        )
    if answer.status == 401:
        return AuthExpired(
            f"{label} n’accepte plus l’autorisation enregistrée : elle est expirée ou révoquée. Reconnectez "
            "l’intégration."
        )
    if answer.status == 403:
        return tenant_gone(label)
    return None


def tenant_gone(label: str) -> Misconfigured:
    """The organisation is no longer among those that the consent opens."""
    return Misconfigured(
        f"Cette organisation n’est plus reliée à l’application dans {label}. Reconnectez l’intégration et choisissez "
        "la même organisation.",
        code="tenant_gone",
    )


def another_kind(label: str, resource: Resource) -> NotFound:
    """The error of a purchase that was asked for as a sale, or the reverse."""
    return NotFound(
        f"Ce document de {label} n’est pas de « {resource.label} ». Rien n’est à faire : il est suivi sous son vrai "
        "genre."
    )


def _patient(label: str, error: RateLimited, answer: Answer) -> RateLimited:
    problem = answer.headers.get("X-Rate-Limit-Problem", "").strip().lower()
    if error.retry_after is None:
        error.retry_after = WAITS.get(problem)
    if problem == "day":
        error.sentence = (
            f"Le nombre de demandes permis par jour à cette organisation {label} est atteint. La suite reprendra "
            "d’elle-même."
        )
    error.detail = f"X-Rate-Limit-Problem: {problem}" if problem else ""
    return error


def _whole(data: Any) -> str:
    if not isinstance(data, Mapping):
        return ""
    return str(data.get("Detail") or data.get("Message") or data.get("Title") or "")
