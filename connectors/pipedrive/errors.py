"""What Pipedrive's answers mean for us."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.base.classify import Answer
from connectors.base.classify import classify as by_status
from connectors.base.errors import ConnectorError, Misconfigured, RateLimited, Rejected

# Nobody says when "midnight, server time" is: one try an hour costs one refused call.
SPENT_WAIT = 3600.0
BLOCKED_WAIT = 300.0
THROTTLED_WAIT = 2.0


def classify(label: str, answer: Answer) -> ConnectorError | None:
    """The error that an answer means. A refusal counts even in a 200."""
    error = by_status(label, answer)
    said = _said(answer.data)
    if error is None:
        refused = isinstance(answer.data, Mapping) and answer.data.get("success") is False
        return _rejected(label, answer, said) if refused else None
    found = _known(label, answer, error, said)
    found.detail, found.status = said, answer.status
    return found


def _said(data: Any) -> str:
    if not isinstance(data, Mapping):
        return ""
    parts = [data.get(name) for name in ("code", "error", "error_info")]
    return " — ".join(part for part in parts if isinstance(part, str) and part)


def _known(label: str, answer: Answer, error: ConnectorError, said: str) -> ConnectorError:
    if isinstance(error, RateLimited):
        error.retry_after = _wait(answer, error.retry_after)
    elif answer.status == 402:
        return Misconfigured(
            f"Le compte {label} est verrouillé, faute de paiement (402). Réglez l’abonnement chez {label}, puis "
            "relancez.",
            code="locked",
        )
    elif answer.status == 403:
        return _forbidden(label, answer, error)
    elif answer.status == 415:
        return Misconfigured(
            f"{label} n’accepte pas la forme de la demande (415). Vérifiez l’adresse de base.", code="bad_form"
        )
    elif isinstance(error, Rejected):
        return _rejected(label, answer, said)
    return error


def _wait(answer: Answer, told: float | None) -> float:
    """Seconds to wait after a 429; Retry-After is not documented, other headers may tell."""
    if told is not None:
        return told
    if answer.headers.get("x-daily-ratelimit-token-remaining", "").strip() == "0":
        return SPENT_WAIT
    reset = answer.headers.get("x-ratelimit-reset", "").strip()
    return float(reset) if reset.isascii() and reset.isdigit() else THROTTLED_WAIT


def _forbidden(label: str, answer: Answer, error: ConnectorError) -> ConnectorError:
    if answer.data is None:
        # A web page of Cloudflare, which bars whoever went on after a 429.
        return RateLimited(
            f"{label} a fermé sa porte pour un moment, car trop de demandes sont arrivées. La suite reprendra d’elle-"
            "même.",
            retry_after=BLOCKED_WAIT,
            code="blocked",
        )
    code = answer.data.get("code") if isinstance(answer.data, Mapping) else None
    if isinstance(code, str) and code.startswith("feature_capping"):
        return Misconfigured(
            f"L’abonnement à {label} n’en permet pas davantage ({code}). Faites de la place chez {label} ou changez "
            "d’abonnement, puis relancez.",
            code="plan_limit",
        )
    return error


def _rejected(label: str, answer: Answer, said: str) -> Rejected:
    words = f" : « {said} »" if said else ""
    return Rejected(
        f"{label} refuse ces valeurs{words}. Corrigez la fiche ou la correspondance de champs, puis réessayez.",
        status=answer.status,
        detail=said,
    )
