"""What is typed to reach ROVIDA. The contract is proposed: address, header and path prefix are settings."""

from __future__ import annotations

from connectors.base import endpoints
from connectors.base.connector import CredentialField

CREDENTIALS = (
    CredentialField("api_key", "Clé d’API", "Clé de test (rov_test_…) ou réelle (rov_live_…).", secret=True),
    endpoints.SECRET,
)
SETTINGS = (
    CredentialField(
        "base_url", "Adresse de base", "Obligatoire en mode test et en production; en https seulement.",
        required=False, placeholder="https://api.exemple.ca", pattern=r"https://\S+",
    ),
    CredentialField(
        "path_prefix", "Préfixe des chemins", "Ce qui précède « /properties » dans les adresses.",
        required=False, placeholder="v1", pattern=r"[A-Za-z0-9._~/-]*",
    ),
    CredentialField(
        "auth_header", "En-tête de la clé", "Nom de l’en-tête HTTP qui porte la clé.",
        required=False, placeholder="X-API-Key", pattern=r"[A-Za-z0-9-]*",
    ),
    CredentialField(
        "auth_prefix", "Préfixe de la clé", "Mot placé devant la clé, « Bearer » par exemple; vide d’habitude.",
        required=False, pattern=r"[A-Za-z0-9-]*",
    ),
    *endpoints.SETTINGS,
)  # fmt: skip
