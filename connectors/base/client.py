"""The one request loop: limiter → auth → send → classify → retry."""

from __future__ import annotations

import json as jsonlib
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.auth import AuthBase
from requests.structures import CaseInsensitiveDict

from connectors.base import jsontext
from connectors.base.auth import RenewableAuth
from connectors.base.classify import Answer, checked
from connectors.base.errors import (
    AuthExpired,
    ConnectorError,
    Malformed,
    Misconfigured,
    RateLimited,
    Throttled,
    Transient,
)
from connectors.base.limiter import Limiter
from connectors.base.masking import Masker

CONNECT_TIMEOUT = 5.0
MAX_BODY = 20 * 1024 * 1024
USER_AGENT = "Lacoste-Integrations/1.0"
_CHUNK = 64 * 1024


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how late to try again. A wait up to `max_sleep` seconds is slept here, a longer one is raised
    with its `retry_after`, so that the caller stores it and frees the worker."""

    max_retries: int = 5
    delay_ms: int = 1000
    multiplier: float = 2.0
    max_sleep: float = 2.0

    def delay(self, attempt: int) -> float:
        """Seconds to wait after the given attempt (1 = the first), with jitter: half to all of the nominal delay."""
        nominal = self.delay_ms / 1000 * self.multiplier ** (attempt - 1)
        return nominal * random.uniform(0.5, 1.0)  # noqa: S311 - not for secrets


DEFAULT_RETRY = RetryPolicy()


@dataclass
class Exchange:
    """One attempt as it may be kept in a log: masked; bodies only when it failed, cut to 4 KiB of text."""

    method: str
    url: str
    attempt: int
    started_at: datetime
    duration_ms: int = 0
    status: int | None = None
    request_headers: dict[str, str] = field(default_factory=dict)
    request_body: str = ""
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""
    error: str = ""


class Client:
    """Sends requests to one account at one provider. Use it from one thread at a time.

    label: the provider's name in sentences; hosts: role → base URL, the only ones that ever get the credential (looked
    up at each request: an address may come with a token);
    classify: the error that an answer means, or None; masker: knows every credential value; parse_float: what a JSON
    number with a fraction becomes (str keeps every digit of an amount); parse: reads a body that is not JSON,
    ValueError when it cannot; gate: called before every sending, raises what must keep it from being made.
    """

    def __init__(
        self,
        *,
        label: str,
        hosts: Mapping[str, str],
        auth: AuthBase,
        classify: Callable[[Answer], ConnectorError | None],
        masker: Masker,
        limiter: Limiter | None = None,
        on_exchange: Callable[[Exchange], None] | None = None,
        gate: Callable[[], None] | None = None,
        retry: RetryPolicy = RetryPolicy(),
        timeout: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
        parse_float: Callable[[str], Any] = float,
        parse: Callable[[bytes], Any] | None = None,
    ) -> None:
        self.label = label
        self.retries = 0
        self._hosts = hosts
        self._auth = auth
        self._classify = classify
        self._masker = masker
        self._limiter = limiter
        self._heard: Callable[[Mapping[str, str]], None] | None = getattr(limiter, "heard", None)
        self._on_exchange = on_exchange
        self._gate = gate
        self._retry = retry
        self._timeout = timeout
        self._sleep = sleep
        self._parse = parse or (lambda body: jsontext.loads(body, parse_float))
        self._session = requests.Session()
        self._environment: dict[tuple[str, ...], Mapping[str, Any]] = {}
        self._session.headers["User-Agent"] = USER_AGENT
        self._session.headers["Accept"] = "application/json"

    def hide(self, *secrets: str) -> None:
        """Show these values in no exchange either, from now on."""
        self._masker.add(*secrets)

    def request(
        self,
        method: str,
        path: str,
        *,
        role: str = "api",
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        expect: type = dict,
        repeatable: bool | None = None,
    ) -> Answer:
        """Send until it succeeds or until the policy says stop; raises a ConnectorError.

        path: below the base URL of `role`, or a whole URL on one of the declared hosts. json: a value to send as JSON;
        body: bytes to send as they are, instead. expect: type of the JSON body of a success.
        repeatable: whether a second sending is harmless when the outcome of the first is unknown; by default reads, and
        writes with an Idempotency-Key.
        """
        sent = {**(headers or {})}
        if json is not None:
            body = jsonlib.dumps(json, ensure_ascii=False, separators=(",", ":")).encode()
            sent.setdefault("Content-Type", "application/json")
        if repeatable is None:
            repeatable = method in ("GET", "HEAD") or "Idempotency-Key" in sent
        request = requests.Request(
            method, self._url(role, path), params=params, data=body, headers=sent, auth=self._auth
        )
        attempt = 0
        renewable = isinstance(self._auth, RenewableAuth)
        while True:
            attempt += 1
            self._wait_for_turn()
            if self._gate:
                self._gate()
            try:
                return self._attempt(request, attempt, expect)
            except Transient as error:
                self._wait_or_raise(error, attempt, repeatable or isinstance(error, RateLimited))
            except AuthExpired as error:
                # Refused at the door (401): nothing was done, so that even a write may go again, once.
                if not renewable or error.status != 401 or not isinstance(self._auth, RenewableAuth):
                    raise
                renewable = False
                self._auth.renew()
                request.url = self._url(role, path)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _url(self, role: str, path: str) -> str:
        """The absolute URL; Misconfigured when it leaves the declared hosts (the credential would go with it)."""
        if role not in self._hosts:
            raise Misconfigured(
                f"L’adresse de {self.label} n’est pas réglée. Précisez-la dans les options avancées.", code="no_host"
            )
        if "://" not in path:
            return f"{self._hosts[role].rstrip('/')}/{path.lstrip('/')}"
        origins = {urlsplit(base)[:2] for base in self._hosts.values()}
        if urlsplit(path)[:2] not in origins:
            raise Misconfigured(
                f"{self.label} renvoie vers une adresse étrangère ({urlsplit(path).hostname}) : la clé n’y est pas "
                "envoyée. Vérifiez l’adresse de base dans les options avancées.",
                code="foreign_host",
            )
        return path

    def _wait_for_turn(self) -> None:
        """Sleep until the limiter lets us through; Throttled when that is longer than we may sleep."""
        slept = 0.0
        while self._limiter and (wait := self._limiter.acquire()) > 0:
            if slept + wait > self._retry.max_sleep:
                raise Throttled(
                    f"Le rythme permis par {self.label} est atteint. La suite reprendra d’elle-même.", retry_after=wait
                )
            self._sleep(wait)
            slept += wait

    def _wait_or_raise(self, error: Transient, attempt: int, repeatable: bool) -> None:
        if error.retry_after is None:
            error.retry_after = self._retry.delay(attempt)
        if isinstance(error, RateLimited) and self._limiter:
            self._limiter.pause(error.retry_after)
        if not repeatable or attempt > self._retry.max_retries or error.retry_after > self._retry.max_sleep:
            raise error
        self._sleep(error.retry_after)
        self.retries += 1

    def _attempt(self, request: requests.Request, attempt: int, expect: type) -> Answer:
        """One sending, with its Exchange reported whatever happens."""
        prepared = self._session.prepare_request(request)
        if isinstance(self._auth, RenewableAuth):
            self._masker.add(self._auth.secret)
        exchange = Exchange(
            method=prepared.method or "",
            url=self._masker.text(prepared.url or ""),
            attempt=attempt,
            started_at=datetime.now(UTC),
            request_headers=self._masker.headers(prepared.headers),
        )
        begun = time.monotonic()
        body = b""
        try:
            status, headers, body = self._send(prepared, exchange, begun)
            answer = self._answer(prepared.method or "", status, headers, body)
            error = self._classify(answer)
            if error:
                raise error
            return checked(self.label, answer, body, expect)
        except ConnectorError as error:
            exchange.error = error.sentence
            exchange.request_body = self._masker.body(
                prepared.body if isinstance(prepared.body, (bytes, str)) else None
            )
            exchange.response_body = self._masker.body(body)
            error.detail = self._masker.text(error.detail)
            raise
        finally:
            exchange.duration_ms = round((time.monotonic() - begun) * 1000)
            if self._on_exchange:
                self._on_exchange(exchange)

    def _send(
        self, prepared: requests.PreparedRequest, exchange: Exchange, begun: float
    ) -> tuple[int, CaseInsensitiveDict[str], bytes]:
        try:
            with self._session.send(
                prepared,
                timeout=(CONNECT_TIMEOUT, self._timeout),
                allow_redirects=False,
                **self._surroundings(prepared.url or ""),
            ) as response:
                exchange.status = response.status_code
                exchange.response_headers = self._masker.headers(response.headers)
                if self._heard:
                    self._heard(response.headers)
                body = self._read(response, begun)
        except requests.exceptions.SSLError as error:
            raise Misconfigured(
                f"Le certificat de sécurité de {self.label} n’est pas valable : rien n’a été envoyé. Vérifiez "
                "l’adresse de base, ou prévenez le fournisseur.",
                code="bad_certificate",
                detail=str(error),
            ) from error
        except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError) as error:
            raise self._too_slow(str(error)) from error
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise Transient(
                f"{self.label} est injoignable, ou la communication s’est rompue. Un nouvel essai aura lieu de "
                "lui-même; si cela dure, vérifiez l’adresse de base et l’état du service.",
                code="unreachable",
                detail=str(error),
            ) from error
        return response.status_code, response.headers, body

    def _surroundings(self, url: str) -> Mapping[str, Any]:
        """Proxies and certificates that the environment asks for, found out once per address: it takes a quarter of the
        time of a request."""
        origin = urlsplit(url)[:2]
        if origin not in self._environment:
            self._environment[origin] = self._session.merge_environment_settings(url, {}, True, None, None)
        return self._environment[origin]

    def _read(self, response: requests.Response, begun: float) -> bytes:
        """The whole body, within the size cap; a provider that trickles bytes is stopped at twice the timeout."""
        chunks: list[bytes] = []
        size = 0
        # read1 answers as soon as something is there, so that the deadline is looked at even when little comes.
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_BODY:
                raise Malformed(
                    f"La réponse de {self.label} dépasse 20 Mo et n’a pas été lue jusqu’au bout. Réduisez la taille "
                    "des lots, puis relancez.",
                    code="too_large",
                    status=response.status_code,
                )
            if time.monotonic() - begun > 2 * self._timeout + CONNECT_TIMEOUT:
                raise self._too_slow("body")
        return b"".join(chunks)

    def _too_slow(self, detail: str) -> Transient:
        return Transient(
            f"{self.label} n’a pas répondu dans le délai prévu ({self._timeout:g} s). Un nouvel essai aura lieu de "
            "lui-même; si cela dure, allongez le délai ou réduisez la taille des lots.",
            code="timeout",
            detail=detail,
        )

    def _answer(self, method: str, status: int, headers: CaseInsensitiveDict[str], body: bytes) -> Answer:
        try:
            data = self._parse(body) if body else None
        except (ValueError, RecursionError):
            data = None
        return Answer(method, status, headers, data)
