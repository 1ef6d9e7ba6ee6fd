"""What an administrator may set of a Pipedrive connection."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.base.connector import CredentialField

_FIELD_KEY = r"[0-9a-f]{40}"
API_TOKEN = CredentialField(
    "api_token", "Jeton d’API", "40 caractères; sous Préférences personnelles, API.", secret=True,
    pattern=r"[0-9a-fA-F]{40}",
)  # fmt: skip
REFERENCE_FIELDS = {
    "persons": "reference_person", "organizations": "reference_organization", "deals": "reference_deal",
}  # fmt: skip
CONFIG_FIELDS = (
    CredentialField(
        "sweep_hours", "Recherche des suppressions", "Heures entre deux lectures de tous les identifiants.",
        required=False, placeholder="24", pattern=r"\d{1,4}",
    ),
    CredentialField(
        "reference_person", "Champ de référence des personnes",
        "Clé (40 caractères) d’un champ personnalisé de type texte, pour ne jamais créer deux fois.",
        required=False, pattern=_FIELD_KEY,
    ),
    CredentialField(
        "reference_organization", "Champ de référence des organisations", "De même, pour les organisations.",
        required=False, pattern=_FIELD_KEY,
    ),
    CredentialField(
        "reference_deal", "Champ de référence des affaires", "De même, pour les affaires.",
        required=False, pattern=_FIELD_KEY,
    ),
)  # fmt: skip


def reference_field(config: Mapping[str, str], resource: str) -> str:
    """Key of the custom field that holds our reference, empty when none is set."""
    return config.get(REFERENCE_FIELDS[resource], "").strip()
