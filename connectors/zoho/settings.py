"""What an administrator may set of a Zoho CRM connection."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.base.connector import CredentialField
from connectors.base.errors import Misconfigured
from connectors.zoho.access import DATA_CENTRES

_NAME = r"[A-Za-z][A-Za-z0-9_]*"
_HOSTS = "|".join(re.escape(host) for host, _ in DATA_CENTRES.values())
MOST_FIELDS = 50

CONFIG_FIELDS = (
    CredentialField(
        "accounts_host", "Serveur de connexion",
        "À préciser si l’application n’est pas ouverte à tous les centres de données.",
        required=False, placeholder="accounts.zoho.com", pattern=_HOSTS,
    ),
    CredentialField(
        "test_edition", "Genre de compte d’essai", "« sandbox » ou « developer »; pour le mode Test seulement.",
        required=False, placeholder="sandbox", pattern=r"sandbox|developer",
    ),
    CredentialField(
        "reference_field", "Champ de référence",
        "Nom API d’un champ texte unique, le même dans les trois modules, pour ne jamais créer deux fois.",
        required=False, placeholder="Ref_Lacoste", pattern=_NAME,
    ),
    CredentialField(
        "extra_fields", "Autres champs à lire", "Noms API séparés par des virgules : Contacts.Department, Deals.Type…",
        required=False, pattern=rf"\s*{_NAME}\.{_NAME}(\s*,\s*{_NAME}\.{_NAME})*\s*",
    ),
    CredentialField(
        "default_stage", "Étape d’une nouvelle affaire", "Quand la fiche n’en a pas; Zoho en exige une.",
        required=False, placeholder="Qualification",
    ),
    CredentialField(
        "won_stages", "Étapes gagnées", "Séparées par des virgules.", required=False, placeholder="Closed Won",
    ),
    CredentialField(
        "lost_stages", "Étapes perdues", "Séparées par des virgules.",
        required=False, placeholder="Closed Lost, Closed Lost to Competition",
    ),
    CredentialField(
        "run_workflows", "Lancer les règles de flux de Zoho", "« non » pour que nos envois n’en lancent aucune.",
        required=False, placeholder="oui", pattern=r"oui|non",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """The settings of one connection, ready to use."""

    reference_field: str
    extra_fields: Mapping[str, tuple[str, ...]]
    default_stage: str
    won: frozenset[str]
    lost: frozenset[str]
    run_workflows: bool
    test_edition: str

    @classmethod
    def of(cls, config: Mapping[str, str]) -> Settings:
        """Read them."""
        extra: dict[str, tuple[str, ...]] = {}
        for name in _listed(config.get("extra_fields", "")):
            module, _, own = name.partition(".")
            extra[module] = (*extra.get(module, ()), own)
        return cls(
            reference_field=config.get("reference_field", "").strip(),
            extra_fields=extra,
            default_stage=config.get("default_stage", "").strip() or "Qualification",
            won=frozenset(_listed(config.get("won_stages", "")) or ["Closed Won"]),
            lost=frozenset(_listed(config.get("lost_stages", "")) or ["Closed Lost", "Closed Lost to Competition"]),
            run_workflows=config.get("run_workflows", "").strip() != "non",
            test_edition=config.get("test_edition", "").strip() or "sandbox",
        )

    def fields(self, module: str, usual: tuple[str, ...]) -> str:
        """Names of the fields to read of a module; Misconfigured when there are more than Zoho gives at once."""
        own = (self.reference_field,) if self.reference_field else ()
        names = dict.fromkeys((*usual, *own, *self.extra_fields.get(module, ())))
        if len(names) > MOST_FIELDS:
            raise Misconfigured(
                f"Zoho ne donne que {MOST_FIELDS} champs à la fois, et {len(names)} sont demandés pour {module}. "
                "Retirez-en sous « Autres champs à lire ».",
                code="too_many_fields",
            )
        return ",".join(names)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
