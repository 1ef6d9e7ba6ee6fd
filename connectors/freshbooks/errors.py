"""What FreshBooks' refusals mean for us: known by their content, for the status does not always tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.base.classify import Answer
from connectors.base.classify import classify as by_status
from connectors.base.errors import AuthExpired, Conflict, ConnectorError, Misconfigured, NotFound, Rejected

NOT_FOUND, NO_RIGHT, BAD_TYPE, READ_ONLY = "1012", "1003", "1015", "1038"
FIELD_SENTENCES = {
    NOT_FOUND: "L’élément désigné n’existe pas ou n’existe plus dans FreshBooks.",
    BAD_TYPE: "La valeur n’est pas du genre que FreshBooks attend.",
    READ_ONLY: "FreshBooks ne permet pas d’écrire ce champ.",
}
Problem = dict[str, str]


def classify(label: str, answer: Answer) -> ConnectorError | None:
    """The error that an answer means: by its errors, even in a 200, else by its status."""
    found = problems(answer.data)
    error = _known(label, answer, found) or by_status(label, answer)
    if (isinstance(error, Rejected) and found) or (error is None and found):
        error = rejected(label, found)
    if error is not None:
        error.status = answer.status
        error.detail = " | ".join(f"{one['errno']} {one['field']} {one['message']}".strip() for one in found)
    return error


def problems(data: Any) -> list[Problem]:
    """errno, field and message of every error, in all the shapes that FreshBooks writes them in."""
    if not isinstance(data, Mapping):
        return []
    response = data.get("response")
    if isinstance(response, Mapping) and (listed := response.get("errors") or response.get("error")):
        return [_problem(one) for one in (listed if isinstance(listed, list) else [listed]) if isinstance(one, Mapping)]
    details = data.get("details")
    if "code" in data and isinstance(details, list):
        return [one for detail in details if isinstance(detail, Mapping) for one in _detailed(detail)] or [
            _problem({"message": data.get("message")})
        ]
    if "errno" in data:
        return [_problem(data)]
    if data.get("error"):
        return [{"errno": str(data["error"]), "field": "", "message": str(data.get("error_description") or "")}]
    return []


def _problem(one: Mapping[str, Any]) -> Problem:
    return {name: str(one.get(name) or "") for name in ("errno", "field", "message")}


def _detailed(detail: Mapping[str, Any]) -> list[Problem]:
    """The newer style: one reason with its particulars, or violations by field."""
    violations = detail.get("fieldViolations")
    if isinstance(violations, list):
        return [
            {"errno": "", "field": str(one.get("field") or ""), "message": str(one.get("description") or "")}
            for one in violations
            if isinstance(one, Mapping)
        ]
    about = detail.get("metadata") or {}
    return [_problem({**about, "errno": detail.get("reason")})]


def _known(label: str, answer: Answer, found: list[Problem]) -> ConnectorError | None:
    numbers = {one["errno"] for one in found}
    if answer.status == 401 or numbers & {NO_RIGHT, "unauthenticated"}:
        return AuthExpired(
            f"{label} n’accepte plus l’autorisation enregistrée, ou elle n’ouvre pas cette entreprise. Reconnectez "
            "l’intégration."
        )
    if answer.status == 403 and READ_ONLY not in numbers:
        return Misconfigured(
            f"L’autorisation donnée à {label} ne permet pas cette opération : une portée manque, ou votre rôle dans "
            "l’entreprise ne suffit pas. Vérifiez les portées de l’application, puis reconnectez l’intégration.",
            code="missing_scope",
        )
    if READ_ONLY in numbers:
        return rejected(label, found)
    if any(one["field"] == "invoice_number" for one in found) and answer.status in (409, 422):
        return Conflict(
            "Ce numéro de facture existe déjà dans FreshBooks. Reliez la fiche à cette facture, ou changez le numéro.",
            code="duplicate_number",
        )
    if NOT_FOUND in numbers:
        return NotFound(
            f"{label} ne trouve pas cet élément : il a sans doute été supprimé. Relancez une synchronisation pour "
            "mettre les fiches à jour."
        )
    return None


def dead_reference(label: str, error: NotFound) -> Rejected:
    """A creation that refers to something that is not there."""
    return Rejected(
        f"{label} refuse la création : le client ou la facture à laquelle elle renvoie a été supprimé. Rétablissez-le "
        "dans FreshBooks ou corrigez la fiche, puis réessayez.",
        code="dead_reference",
        field_errors={field: FIELD_SENTENCES[NOT_FOUND] for field in error.detail.split() if field.endswith("id")},
        status=error.status,
        detail=error.detail,
    )


def rejected(label: str, found: list[Problem]) -> Rejected:
    """Refused values, each with FreshBooks' own words."""
    fields: dict[str, str] = {}
    for one in found:
        sentence = FIELD_SENTENCES.get(one["errno"], "FreshBooks refuse cette valeur.")
        fields[one["field"]] = f"{sentence} (« {one['message']} »)" if one["message"] else sentence
    named = ", ".join(name for name in fields if name)
    where = f" (champs : {named})" if named else ""
    return Rejected(
        f"{label} refuse des valeurs{where}. Corrigez la fiche ou la correspondance, puis réessayez.",
        field_errors=fields,
    )
