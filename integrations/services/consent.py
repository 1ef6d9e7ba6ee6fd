"""Connecting an account by OAuth: to the provider's consent page, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.base import oauth
from connectors.base.connector import Account
from connectors.base.errors import ConnectorError
from connectors.base.oauth import FixedTokens, TokenSet
from integrations.core import audit
from integrations.core.models import User
from integrations.models import Integration, OAuthAttempt
from integrations.models.connection import OAUTH2
from integrations.oauth import attempts
from integrations.oauth.apps import redirect_uri, required_app
from integrations.oauth.grants import end_grant
from integrations.services.connecting import (
    CONNECT_TIMEOUT,
    already_connected,
    holder_of,
    offered,
    store_again,
    store_new,
    who_am_i,
)
from integrations.services.errors import Refused
from integrations.sync.gateway import ExchangeLog
from integrations.sync.hosts import hosts_of


class ConsentFailed(Refused):
    """A consent that led to nothing; nothing was stored. `integration`: the one that was to be reconnected."""

    def __init__(self, sentence: str, integration: Integration | None = None) -> None:
        super().__init__(sentence)
        self.integration = integration


@dataclass(frozen=True)
class Consented:
    """A consent that was taken: the integration, and whether it was there before."""

    integration: Integration
    again: bool


def ask_consent(
    provider: str,
    *,
    name: str,
    environment: str,
    config: Mapping[str, str],
    actor: User,
    session_key: str,
    integration: Integration | None = None,
) -> str:
    """The address of the provider's consent page, for a new integration or for `integration` again.

    Misconfigured when our application or an address is missing; Refused when the provider is not offered.
    """
    wanted = attempts.Wanted(offered(provider), environment, name, config, integration)
    return attempts.begin(wanted, user=actor, session_key=session_key)


def finish_consent(provider: str, query: Mapping[str, str], *, actor: User, session_key: str) -> Consented:
    """Take what the provider's redirect brought: an integration connected, or connected again, and checked.

    ConsentFailed, with nothing stored, for whatever else comes back; each is audited.
    """
    attempt: OAuthAttempt | None = None
    try:
        attempt = attempts.take(provider, query.get("state", ""), user=actor, session_key=session_key)
        return _finish(attempt, query, actor)
    except (attempts.BadState, ConnectorError, Refused) as error:
        integration = attempt.integration if attempt else None
        facts = {"provider": provider, "reason": error.sentence}
        audit.record("integration.consent_failed", actor=actor, target=integration, after=facts)
        raise ConsentFailed(error.sentence, integration) from error


def _finish(attempt: OAuthAttempt, query: Mapping[str, str], actor: User) -> Consented:
    if attempt.integration and attempt.integration.deleted_at:
        raise Refused("Cette intégration a été supprimée entre-temps. Ajoutez-en une nouvelle.")
    integration = attempt.integration or Integration(
        provider=attempt.provider, name=attempt.name, environment=attempt.environment, config=attempt.config
    )
    log = ExchangeLog(integration.pk)
    tokens = _exchange(attempt, query, log)
    try:
        account = _account(attempt, tokens, log)
        if attempt.integration is None:
            store_new(integration, account, auth_method=OAUTH2, secrets=tokens.to_secrets(), actor=actor)
        else:
            store_again(
                integration,
                account,
                auth_method=OAUTH2,
                secrets=tokens.to_secrets(),
                config=attempt.config,
                actor=actor,
            )
    except (ConnectorError, Refused):
        _drop(attempt, tokens)
        raise
    log.store()
    return Consented(integration, again=attempt.integration is not None)


def _exchange(attempt: OAuthAttempt, query: Mapping[str, str], log: ExchangeLog) -> TokenSet:
    connector = offered(attempt.provider)
    return oauth.exchange_code(
        connector,
        required_app(attempt.provider, attempt.environment),
        hosts_of(connector, attempt.environment, attempt.config),
        query,
        redirect_uri=redirect_uri(attempt.provider),
        code_verifier=attempt.code_verifier or "",
        on_exchange=log,
        timeout=CONNECT_TIMEOUT,
    )


def _account(attempt: OAuthAttempt, tokens: TokenSet, log: ExchangeLog) -> Account:
    """The account that was consented to, as the provider names it; Refused when it has an integration already."""
    connector = offered(attempt.provider)
    account = who_am_i(
        connector,
        attempt.environment,
        attempt.config,
        secrets={},
        tokens=FixedTokens(tokens),
        account_id=tokens.account_id,
        log=log,
    )
    if tokens.account_id and account.id != tokens.account_id:
        raise Refused(
            f"{connector.label} annonce le compte {tokens.account_id}, mais son accès ouvre « {account.name} ». "
            f"{attempts.AGAIN}"
        )
    if attempt.integration is None and holder_of(attempt.provider, attempt.environment, account.id):
        raise already_connected(connector, account)
    return account


def _drop(attempt: OAuthAttempt, tokens: TokenSet) -> None:
    """End a grant that will not be used, unless an integration lives by a grant for the same account (or may)."""
    rows = Integration.objects.live().filter(
        provider=attempt.provider, environment=attempt.environment, credential__isnull=False
    )
    if tokens.account_id:
        rows = rows.filter(account_id=tokens.account_id)
    if not rows.exists():
        end_grant(offered(attempt.provider), attempt.environment, attempt.config, tokens)
