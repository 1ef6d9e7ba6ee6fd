"""Where Xero and its authorization server are, and how a consent is asked for."""

from collections.abc import Mapping

from connectors.base.habits import Habits
from connectors.base.oauth import OAuth2

_REAL = {
    "authorize": "https://login.xero.com",
    "token": "https://identity.xero.com",
    "api": "https://api.xero.com",
}

# There is no sandbox host: a test is made in a Demo Company or a trial organisation, at the same addresses.
HOSTS: Mapping[str, Mapping[str, str]] = {
    "production": _REAL,
    "test": _REAL,
    "simulator": dict.fromkeys(_REAL, "{simulator_url}/xero"),
}

HABITS = Habits(paging="after_last", changes="modified_since", deletions="listed")

OAUTH = OAuth2(
    authorize=("authorize", "identity/connect/authorize"),
    token=("token", "connect/token"),
    revoke=("token", "connect/revocation"),
    # Granular scopes: the only ones that applications made since March 2026 may ask for.
    scopes=(
        "offline_access",
        "accounting.contacts",
        "accounting.invoices",
        "accounting.payments",
        "accounting.settings.read",
    ),
)


def path(below: str) -> str:
    """Path of an API call on an organisation."""
    return f"api.xro/2.0/{below}"
