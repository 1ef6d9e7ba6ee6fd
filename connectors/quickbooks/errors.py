"""What QuickBooks' fault codes mean for us."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from connectors.base.classify import Answer
from connectors.base.classify import classify as by_status
from connectors.base.errors import (
    AuthExpired,
    Conflict,
    ConnectorError,
    Misconfigured,
    NotFound,
    RateLimited,
    Rejected,
)

THROTTLED_WAIT = 60.0

FIELD_SENTENCES = {
    "2010": "QuickBooks ne connaît pas ce champ.",
    "2020": "QuickBooks exige une valeur.",
    "2050": "Le texte est trop long pour QuickBooks.",
    "2500": "L’élément désigné n’existe pas ou n’existe plus dans QuickBooks.",
}
DUPLICATES = {
    "6240": (
        "duplicate_name",
        "Ce nom est déjà celui d’un client, d’un fournisseur ou d’un employé dans QuickBooks, peut-être inactif. "
        "Reliez la fiche à cet élément, ou changez le nom.",
    ),
    "6140": (
        "duplicate_number",
        "Ce numéro de document existe déjà dans QuickBooks. Reliez la fiche à ce document, ou changez le numéro.",
    ),
}


def classify(label: str, answer: Answer) -> ConnectorError | None:
    """The error that an answer means: by its fault code, else by its status. A fault counts even in a 200."""
    faults = fault_errors(answer.data)
    error = by_status(label, answer)
    if not faults:
        return _patient(error)
    code = str(faults[0].get("code") or "")
    detail = str(faults[0].get("detail") or faults[0].get("message") or "")
    found = _known(label, answer, code, faults) or _patient(error) or _rejected(label, answer, code, faults)
    found.detail = f"{code} {detail}".strip()
    found.status = answer.status
    return found


def fault_errors(data: Any) -> list[dict[str, Any]]:
    """The errors of a fault, keys in lower case: there are `{"Fault": {"Error": …}}` and `{"fault": {"error": …}}`."""
    if not isinstance(data, Mapping):
        return []
    fault = data.get("Fault") or data.get("fault")
    listed = (fault.get("Error") or fault.get("error")) if isinstance(fault, Mapping) else None
    if not isinstance(listed, list):
        return []
    return [{str(name).lower(): value for name, value in one.items()} for one in listed if isinstance(one, Mapping)]


def dead_reference(label: str, error: NotFound) -> Rejected:
    """A creation that refers to something deleted or inactive."""
    return Rejected(
        f"{label} refuse la création : un élément auquel elle renvoie (client, article, compte ou code de taxe) a été "
        "supprimé ou rendu inactif. Réactivez-le dans QuickBooks ou corrigez la correspondance, puis réessayez.",
        code="dead_reference",
        status=error.status,
        detail=error.detail,
    )


def _patient(error: ConnectorError | None) -> ConnectorError | None:
    """Intuit rarely says how long to wait: a minute, and not everyone at once."""
    if isinstance(error, RateLimited) and error.retry_after is None:
        error.retry_after = THROTTLED_WAIT * random.uniform(1, 1.25)  # noqa: S311 - not for secrets
    return error


def _bad_query(label: str) -> Misconfigured:
    return Misconfigured(
        f"{label} ne comprend pas la recherche demandée. Vérifiez les filtres de l’intégration.", code="bad_query"
    )


def _known(label: str, answer: Answer, code: str, faults: list[dict[str, Any]]) -> ConnectorError | None:
    if code == "3001":
        return _patient(by_status(label, Answer(answer.method, 429, answer.headers)))
    if code == "10000":
        return by_status(label, Answer(answer.method, 500, answer.headers))
    if code in DUPLICATES:
        name, sentence = DUPLICATES[code]
        return Conflict(sentence, code=name)
    if code in FIELD_SENTENCES or code == "6000":
        return _rejected(label, answer, code, faults)
    make = _KNOWN.get(code)
    return make(label) if make else None


_KNOWN: Mapping[str, Callable[[str], ConnectorError]] = {
    "3200": lambda label: AuthExpired(
        f"{label} n’accepte plus l’autorisation enregistrée : elle est expirée ou révoquée. Reconnectez l’intégration."
    ),
    "3100": lambda label: Misconfigured(
        f"L’application n’a pas accès à cette entreprise {label}, ou les clés sont celles d’un autre environnement "
        "(une clé de développement n’ouvre que les entreprises d’essai). Vérifiez l’environnement, puis "
        "reconnectez l’intégration.",
        code="wrong_company",
    ),
    "5010": lambda label: Conflict(
        f"L’élément a été modifié dans {label} depuis la dernière lecture. Il sera relu avant un nouvel envoi.",
        code="stale",
    ),
    "610": lambda label: NotFound(
        f"{label} ne trouve pas cet élément : il a été supprimé ou rendu inactif. Relancez une synchronisation "
        "pour mettre les fiches à jour."
    ),
    "4000": _bad_query,
    "4001": _bad_query,
}


def _rejected(label: str, answer: Answer, code: str, faults: list[dict[str, Any]]) -> Rejected:
    fields: dict[str, str] = {}
    for one in faults:
        said = str(one.get("detail") or one.get("message") or "")
        sentence = FIELD_SENTENCES.get(str(one.get("code")), "QuickBooks refuse cette valeur.")
        fields[str(one.get("element") or "")] = f"{sentence} (« {said} »)" if said else sentence
    if code == "6000":
        said = str(faults[0].get("detail") or faults[0].get("message") or "")
        sentence = f"{label} refuse l’opération à cause d’une règle de gestion : « {said} ». Corrigez la fiche ou "
        return Rejected(f"{sentence}réglez la situation dans QuickBooks, puis réessayez.", code="business_rule")
    named = ", ".join(name for name in fields if name)
    where = f" (champs : {named})" if named else ""
    reason = FIELD_SENTENCES.get(code, "")
    return Rejected(
        f"{label} refuse des valeurs{where}. {reason} Corrigez la fiche ou la correspondance, puis réessayez.".replace(
            "  ", " "
        ),
        field_errors=fields,
        code="invalid_reference" if code == "2500" else "",
        status=answer.status,
    )
