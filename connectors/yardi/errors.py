"""What Voyager's answers mean when something is wrong: mostly a text inside a success."""

from __future__ import annotations

import re

from connectors.base.classify import Answer
from connectors.base.classify import classify as by_status
from connectors.base.errors import (
    AuthExpired,
    ConnectorError,
    Misconfigured,
    RateLimited,
    Rejected,
    Transient,
    Unreadable,
)
from connectors.yardi import soap

PATIENCE = 60.0
"""Seconds to wait after a refusal for too many calls, as Yardi publishes no figure."""

_LOGIN = re.compile(r"log[\s-]?in failed|login credentials|invalid (?:user|login|password)", re.IGNORECASE)
_RIGHT = re.compile(
    r"licen[cs]e|not authori[sz]ed|access (?:is )?denied|interface entity|no access|permission", re.IGNORECASE
)
_LIMIT = re.compile(r"rate limit|limit (?:has been )?(?:exceeded|reached)|too many (?:calls|requests)", re.IGNORECASE)
_NOTHING = re.compile(r"\b(?:no|none)\b[^.:]*\b(?:found|match|exist)|\bnone found\b", re.IGNORECASE)


def classify(label: str, answer: Answer) -> ConnectorError | None:
    """The error that an answer means for whatever operation; what depends on it is judged by the caller."""
    if answer.ok and answer.data is None and "xml" in answer.headers.get("Content-Type", "").lower():
        return Unreadable(
            f"La réponse de {label} est incomplète ou illisible : elle s’est sans doute interrompue en chemin. Rien "
            "n’a "
            "été enregistré; un nouvel essai aura lieu de lui-même.",
            code="truncated",
            status=answer.status,
        )
    said = soap.fault(answer.data)
    texts = [said] if said else soap.messages(answer.data)
    for one in texts:
        known = _known(label, one)
        if known:
            known.status = answer.status
            return known
    if said and 400 <= answer.status < 600 and "client" in _fault_code(answer):
        return rejected(label, [said])
    return _patient(by_status(label, answer), said)


def nothing_found(texts: list[str]) -> bool:
    """Whether the errors only say that a search found nothing."""
    return bool(texts) and all(_NOTHING.search(one) for one in texts)


def unreadable_property(label: str, code: str, texts: list[str]) -> Misconfigured:
    """A search that the provider refuses for one property."""
    where = f" pour l’immeuble « {code} »" if code else ""
    return Misconfigured(
        f"{label} refuse la lecture{where} : « {' '.join(texts)} ». Vérifiez que l’accès d’interface couvre cet "
        "immeuble, "
        "puis relancez.",
        code="refused_read",
        detail=" ".join(texts),
    )


def rejected(label: str, texts: list[str]) -> Rejected:
    """A write that the provider refuses, in its own words."""
    words = " ".join(texts)
    fields = {
        name: f"Yardi refuse cette valeur : « {one} »."
        for one in texts
        for name, word in _FIELDS.items()
        if word in one.lower()
    }
    return Rejected(
        f"{label} refuse le bon de travail : « {words} ». Corrigez la fiche ou la correspondance de champs, puis "
        "réessayez.",
        field_errors=fields,
        detail=words,
    )


def empty_answer(label: str) -> AuthExpired:
    """No document at all where at least a list must be: that is how some servers answer a wrong access."""
    return AuthExpired(
        f"{label} a répondu sans rien dire, ce qui arrive quand l’accès d’interface est erroné. Vérifiez "
        "l’utilisateur, le "
        "mot de passe, le serveur, la base, l’entité et la licence, puis reconnectez l’intégration.",
        code="empty_answer",
    )


_FIELDS = {
    "PropertyCode": "property",
    "_unit": "unit",
    "_tenant": "tenant",
    "Priority": "priority",
    "Category": "category",
    "CurrentStatus": "status",
    "ServiceRequestBriefDescription": "brief description",
    "HasPermissionToEnter": "permission to enter",
}


def _known(label: str, said: str) -> ConnectorError | None:
    if _LOGIN.search(said):
        return AuthExpired(
            f"{label} refuse l’accès d’interface : « {said} ». Vérifiez l’utilisateur, le mot de passe, le serveur et "
            "la "
            "base, puis reconnectez l’intégration.",
            detail=said,
        )
    if _LIMIT.search(said):
        return RateLimited(
            f"{label} reçoit trop de demandes et a demandé d’attendre. La suite reprendra d’elle-même.",
            retry_after=PATIENCE,
            detail=said,
        )
    if _RIGHT.search(said) and "to enter" not in said.lower():
        return Misconfigured(
            f"{label} n’ouvre pas cette interface : « {said} ». Vérifiez la licence et l’entité de l’interface auprès "
            "de "
            "Yardi, puis relancez.",
            code="forbidden",
            detail=said,
        )
    return None


def _fault_code(answer: Answer) -> str:
    body = answer.data.get("Body") if isinstance(answer.data, dict) else None
    found = body.get("Fault") if isinstance(body, dict) else None
    return soap.text(found.get("faultcode")).lower() if isinstance(found, dict) else ""


def _patient(error: ConnectorError | None, said: str | None) -> ConnectorError | None:
    if isinstance(error, Transient):
        error.detail = said or ""
        if error.retry_after is None and error.status in (429, 503):
            error.retry_after = PATIENCE
    return error
