"""Where Stripe is, and how an account is connected: Connect's consent, or a secret key that is typed."""

from __future__ import annotations

from collections.abc import Mapping

from requests.auth import AuthBase

from connectors.base.auth import Bearer
from connectors.base.connector import AuthMethod, Connection, CredentialField
from connectors.base.errors import Misconfigured
from connectors.base.habits import Habits
from connectors.base.oauth import OAuth2, TokenAuth, TokenStore

VERSION = "2023-08-16"
HABITS = Habits(paging="after_last", changes="feed", deletions="feed")
MODES = {"live": "production", "test": "test"}
WORDS = {"live": "réelle", "test": "de test"}

HOSTS: Mapping[str, Mapping[str, str]] = {
    "production": {"api": "https://api.stripe.com", "connect": "https://connect.stripe.com"},
    "test": {"api": "https://api.stripe.com", "connect": "https://connect.stripe.com"},
    "simulator": {"api": "{simulator_url}/stripe", "connect": "{simulator_url}/stripe"},
}

OAUTH = OAuth2(
    authorize=("connect", "oauth/authorize"),
    token=("connect", "oauth/token"),
    revoke=("connect", "oauth/deauthorize"),
    scopes=("read_write",),
    client_auth="body",
    account_member="stripe_user_id",
    revoke_auth="Bearer",
    revoke_holds=("stripe_user_id", "account"),
)

AUTH_METHODS = (
    AuthMethod(
        "api_key",
        "Clé secrète d’API",
        (
            CredentialField(
                "api_key", "Clé secrète", "Clé secrète (sk_…) ou restreinte (rk_…), de test ou réelle.", secret=True,
                placeholder="sk_test_…",
            ),
        ),
    ),
    AuthMethod("oauth2", "Connexion OAuth 2.0 (Stripe Connect)"),
)  # fmt: skip

CONFIG_FIELDS = (
    CredentialField(
        "days_until_due", "Délai de paiement", "En jours, pour les factures envoyées sans date d’échéance.",
        required=False, placeholder="30", pattern=r"[0-9]{1,3}",
    ),
    CredentialField(
        "account_id", "Identifiant du compte", "Seulement pour une clé restreinte qui ne peut pas lire le compte.",
        required=False, placeholder="acct_…", pattern=r"acct_\w+",
    ),
    CredentialField(
        "connected_account", "Compte connecté", "Seulement pour agir au nom d’un compte relié à votre plateforme.",
        required=False, placeholder="acct_…", pattern=r"acct_\w+",
    ),
)  # fmt: skip


def auth(connection: Connection, tokens: TokenStore) -> AuthBase:
    """The typed key, else the consent's token; Misconfigured when the key's prefix shows another mode."""
    key = connection.credentials.get("api_key", "").strip()
    if not key:
        return TokenAuth(tokens)
    _check_key(key, connection.environment)
    return Bearer(key)


def headers(connection: Connection) -> dict[str, str]:
    """What every request carries beside the credential: the version that all bodies are written in."""
    fixed = {"Stripe-Version": VERSION}
    account = connection.config.get("connected_account", "").strip()
    return {**fixed, "Stripe-Account": account} if account else fixed


def check_mode(livemode: object, environment: str) -> None:
    """Misconfigured when an object is of the other mode than the connection: a key's prefix is only a hint."""
    if isinstance(livemode, bool) and livemode != (environment == "production"):
        raise _wrong_mode("live" if livemode else "test")


def _check_key(key: str, environment: str) -> None:
    kind, _, rest = key.partition("_")
    if kind == "pk":
        raise Misconfigured(
            "Cette clé Stripe est publique (pk_…) : elle ne sert que dans un navigateur. Donnez la clé secrète (sk_…) "
            "ou une clé restreinte (rk_…).",
            code="publishable_key",
        )
    mode = rest.partition("_")[0]
    wanted = "production" if environment == "production" else "test"
    if kind in ("sk", "rk") and mode in MODES and MODES[mode] != wanted:
        raise _wrong_mode(mode)


def _wrong_mode(mode: str) -> Misconfigured:
    return Misconfigured(
        f"Cette clé Stripe est une clé {WORDS[mode]}, ce qui n’est pas l’environnement de l’intégration. Changez la "
        "clé ou l’environnement : les données réelles et d’essai ne se mêlent jamais.",
        code="wrong_mode",
    )
