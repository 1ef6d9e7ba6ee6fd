"""Where FreshBooks and its authorization server are, and how a consent is asked for."""

from collections.abc import Mapping

from connectors.base.habits import Habits
from connectors.base.oauth import OAuth2

_REAL = {"authorize": "https://auth.freshbooks.com", "api": "https://api.freshbooks.com"}

# There is no sandbox host: a test is made in a trial account, at the same addresses.
HOSTS: Mapping[str, Mapping[str, str]] = {
    "production": _REAL,
    "test": _REAL,
    "simulator": dict.fromkeys(_REAL, "{simulator_url}/freshbooks"),
}

HABITS = Habits(paging="number", changes="modified_day", deletions="listed")

OAUTH = OAuth2(
    authorize=("authorize", "oauth/authorize"),
    token=("api", "auth/oauth/token"),
    revoke=("api", "auth/oauth/revoke"),
    scopes=(
        "user:profile:read",
        "user:clients:read",
        "user:clients:write",
        "user:invoices:read",
        "user:invoices:write",
        "user:payments:read",
        "user:payments:write",
        "user:taxes:read",
        "user:billable_items:read",
        "user:journal_entries:read",
    ),
    client_auth="body",
    revoke_json=True,
    refresh_redirect=True,
)
