"""Calls about a grant as a whole, for connections that are stored and for those that are not."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from connectors.base import oauth
from connectors.base.connector import Connector
from connectors.base.errors import ConnectorError
from connectors.base.oauth import OnExchange, TokenSet
from integrations.oauth.apps import required_app
from integrations.sync.hosts import hosts_of

log = structlog.get_logger(__name__)

REVOKE_TIMEOUT = 10.0


def end_grant(
    connector: type[Connector],
    environment: str,
    config: Mapping[str, str],
    tokens: TokenSet,
    *,
    on_exchange: OnExchange | None = None,
) -> str:
    """Revoke tokens at the provider as well as can be; the outcome in French. Raises nothing: what follows goes on."""
    if oauth.declared(connector).revoke is None:
        return "non offerte par le fournisseur"
    try:
        app = required_app(connector.slug, environment)
        hosts = hosts_of(connector, environment, config)
        oauth.revoke(connector, app, hosts, tokens, on_exchange=on_exchange, timeout=REVOKE_TIMEOUT)
    except ConnectorError as error:
        log.warning("oauth.revocation_failed", provider=connector.slug, code=error.code, status=error.status)
        return f"impossible : {error.sentence}"
    return "faite chez le fournisseur"
