"""What a provider can do, told in French from what its connector declares (docs/providers.md tells the same to
developers)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from connectors.base.connector import Connector
from connectors.base.resource import Resource
from integrations.records.kinds import KINDS

_PAGING = {
    "cursor": "par curseur", "offset": "par position", "number": "par numéro de page", "link": "par lien vers la suite",
    "after_last": "à partir du dernier objet lu", "whole": "liste entière en une fois",
}  # fmt: skip
_CHANGES = {
    "modified_since": "Seulement ce qui a changé depuis un instant",
    "modified_day": "Seulement ce qui a changé depuis un jour",
    "feed": "Par un fil des changements",
    "none": "Tout est relu à chaque fois",
}
_DELETIONS = {
    "listed": "Vues dans les listes", "feed": "Annoncées dans un fil", "archived": "L’archivage seulement est visible",
    "none": "Non annoncées par le fournisseur",
}  # fmt: skip
_GUARDS = {
    "key": "Clé d’idempotence", "external_id": "Notre référence chez le fournisseur", "lookup": "Recherche préalable",
    "hold": "Vérification par une personne",
}  # fmt: skip
_WRITES = {"create": "création", "update": "modification", "delete": "suppression"}
_WEBHOOKS_ARE_SET = {True: "Oui, inscrits automatiquement", False: "Oui, à inscrire chez le fournisseur"}


@dataclass(frozen=True)
class ObjectRow:
    """One kind of object: what it becomes, what is written, and why a creation is never doubled."""

    label: str
    record: str
    writes: str
    guard: str
    acts: str
    real_time: bool


@dataclass(frozen=True)
class Capabilities:
    """`facts`: (label, value) pairs about the provider as a whole."""

    facts: list[tuple[str, str]]
    objects: list[ObjectRow]


def capabilities_of(connector: type[Connector]) -> Capabilities:
    """The table of one provider; no facts of paging and changes where none are declared."""
    facts = [("Connexion", _listed(method.label for method in connector.auth_methods))]
    if habits := connector.habits:
        sizes = sorted({resource.max_page_size for resource in connector.resources})
        most = connector.writes_in_a_request()
        page = f"{_spaced(sizes[0])} à {_spaced(sizes[-1])}" if len(sizes) > 1 else _spaced(sizes[0])
        facts += [
            ("Changements", _CHANGES[habits.changes]),
            ("Suppressions", _DELETIONS[habits.deletions]),
            ("Lecture", f"{_PAGING[habits.paging].capitalize()}, au plus {page} objets par requête"),
            ("Écriture", "Un objet par requête" if most == 1 else f"Jusqu’à {most} objets par requête"),
        ]
    webhooks = connector.webhooks
    facts.append(("Webhooks", _WEBHOOKS_ARE_SET[webhooks.subscribes] if webhooks else "Non offerts"))
    return Capabilities(facts, [_row(connector, resource) for resource in connector.resources])


def _row(connector: type[Connector], resource: Resource) -> ObjectRow:
    can = resource.capabilities
    return ObjectRow(
        label=resource.label,
        record=KINDS[resource.record].label,
        writes=_listed(label for name, label in _WRITES.items() if name in can).capitalize(),
        guard=_GUARDS[resource.create_guard] if "create" in can else "",
        acts=_listed(act.label for act in resource.acts),
        real_time=bool(connector.webhooks and resource.name in connector.webhooks.resources),
    )


def _listed(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", "\u00a0")
