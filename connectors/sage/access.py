"""How Sage Intacct is reached: address, typed credential, and the token that it is exchanged for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from connectors.base.classify import Answer, classify
from connectors.base.connector import Connection, Connector, CredentialField
from connectors.base.errors import AuthExpired, ConnectorError, Malformed, Misconfigured, Rejected
from connectors.base.habits import Habits
from connectors.base.issued import Issued, IssuedAuth, identity

HABITS = Habits(paging="offset", changes="modified_since", deletions="archived")
# There is no sandbox host: a trial company is just another company.
ADDRESS = "{base_url:https://api.intacct.com/ia/api/v1}"
HOSTS: Mapping[str, Mapping[str, str]] = {
    "production": {"api": ADDRESS},
    "test": {"api": ADDRESS},
    "simulator": {"api": "{simulator_url}/sage/ia/api/v1"},
}
CREDENTIALS = (
    CredentialField("client_id", "Identifiant client", "Client ID, de la console des développeurs de Sage.",
                    placeholder="xxxxxxxx.app.sage.com"),
    CredentialField("client_secret", "Secret client", "Client secret.", secret=True),
    CredentialField("company_id", "Identifiant de l’entreprise", "Company ID, demandé à l’ouverture d’Intacct."),
    CredentialField("user_id", "Utilisateur de services Web", "Web Services user, propre à cette intégration."),
    CredentialField("entity_id", "Entité", "Vide : toute l’entreprise.", required=False),
)  # fmt: skip
SETTINGS = (
    CredentialField("base_url", "Adresse de base", "Vide : l’adresse publique de Sage Intacct.", required=False,
                    placeholder="https://api.intacct.com/ia/api/v1", pattern=r"https://\S+"),
    CredentialField("customer_ids", "Numéros des nouveaux clients",
                    "« console » : la console les donne; « sage » : la numérotation automatique de Sage.",
                    required=False, placeholder="console", pattern="console|sage"),
    CredentialField("customer_prefix", "Préfixe des numéros de clients", "Quand la console les donne.",
                    required=False, placeholder="L-", pattern=r"[A-Za-z0-9_-]{0,8}"),
)  # fmt: skip


def auth(connector: Connector) -> IssuedAuth:
    """The token of the moment, one for all connectors of this process: a newer one may end the older."""
    connection = connector.connection
    missing = [
        one.label for one in CREDENTIALS if one.required and not connection.credentials.get(one.name, "").strip()
    ]
    if missing:
        raise Misconfigured(
            f"L’accès à Sage est incomplet ({', '.join(missing)}). Remplissez ces champs dans les paramètres de "
            "l’intégration.",
            code="no_credential",
        )
    known = identity(connector.slug, connection.hosts["api"], *map(str, sorted(connection.credentials.items())))
    return IssuedAuth(known, lambda: _issue(connector))


def company(connection: Connection) -> str:
    """The company, with the entity when only one is worked in: what names the account."""
    entity = connection.credentials.get("entity_id", "").strip()
    return connection.credentials.get("company_id", "").strip() + (f"|{entity}" if entity else "")


def token_request(connection: Connection) -> str:
    """The form of the token call."""
    credentials = connection.credentials
    return urlencode({
        "grant_type": "client_credentials",
        "client_id": credentials["client_id"].strip(),
        "client_secret": credentials["client_secret"].strip(),
        "username": f"{credentials['user_id'].strip()}@{company(connection)}",
    })  # fmt: skip


def _issue(connector: Connector) -> Issued:
    asked_at, client = datetime.now(UTC), connector.aside(lambda answer: _refused(connector.label, answer))
    try:
        body = token_request(connector.connection).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        data = client.request("POST", "oauth2/token", body=body, headers=headers).data
    finally:
        client.close()
    token, life = data.get("access_token"), data.get("expires_in")
    if not isinstance(token, str) or not token:
        raise Malformed(
            "Sage a accordé l’accès sans donner de jeton utilisable. Réessayez; si cela dure, prévenez Sage."
        )
    try:
        return Issued(token, asked_at + timedelta(seconds=float(life)))
    except (TypeError, ValueError):
        return Issued(token)


def _refused(label: str, answer: Answer) -> ConnectorError | None:
    """Any refusal of the token call is one of the credential."""
    error = classify(label, answer)
    if isinstance(error, (AuthExpired, Rejected)) or (error is not None and answer.status == 403):
        return AuthExpired(
            f"{label} refuse l’accès ({answer.status}) : l’identifiant client, le secret, l’entreprise ou "
            "l’utilisateur "
            "est erroné, ou l’entreprise n’a pas autorisé notre application. Vérifiez-les, puis reconnectez "
            "l’intégration.",
            status=answer.status,
        )
    return error
