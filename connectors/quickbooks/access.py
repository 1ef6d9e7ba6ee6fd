"""Where QuickBooks and Intuit's authorization server are, and how a consent is asked for."""

from collections.abc import Mapping

from connectors.base.habits import Habits
from connectors.base.oauth import OAuth2

_AUTH_HOSTS = {
    "authorize": "https://appcenter.intuit.com",
    "token": "https://oauth.platform.intuit.com",
    "revoke": "https://developer.api.intuit.com",
}

HOSTS: Mapping[str, Mapping[str, str]] = {
    "production": {"api": "https://quickbooks.api.intuit.com", **_AUTH_HOSTS},
    "test": {"api": "https://sandbox-quickbooks.api.intuit.com", **_AUTH_HOSTS},
    "simulator": dict.fromkeys(("api", *_AUTH_HOSTS), "{simulator_url}/quickbooks"),
}

OAUTH = OAuth2(
    authorize=("authorize", "connect/oauth2"),
    token=("token", "oauth2/v1/tokens/bearer"),
    revoke=("revoke", "v2/oauth2/tokens/revoke"),
    scopes=("com.intuit.quickbooks.accounting",),
    account_param="realmId",
    refresh_expires_in="x_refresh_token_expires_in",
    revoke_json=True,
)

# CDC tells changes and deletions; names are never deleted but made inactive, which it tells too.
HABITS = Habits(paging="after_last", changes="feed", deletions="feed")
