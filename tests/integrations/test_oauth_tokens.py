"""The stored tokens: renewed early, by one caller at a time, whatever is killed, late or away meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from connectors.base import oauth
from connectors.base.errors import AuthExpired, Transient
from connectors.base.oauth import TokenSet
from integrations import services
from integrations.models import Credential, Exchange, Integration, ProviderApp
from integrations.oauth.tokens import DatabaseTokenStore
from integrations.records.models import Event
from integrations.services import notices
from integrations.sync.gateway import ExchangeLog, open_connector
from tests.integrations.consents import APP, SLUG, live_grants, token_calls
from tests.simulator import Control

pytestmark = pytest.mark.django_db(transaction=True)
CALLERS = 50
SOON = timedelta(minutes=4)
OVER = timedelta(minutes=-1)


@pytest.fixture
def books(intuit: Control, transactional_db: None) -> Integration:
    """QuickBooks with a fresh pair, as a consent leaves it; the log of requests is empty."""
    grant = intuit.act(SLUG, "grant")
    made = Integration.objects.create(
        provider=SLUG, name="Comptabilité", environment="simulator", account_id=grant["realmId"], account_name="Livres"
    )
    tokens = TokenSet(
        grant["access_token"],
        grant["refresh_token"],
        expires_at=datetime.now(UTC) + timedelta(hours=1),
        account_id=grant["realmId"],
    )
    Credential.objects.create(integration=made, auth_method="oauth2", secrets=tokens.to_secrets())
    intuit.forget_requests(SLUG)
    return made


def stored(of: Integration) -> TokenSet:
    """The pair in the row."""
    return TokenSet.from_secrets(Credential.objects.get(integration=of).values())


def ends(of: Integration, left: timedelta) -> TokenSet:
    """Have the stored access token end after `left`."""
    tokens = replace(stored(of), expires_at=datetime.now(UTC) + left)
    Credential.objects.filter(integration=of).update(secrets=tokens.to_secrets())
    return tokens


def store_of(integration: Integration) -> DatabaseTokenStore:
    return DatabaseTokenStore(Integration.objects.get(pk=integration.pk))


def in_threads(count: int, work: Callable[[], Any]) -> list[Any]:
    """What `work` gave, or raised, in that many threads that begin together."""
    gate, results = threading.Barrier(count), []

    def run() -> None:
        gate.wait()
        try:
            results.append(work())
        except Exception as error:  # noqa: BLE001
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


# --- When tokens are renewed --------------------------------------------------------------------------------------


def test_fresh_tokens_are_used_as_they_are(books: Integration, intuit: Control) -> None:
    ends(books, timedelta(minutes=6))
    store = store_of(books)
    assert store.current() == stored(books)
    assert store.current() == stored(books)
    assert token_calls(intuit) == 0


def test_tokens_are_renewed_five_minutes_before_their_end(books: Integration, intuit: Control) -> None:
    old = ends(books, SOON)
    new = store_of(books).current()
    assert new.access_token != old.access_token
    assert new.refresh_token != old.refresh_token
    assert new.account_id == old.account_id
    assert new == stored(books)
    row = Credential.objects.get(integration=books)
    assert (row.version, row.lease_owner, row.lease_until) == (1, "", None)
    assert token_calls(intuit) == 1


def test_a_refused_token_is_renewed_in_the_middle_of_a_call_and_masked_in_the_journal(
    books: Integration, intuit: Control
) -> None:
    intuit.act(SLUG, "expire_tokens")
    old, log = stored(books), ExchangeLog(books.pk)
    connector = open_connector(books, log)
    assert connector.check().id == books.account_id
    connector.close()
    log.store()
    assert token_calls(intuit) == 1
    urls = [
        url.partition("?")[0].rpartition("/")[2]
        for url in Exchange.objects.order_by("pk").values_list("url", flat=True)
    ]
    assert urls == [books.account_id, "bearer", books.account_id]
    journal = str(list(Exchange.objects.values()))
    for tokens in (old, stored(books)):
        assert tokens.access_token not in journal
        assert tokens.refresh_token not in journal
    assert APP["client_secret"] not in journal


@pytest.mark.parametrize("left", [OVER, SOON], ids=["ended", "about to end"])
def test_fifty_callers_make_one_renewal(left: timedelta, books: Integration, intuit: Control) -> None:
    old = ends(books, left)
    intuit.fault("slow", path="/oauth2/v1/tokens/bearer", slug=SLUG, seconds=0.5)
    got = in_threads(CALLERS, lambda: store_of(books).current().access_token)
    assert token_calls(intuit) == 1
    assert len(got) == CALLERS
    new = stored(books).access_token
    # A token that still serves is used while another caller renews it.
    assert set(got) <= ({new} if left == OVER else {new, old.access_token})
    assert new in got


def test_fifty_callers_whose_token_is_refused_make_one_renewal(books: Integration, intuit: Control) -> None:
    stale = stored(books).access_token
    got = in_threads(CALLERS, lambda: store_of(books).renew(stale).access_token)
    assert got == [stored(books).access_token] * CALLERS
    assert stale not in got
    assert token_calls(intuit) == 1


def test_callers_in_several_processes_make_one_renewal(
    books: Integration, intuit: Control, child_environment: dict[str, str]
) -> None:
    ends(books, OVER)
    intuit.fault("slow", path="/oauth2/v1/tokens/bearer", slug=SLUG, seconds=0.5)
    task = {"threads": 5, "at": time.time() + 6}
    children = [child(books, child_environment, intuit, **task) for _ in range(4)]
    got = [token for one in children for token in json.loads(one.communicate(timeout=60)[0])]
    assert got == [stored(books).access_token] * 20
    assert token_calls(intuit) == 1


def child(of: Integration, env: dict[str, str], control: Control, **task: Any) -> subprocess.Popen[str]:
    """A process that asks for the tokens (see token_race.py)."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integrations.token_race", json.dumps({"integration": str(of.pk)} | task)],
        env=env | {"SIMULATOR_URL": control.url, "LEASE_SECONDS": "2"},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_no_transaction_is_open_while_tokens_are_renewed(books: Integration, monkeypatch: Any) -> None:
    ends(books, OVER)
    refresh, open_then = oauth.refresh, []

    def watched(*args: Any, **kwargs: Any) -> TokenSet:
        open_then.append(connection.in_atomic_block)
        return refresh(*args, **kwargs)

    monkeypatch.setattr(oauth, "refresh", watched)
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        store_of(books).current()
    store_of(books).current()
    assert open_then == [False]


# --- Killed, late, away -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("grace", [3600, 0], ids=["the old refresh token serves on", "same refresh token"])
def test_a_kill_before_the_commit_loses_nothing(
    grace: int, books: Integration, intuit: Control, child_environment: dict[str, str]
) -> None:
    intuit.configure(SLUG, rotate_refresh_tokens=bool(grace))
    old = ends(books, OVER)
    kill_at("before", books, intuit, child_environment)
    assert stored(books).refresh_token == old.refresh_token
    assert token_calls(intuit) == 1, "the provider had answered"
    # Somebody holds the lease, but nobody lives behind it: it runs out.
    began = time.monotonic()
    new = store_of(books).current()
    assert 1 < time.monotonic() - began < 6
    assert new == stored(books)
    assert token_calls(intuit) == 2
    works(books)


def test_a_kill_after_the_commit_loses_nothing(
    books: Integration, intuit: Control, child_environment: dict[str, str]
) -> None:
    old = ends(books, OVER)
    kill_at("after", books, intuit, child_environment)
    new = store_of(books).current()
    assert new.refresh_token != old.refresh_token
    assert token_calls(intuit) == 1
    works(books)


def kill_at(when: str, of: Integration, control: Control, env: dict[str, str]) -> None:
    """Kill -9 a process right before or right after it commits a new pair."""
    victim = child(of, env, control, stop=when)
    assert victim.stdout is not None
    assert victim.stdout.readline().strip() == when
    os.kill(victim.pid, signal.SIGKILL)
    assert victim.wait(10) == -signal.SIGKILL
    victim.stdout.close()


def works(integration: Integration) -> None:
    """The stored pair opens the account."""
    connector = open_connector(Integration.objects.get(pk=integration.pk), ExchangeLog(integration.pk))
    assert connector.check().id == integration.account_id
    connector.close()


def test_a_database_that_is_away_for_a_moment_does_not_cost_the_new_pair(
    books: Integration, intuit: Control, monkeypatch: Any
) -> None:
    ends(books, OVER)
    update, failures = QuerySet.update, [OperationalError("gone"), OperationalError("still gone")]

    def shaky(self: Any, **values: Any) -> int:
        if "secrets" in values and failures:
            raise failures.pop()
        return update(self, **values)

    monkeypatch.setattr(QuerySet, "update", shaky)
    monkeypatch.setattr("integrations.oauth.tokens.time.sleep", lambda seconds: None)
    assert store_of(books).current() == stored(books)
    assert not failures
    assert token_calls(intuit) == 1


def test_an_outage_disturbs_nobody_while_the_token_serves(books: Integration, intuit: Control) -> None:
    old = ends(books, SOON)
    intuit.fault("unavailable", path="/oauth2/v1/tokens/bearer", slug=SLUG, times=None)
    for _ in range(3):
        assert store_of(books).current() == old
    assert token_calls(intuit) == 1, "after a failure nobody tries again at once"
    books.refresh_from_db()
    assert books.status == "active"

    Credential.objects.update(lease_until=None)
    old = ends(books, OVER)
    with pytest.raises(Transient):
        store_of(books).current()
    assert stored(books) == old
    assert Credential.objects.get().lease_owner == ""
    intuit.clear_faults(SLUG)
    assert store_of(books).current() != old


def test_who_waits_too_long_for_another_is_told_to_come_again(
    books: Integration, intuit: Control, monkeypatch: Any
) -> None:
    ends(books, OVER)
    Credential.objects.update(lease_owner="somebody", lease_until=timezone.now() + timedelta(hours=1))
    clock = iter(range(0, 10_000, 3))
    monkeypatch.setattr("integrations.oauth.tokens.time.monotonic", lambda: float(next(clock)))
    with pytest.raises(Transient, match="prend trop de temps"):
        store_of(books).current()
    assert token_calls(intuit) == 0


def test_a_reconnection_during_a_renewal_wins(
    books: Integration, intuit: Control, administrator: Any, monkeypatch: Any
) -> None:
    ends(books, OVER)
    fresh = intuit.act(SLUG, "grant")
    consented = TokenSet(fresh["access_token"], fresh["refresh_token"], datetime.now(UTC) + timedelta(hours=1))
    refresh = oauth.refresh

    def reconnected_meanwhile(*args: Any, **kwargs: Any) -> TokenSet:
        again = Integration.objects.get(pk=books.pk)
        account = open_account(again)
        services.connecting.store_again(
            again, account, auth_method="oauth2", secrets=consented.to_secrets(), config={}, actor=administrator
        )
        return refresh(*args, **kwargs)

    monkeypatch.setattr(oauth, "refresh", reconnected_meanwhile)
    assert store_of(books).current().access_token == consented.access_token
    assert stored(books) == consented


def open_account(integration: Integration) -> Any:
    from connectors.base.connector import Account

    return Account(integration.account_id, integration.account_name, "simulator")


def test_a_disconnection_during_a_renewal_leaves_no_grant_behind(
    books: Integration, intuit: Control, monkeypatch: Any
) -> None:
    ends(books, OVER)
    refresh = oauth.refresh

    def disconnected_meanwhile(*args: Any, **kwargs: Any) -> TokenSet:
        renewed = refresh(*args, **kwargs)
        Credential.objects.all().delete()
        return renewed

    monkeypatch.setattr(oauth, "refresh", disconnected_meanwhile)
    with pytest.raises(AuthExpired, match="déconnectée"):
        store_of(books).current()
    assert live_grants(intuit) == []


# --- Refused ------------------------------------------------------------------------------------------------------


def test_a_refused_renewal_asks_for_a_reconnection_once(
    books: Integration, intuit: Control, administrator: Any, mailoutbox: list[Any]
) -> None:
    ends(books, OVER)
    intuit.act(SLUG, "revoke_grants")
    intuit.fault("slow", path="/oauth2/v1/tokens/bearer", slug=SLUG, seconds=0.5)
    got = in_threads(CALLERS, lambda: store_of(books).current())
    assert {type(error) for error in got} == {AuthExpired}
    assert token_calls(intuit) == 1
    books.refresh_from_db()
    assert books.status == "reconnect"
    assert "Reconnectez" in books.status_message
    assert Event.objects.filter(type="integration.error").count() == 1
    assert notices.send_due() == 1
    assert notices.send_due() == 0
    assert len(mailoutbox) == 1


def test_a_refusal_of_the_pair_that_another_replaced_breaks_nothing(
    books: Integration, intuit: Control, monkeypatch: Any
) -> None:
    ends(books, OVER)
    refresh = oauth.refresh

    def too_late(*args: Any, **kwargs: Any) -> TokenSet:
        # The lease ran out: another caller renewed in our place, and our own refresh token is no longer taken.
        monkeypatch.setattr(oauth, "refresh", refresh)
        Credential.objects.update(lease_until=None)
        store_of(books).current()
        raise AuthExpired("n’accepte plus l’autorisation")

    monkeypatch.setattr(oauth, "refresh", too_late)
    assert store_of(books).current() == stored(books)
    books.refresh_from_db()
    assert books.status == "active"


def test_our_application_being_refused_is_not_a_matter_of_reconnecting(books: Integration) -> None:
    ends(books, OVER)
    ProviderApp.objects.update(client_secret="wrong")
    with pytest.raises(Exception, match="ne reconnaît pas notre application"):
        store_of(books).current()
    books.refresh_from_db()
    assert books.status == "active"


def test_an_integration_without_tokens_says_that_it_is_disconnected(books: Integration) -> None:
    Credential.objects.all().delete()
    with pytest.raises(AuthExpired, match="déconnectée"):
        store_of(books).current()
