"""Trips to a consent page: each has a state that serves once, to the person and session that asked for it."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from connectors.base import oauth
from connectors.base.connector import Account, Connector
from connectors.base.oauth import TokenSet
from integrations.core.models import User
from integrations.models import Integration, OAuthAttempt
from integrations.oauth.apps import redirect_uri, required_app
from integrations.sync.hosts import hosts_of

LIFE = timedelta(minutes=10)
KEPT = timedelta(days=1)

AGAIN = "Recommencez la connexion depuis la console."
NO_STATE = f"Le retour du fournisseur ne dit pas à quelle demande il répond. {AGAIN}"
UNKNOWN = f"Cette demande de connexion n’existe pas, ou plus. {AGAIN}"
FOREIGN = (
    "Cette demande de connexion a été faite par une autre personne, dans une autre session ou pour un autre "
    f"fournisseur : par prudence, elle est refusée. {AGAIN}"
)
USED = (
    "Cette demande de connexion a déjà servi. Si l’intégration n’apparaît pas dans la console, recommencez la "
    "connexion."
)
EXPIRED = f"Cette demande de connexion a expiré : elle ne vaut que dix minutes. {AGAIN}"


class BadState(Exception):
    """The redirect does not answer a request of this person in this session; `sentence` says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Wanted:
    """What a consent is asked for. `integration`: the one to reconnect, None for a new one."""

    connector: type[Connector]
    environment: str
    name: str
    config: Mapping[str, str]
    integration: Integration | None = None


def begin(wanted: Wanted, *, user: User, session_key: str) -> str:
    """Note the request; the address of the provider's consent page. Misconfigured when our application is missing."""
    connector = wanted.connector
    app = required_app(connector.slug, wanted.environment)
    hosts = hosts_of(connector, wanted.environment, wanted.config)
    state = secrets.token_urlsafe(32)
    verifier = secrets.token_urlsafe(64) if oauth.declared(connector).pkce else ""
    url = oauth.authorize_url(
        connector,
        app,
        hosts,
        redirect_uri=redirect_uri(connector.slug),
        state=state,
        code_challenge=_challenge(verifier) if verifier else "",
    )
    OAuthAttempt.objects.create(
        state_hash=_hashed("state", state),
        session_hash=_hashed("session", session_key),
        user=user,
        provider=connector.slug,
        environment=wanted.environment,
        name=wanted.name,
        config=dict(wanted.config),
        integration=wanted.integration,
        code_verifier=verifier or None,
    )
    return url


def take(provider: str, state: str, *, user: User, session_key: str) -> OAuthAttempt:
    """The request that a redirect answers, used up by this call; BadState when there is no such request to answer."""
    if not state:
        raise BadState(NO_STATE)
    attempt = OAuthAttempt.objects.select_related("integration").filter(state_hash=_hashed("state", state)).first()
    if attempt is None:
        raise BadState(UNKNOWN)
    same_session = constant_time_compare(attempt.session_hash, _hashed("session", session_key))
    if not same_session or attempt.user_id != user.pk or attempt.provider != provider:
        raise BadState(FOREIGN)
    if attempt.used_at is None and attempt.created_at < timezone.now() - LIFE:
        raise BadState(EXPIRED)
    # Compare-and-swap: of two tabs that come back with the same state, one goes on. Its verifier is not kept either.
    if not OAuthAttempt.objects.filter(pk=attempt.pk, used_at=None).update(used_at=Now(), code_verifier=None):
        raise BadState(USED)
    return attempt


def keep(attempt: OAuthAttempt, tokens: TokenSet, accounts: Sequence[Account]) -> None:
    """Hold the tokens of a consent that opens several accounts until one is chosen."""
    attempt.tokens = tokens.to_secrets()
    attempt.accounts = [{"id": account.id, "name": account.name} for account in accounts]
    attempt.save(update_fields=["tokens", "accounts"])


def waiting(attempt_id: UUID, *, user: User, session_key: str) -> OAuthAttempt:
    """The consent whose account this person has to choose in this session; BadState when there is none any more."""
    rows = OAuthAttempt.objects.select_related("integration").filter(pk=attempt_id, user=user, tokens__isnull=False)
    attempt = rows.filter(session_hash=_hashed("session", session_key)).first()
    if attempt is None:
        raise BadState(UNKNOWN)
    if attempt.created_at < timezone.now() - 2 * LIFE:
        raise BadState(EXPIRED)
    return attempt


def take_tokens(attempt: OAuthAttempt) -> TokenSet:
    """The tokens that were held, once; BadState when another tab has taken them."""
    if not OAuthAttempt.objects.filter(pk=attempt.pk, tokens__isnull=False).update(tokens=None):
        raise BadState(USED)
    return TokenSet.from_secrets(attempt.tokens)


def forget_old() -> int:
    """Delete the requests of the days before; returns how many."""
    deleted, _ = OAuthAttempt.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return deleted


def _hashed(what: str, value: str) -> str:
    return salted_hmac(f"integrations.oauth.{what}", value, algorithm="sha256").hexdigest()


def _challenge(verifier: str) -> str:
    """S256 of RFC 7636."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
