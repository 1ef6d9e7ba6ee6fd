"""What the tests of every connector need beside the simulator: patience, tokens, a person, a whole pass."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from connectors.base import oauth
from connectors.base.client import Exchange, RetryPolicy
from connectors.base.connector import Connector
from connectors.base.oauth import App, TokenSet, TokenStore
from connectors.base.webhooks import Call, Hint

QUICK = RetryPolicy(max_retries=2, delay_ms=2, multiplier=1)


class Unlimited:
    """A limiter that lets everything through."""

    def acquire(self) -> float:
        """No wait."""
        return 0.0

    def pause(self, seconds: float) -> None:
        """No pause."""


class Store(TokenStore):
    """A token store as the engine's: one renewal for everyone who asks with the same stale token."""

    def __init__(
        self, connector: type[Connector], app: App, hosts: dict[str, str], tokens: TokenSet, exchanges: list[Exchange]
    ) -> None:
        self.connector, self.app, self.hosts, self.tokens, self.exchanges = connector, app, hosts, tokens, exchanges
        self.renewals = 0
        self._lock = threading.Lock()

    def current(self) -> TokenSet:
        """The tokens as they are."""
        return self.tokens

    def renew(self, stale: str) -> TokenSet:
        """Newer ones, unless somebody has them already."""
        with self._lock:
            if self.tokens.access_token == stale:
                self.renewals += 1
                self.tokens = oauth.refresh(
                    self.connector, self.app, self.hosts, self.tokens, on_exchange=self.exchanges.append
                )
            return self.tokens

    def renew_now(self) -> TokenSet:
        """Newer ones in any case: a test that moved the clock knows that they have ended."""
        return self.renew(self.tokens.access_token)


class Person:
    """Someone with a browser in front of a consent page; `choices` are what the form says unless told otherwise."""

    def __init__(self, url: str, callback: str, **choices: str) -> None:
        self.url, self.callback, self.choices = url, callback, choices
        self.page = requests.get(url, timeout=10)

    def answer(self, answer: str = "allow", **choices: str) -> dict[str, str]:
        """Choose, and come back with the redirect's parameters."""
        form = {**dict(parse_qsl(urlsplit(self.url).query)), "answer": answer, **self.choices, **choices}
        back = requests.post(self.url.partition("?")[0], data=form, allow_redirects=False, timeout=10)
        assert back.status_code == 302, back.text
        assert back.headers["Location"].startswith(self.callback)
        return dict(parse_qsl(urlsplit(back.headers["Location"]).query))


def read(
    connector: Connector, resource: str, cursor: Any = None, size: int = 100, *, key: str = "id", **options: Any
) -> Any:
    """Every record of a pass by id, its last cursor, and the number of pages."""
    pages = list(connector.pull(resource, cursor, page_size=size, **options))
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    return {record[key]: record for page in pages for record in page.records}, pages[-1].cursor, len(pages)


def as_receiver(connector: type[Connector], *secrets: str) -> Callable[[Call], tuple[int, bytes]]:
    """What a receiver with these secrets answers: the provider's own way of yes and no."""
    declared = connector.webhooks
    assert declared

    def answer(call: Call) -> tuple[int, bytes]:
        verdict = declared.scheme.verify(call.body, call.headers, secrets, url=call.url)
        reply = declared.reply(call) if verdict.ok else declared.refusal(call)
        return reply.status, reply.body

    return answer


def told(connector: type[Connector], calls: Iterable[Call], *secrets: str) -> list[Hint]:
    """The hints of calls, every one of which must be authentic with these secrets and with no other."""
    declared = connector.webhooks
    assert declared
    found: list[Hint] = []
    for call in calls:
        assert declared.scheme.verify(call.body, call.headers, secrets, url=call.url).ok
        if declared.secret != "none":
            assert not declared.scheme.verify(call.body, call.headers, ["autre:autre"], url=call.url).ok
        assert call.headers["content-type"].partition(";")[0] in declared.content_types
        found += declared.parse(call)
    return found
