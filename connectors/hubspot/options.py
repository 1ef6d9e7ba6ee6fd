"""What the account says of itself, and its lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from connectors.base.classify import Answer
from connectors.base.connector import Account, Environment
from connectors.base.errors import Malformed, Misconfigured
from connectors.base.writes import Option
from connectors.hubspot.quirks import stages_of
from connectors.hubspot.reading import every, rows_of

Request = Callable[..., Answer]
_HOST = re.compile(r"app(-[a-z0-9]+)?\.hubspot\.com")
KINDS = (("pipeline", "Pipelines"), ("stage", "Étapes des transactions"), ("owner", "Responsables"))


def account(data: Mapping[str, Any], environment: Environment) -> Account:
    """The account by its number; HubSpot does not tell its name here."""
    number = data.get("portalId")
    if not number:
        raise Malformed("HubSpot ne dit pas à quel compte ce jeton donne accès. Réessayez plus tard.")
    host = str(data.get("uiDomain") or "")
    return Account(str(number), f"Compte HubSpot {number}", environment, host if _HOST.fullmatch(host) else "")


def pipelines(request: Request) -> list[dict[str, Any]]:
    """The pipelines of deals with their stages."""
    return rows_of(request("GET", "crm/v3/pipelines/deals").data)


def read(request: Request, label: str, kind: str) -> list[Option]:
    """Every element of a list."""
    if kind == "pipeline":
        return [Option(str(one.get("id")), str(one.get("label") or one.get("id"))) for one in pipelines(request)]
    if kind == "stage":
        return _stages(pipelines(request))
    if kind == "owner":
        return _owners(request)
    raise Misconfigured(f"{label} n’a pas de liste « {kind} ».", code="no_options")


def _stages(found: list[dict[str, Any]]) -> list[Option]:
    """Stages; one whose label stands in several pipelines also names its own."""
    stages = stages_of(found)
    labels = [one.label.casefold() for one in stages.values()]
    return [
        Option(
            key,
            one.label if labels.count(one.label.casefold()) == 1 else f"{one.label} ({one.pipeline})",
            {"pipeline": one.pipeline, "status": one.status},
        )
        for key, one in stages.items()
    ]


def _owners(request: Request) -> list[Option]:
    """Owners by their e-mail address; none where the token may not read them."""
    try:
        found = every(lambda **page: request("GET", "crm/v3/owners", params={"limit": "100", **page}))
    except Misconfigured as error:
        if error.code != "missing_scopes":
            raise
        return []
    return [Option(str(one.get("id")), str(one["email"])) for one in found if one.get("email")]
