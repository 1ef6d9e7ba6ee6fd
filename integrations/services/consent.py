"""Connecting an account by OAuth: to the provider's consent page, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

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
    on_trial,
    other_account,
    store_again,
    store_new,
)
from integrations.services.errors import Refused
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


def finish_consent(
    provider: str, query: Mapping[str, str], *, actor: User, session_key: str
) -> Consented | OAuthAttempt:
    """Take what the provider's redirect brought: an integration connected, or connected again, and checked. When the
    consent opens several accounts: the attempt, whose `accounts` a person has to choose from (see choose_account).

    ConsentFailed, with nothing stored, for whatever else comes back; each is audited.
    """
    with _told(provider, actor) as about:
        attempt = attempts.take(provider, query.get("state", ""), user=actor, session_key=session_key)
        about.integration = attempt.integration
        if attempt.integration and attempt.integration.deleted_at:
            raise Refused("Cette intégration a été supprimée entre-temps. Ajoutez-en une nouvelle.")
        return _with_tokens(attempt, _exchange(attempt, query), actor)


def waiting_choice(attempt_id: UUID, *, actor: User, session_key: str) -> OAuthAttempt:
    """The consent whose account this person has to choose in this session; ConsentFailed when there is none."""
    try:
        return attempts.waiting(attempt_id, user=actor, session_key=session_key)
    except attempts.BadState as error:
        raise ConsentFailed(error.sentence) from error


def choose_account(attempt: OAuthAttempt, account_id: str, *, actor: User) -> Consented:
    """Go on with one of the accounts that a consent opened; ConsentFailed when that cannot be."""
    with _told(attempt.provider, actor) as about:
        about.integration = attempt.integration
        if account_id not in [account["id"] for account in attempt.accounts]:
            raise Refused(f"Ce compte n’est pas de ceux que le consentement ouvre. {attempts.AGAIN}")
        tokens = replace(attempts.take_tokens(attempt), account_id=account_id)
        done = _with_tokens(attempt, tokens, actor)
        assert isinstance(done, Consented)
        return done


@contextmanager
def _told(provider: str, actor: User) -> Iterator[ConsentFailed]:
    """Audit whatever ends a consent, and raise it as ConsentFailed (which is given to be completed)."""
    failed = ConsentFailed("")
    try:
        yield failed
    except (attempts.BadState, ConnectorError, Refused) as error:
        failed.sentence = error.sentence
        facts = {"provider": provider, "reason": error.sentence}
        audit.record("integration.consent_failed", actor=actor, target=failed.integration, after=facts)
        raise failed from error


def _with_tokens(attempt: OAuthAttempt, tokens: TokenSet, actor: User) -> Consented | OAuthAttempt:
    """Find the account and store; the tokens are ended when nothing comes of them."""
    try:
        accounts = _accounts(attempt, tokens)
        bound = attempt.integration.account_id if attempt.integration else ""
        account = next((one for one in accounts if one.id == bound), accounts[0])
        if len(accounts) > 1 and account.id != bound:
            if attempt.integration:
                raise other_account(attempt.integration, account)
            attempts.keep(attempt, tokens, accounts)
            return attempt
        return _store(attempt, replace(tokens, account_id=account.id), account, actor)
    except (ConnectorError, Refused):
        _drop(attempt, tokens)
        raise


def _store(attempt: OAuthAttempt, tokens: TokenSet, account: Account, actor: User) -> Consented:
    secrets = tokens.to_secrets()
    if attempt.integration:
        store_again(
            attempt.integration, account, auth_method=OAUTH2, secrets=secrets, config=attempt.config, actor=actor
        )
        return Consented(attempt.integration, again=True)
    integration = Integration(
        provider=attempt.provider, name=attempt.name, environment=attempt.environment, config=attempt.config
    )
    store_new(integration, account, auth_method=OAUTH2, secrets=secrets, actor=actor)
    return Consented(integration, again=False)


def _exchange(attempt: OAuthAttempt, query: Mapping[str, str]) -> TokenSet:
    connector = offered(attempt.provider)
    return oauth.exchange_code(
        connector,
        required_app(attempt.provider, attempt.environment),
        hosts_of(connector, attempt.environment, attempt.config),
        query,
        redirect_uri=redirect_uri(attempt.provider),
        code_verifier=attempt.code_verifier or "",
        timeout=CONNECT_TIMEOUT,
    )


def _accounts(attempt: OAuthAttempt, tokens: TokenSet) -> list[Account]:
    """The accounts that the tokens open, as the provider names them: the one that was chosen, when one was."""
    connector, chosen = offered(attempt.provider), tokens.account_id
    store = FixedTokens(tokens)
    with on_trial(connector, attempt.environment, attempt.config, tokens=store, account_id=chosen) as trial:
        accounts = [trial.check()] if chosen else trial.accounts()
    if chosen and accounts[0].id != chosen:
        raise Refused(
            f"{connector.label} annonce le compte {chosen}, mais son accès ouvre « {accounts[0].name} ». "
            f"{attempts.AGAIN}"
        )
    if not accounts:
        raise Refused(f"Le consentement n’ouvre aucun compte de {connector.label}. {attempts.AGAIN}")
    if attempt.integration is None:
        free = [one for one in accounts if not holder_of(attempt.provider, attempt.environment, one.id)]
        if not free:
            raise already_connected(connector, accounts[0])
        return free
    return accounts


def _drop(attempt: OAuthAttempt, tokens: TokenSet) -> None:
    """End a grant that will not be used, unless an integration lives by a grant for the same account (or may)."""
    rows = Integration.objects.live().filter(
        provider=attempt.provider, environment=attempt.environment, credential__isnull=False
    )
    if tokens.account_id:
        rows = rows.filter(account_id=tokens.account_id)
    if not rows.exists():
        end_grant(offered(attempt.provider), attempt.environment, attempt.config, tokens)
