"""The merchants or locations of a broker's account."""

from __future__ import annotations

from connectors.base.client import Client
from connectors.base.errors import Malformed
from connectors.base.paginators import Paginator
from connectors.base.writes import Option

PAGE = 200


def partners(client: Client, path: str, pages: Paginator) -> list[Option]:
    """All of them, inactive ones too."""
    found: list[Option] = []
    token = ""
    while True:
        answer = client.request("GET", path, params={"limit": str(PAGE), **pages.params(token)})
        listed = answer.data.get("data")
        if not isinstance(listed, list) or not all(isinstance(one, dict) and one.get("id") for one in listed):
            raise Malformed("La liste des marchands de Financeit n’a pas la forme prévue. Vérifiez l’adresse de base.")
        found += [
            Option(str(one["id"]), str(one.get("name") or one["id"]), active=one.get("status") != "inactive")
            for one in listed
        ]
        token = pages.advance(token, answer, len(listed))
        if not token:
            return found
