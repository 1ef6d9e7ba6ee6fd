"""From an HTTP answer to the error that says what happens next; a connector refines it by its provider's codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from requests.structures import CaseInsensitiveDict

from connectors.base.errors import (
    AuthExpired,
    Conflict,
    ConnectorError,
    Malformed,
    Misconfigured,
    NotFound,
    RateLimited,
    Rejected,
    Transient,
    Unreadable,
)


@dataclass(frozen=True)
class Answer:
    """A provider's answer, its body parsed: `data` is None when there was none or when it is not JSON."""

    method: str
    status: int
    headers: CaseInsensitiveDict[str]
    data: Any = None

    @property
    def ok(self) -> bool:
        """Whether the request succeeded."""
        return 200 <= self.status < 300


def retry_after(headers: CaseInsensitiveDict[str], now: datetime | None = None) -> float | None:
    """Seconds to wait by the Retry-After header (seconds or HTTP date), None when absent or unreadable."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - (now or datetime.now(UTC))).total_seconds())


def classify(label: str, answer: Answer) -> ConnectorError | None:
    """The error that an answer means, by its status alone; None for a success. `label` is the provider's name."""
    status = answer.status
    if answer.ok:
        return None
    if status < 400:
        return Misconfigured(
            f"{label} renvoie vers une autre adresse ({status}), ce qui n’est pas suivi par prudence. Vérifiez "
            "l’adresse de base dans les options avancées.",
            code="redirected",
            status=status,
        )
    if status == 429:
        wait = retry_after(answer.headers)
        return RateLimited(
            f"{label} reçoit trop de demandes et a demandé d’attendre (429). La suite reprendra d’elle-même.",
            retry_after=wait,
            status=status,
        )
    if status >= 500 or status in (408, 425):
        return Transient(
            f"{label} est momentanément incapable de répondre ({status}). Un nouvel essai aura lieu de lui-même; si "
            "cela dure, consultez l’état du service chez le fournisseur.",
            retry_after=retry_after(answer.headers),
            status=status,
        )
    return _refusal(label, status)


def _refusal(label: str, status: int) -> ConnectorError:
    if status == 401:
        return AuthExpired(
            f"{label} refuse la clé ou l’autorisation enregistrée (401) : elle est erronée, expirée ou révoquée. "
            "Reconnectez l’intégration avec une clé valable.",
            status=status,
        )
    if status == 403:
        return Misconfigured(
            f"{label} reconnaît la clé, mais lui interdit cette opération (403). Demandez au fournisseur d’accorder ce "
            "droit à la clé, puis relancez.",
            code="forbidden",
            status=status,
        )
    if status in (404, 410):
        return NotFound(
            f"{label} ne trouve pas cet élément ({status}) : il a sans doute été supprimé. Relancez une "
            "synchronisation pour mettre les fiches à jour.",
            status=status,
        )
    if status == 405:
        return Misconfigured(
            f"{label} n’offre pas cette opération (405). Vérifiez l’adresse de base et le sens de synchronisation.",
            code="not_offered",
            status=status,
        )
    if status in (409, 412):
        return Conflict(
            f"L’élément a changé chez {label} depuis la dernière lecture ({status}). Il sera relu avant un nouvel "
            "envoi.",
            status=status,
        )
    return Rejected(
        f"{label} refuse la demande ({status}). Corrigez la fiche ou la correspondance de champs, puis réessayez.",
        status=status,
    )


def checked(label: str, answer: Answer, body: bytes, expect: type) -> Answer:
    """The success itself, when it can be read and its JSON is of the expected type. 204 and 304 have no body."""
    if answer.status in (204, 304) or isinstance(answer.data, expect):
        return answer
    if answer.data is None:
        raise _unreadable(label, answer, body)
    raise Malformed(
        f"La réponse de {label} n’a pas la forme prévue : un autre genre de données est arrivé. Vérifiez l’adresse de "
        "base, puis la version du contrat avec le fournisseur.",
        status=answer.status,
    )


def _unreadable(label: str, answer: Answer, body: bytes) -> Unreadable:
    kind = answer.headers.get("Content-Type", "").lower()
    if "html" in kind or body.lstrip()[:1] == b"<":
        return Unreadable(
            f"{label} a répondu par une page Web au lieu de données : le service est sans doute en maintenance, ou "
            "l’adresse de base est erronée. Un nouvel essai aura lieu de lui-même; si cela dure, vérifiez l’adresse de "
            "base.",
            code="html",
            status=answer.status,
        )
    return Unreadable(
        f"La réponse de {label} est incomplète ou illisible : elle s’est sans doute interrompue en chemin. Rien n’a "
        "été enregistré; un nouvel essai aura lieu de lui-même.",
        code="truncated",
        status=answer.status,
    )
