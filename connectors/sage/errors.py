"""What Intacct's errors mean for us. They come in three wrappers, at times inside a success."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.base.classify import Answer, retry_after
from connectors.base.classify import classify as by_status
from connectors.base.errors import AuthExpired, Conflict, ConnectorError, Misconfigured, RateLimited, Rejected
from connectors.base.resource import dig

THROTTLED_WAIT = 60.0
TOKEN_CODES = frozenset({"tokenInvalid", "REST-2102"})


def classify(label: str, answer: Answer) -> ConnectorError | None:
    """The error that an answer means: by its code, else by its status. An error counts even in a 2xx."""
    said = wrapped(answer.data)
    error = by_status(label, answer)
    if error is None and said is None:
        return None
    texts = list(messages(said or {}))
    detail = " ".join([str((said or {}).get("errorId") or ""), *texts]).strip()
    found = _known(label, answer, said or {}, texts, error)
    found.detail = detail
    return found


def wrapped(data: Any) -> Mapping[str, Any] | None:
    """The error in whichever of its three wrappers."""
    if not isinstance(data, Mapping):
        return None
    result = data.get("ia::result")
    inside = result.get("ia::error") if isinstance(result, Mapping) else None
    found = inside or data.get("ia::error") or data.get("error")
    return found if isinstance(found, Mapping) else None


def messages(error: Mapping[str, Any]) -> Iterator[str]:
    """The error's words; those of nested errors say more and come first."""
    for nested in error.get("details") or ():
        if isinstance(nested, Mapping):
            yield from messages(nested)
    if error.get("message"):
        yield str(error["message"])


def duplicate(label: str, what: str) -> Conflict:
    """Something that may stand once is there already."""
    return Conflict(
        f"{label} a déjà un élément qui porte {what}. Il sera relié au lieu d’être créé de nouveau.",
        code="duplicate",
        status=409,
    )


def stale(label: str) -> Conflict:
    """The object was changed since it was read."""
    return Conflict(
        f"L’élément a été modifié dans {label} depuis la dernière lecture. Il sera relu avant un nouvel envoi.",
        code="stale",
    )


def _known(
    label: str, answer: Answer, said: Mapping[str, Any], texts: list[str], error: ConnectorError | None
) -> ConnectorError:
    if answer.status == 401 or {str(said.get("code")), str(said.get("errorId"))} & TOKEN_CODES:
        # Seen with 400 as well: the token is renewed once all the same.
        return AuthExpired(
            f"{label} n’accepte plus le jeton, même renouvelé. Vérifiez l’accès, puis reconnectez l’intégration.",
            status=401,
        )
    if isinstance(error, RateLimited):
        error.retry_after = _wait(answer)
        return error
    if isinstance(error, Conflict):
        return duplicate(label, "le même numéro ou le même nom (409)")
    if answer.status == 403:
        words = f" : « {texts[0]} »" if texts else ""
        return Misconfigured(
            f"{label} interdit cette opération{words}. Vérifiez les droits de l’utilisateur de services Web et "
            "l’autorisation donnée à notre application dans Intacct.",
            code="forbidden",
            status=403,
        )
    if error is None or isinstance(error, Rejected):
        return _rejected(label, answer, said, texts)
    return error


def _rejected(label: str, answer: Answer, said: Mapping[str, Any], texts: list[str]) -> Rejected:
    words = " ".join(dict.fromkeys(texts)) or "sans explication"
    fields = {name: f"Sage refuse cette valeur : « {text} »." for name, text in _fields(said)}
    return Rejected(
        f"{label} refuse la demande : « {words} ». Corrigez la fiche ou la correspondance, puis réessayez.",
        field_errors=fields,
        status=answer.status,
    )


def _fields(error: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for nested in (error, *(one for one in error.get("details") or () if isinstance(one, Mapping))):
        named = dig(nested, "additionalInfo.propertySet")
        for name in named if isinstance(named, Mapping) else ():
            yield str(name), str(nested.get("message") or "")


def _wait(answer: Answer) -> float:
    """The longest wait that any header asks for."""
    waits = [retry_after(answer.headers)]
    for name, value in answer.headers.items():
        if name.lower().startswith("x-ia-") and name.lower().endswith("retry-after"):
            try:
                waits.append(float(value))
            except ValueError:
                continue
    known = [wait for wait in waits if wait is not None]
    return max(known) if known else THROTTLED_WAIT
