"""One POST with a hard end: the deadline holds over name lookup, connection, TLS, headers and body together.

Connections go only to vetted addresses (see `ssrf`), are kept open per host, follow no redirect, use no proxy and read
at most 64 KiB of the answer as it comes over the wire.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, IncompleteRead
from typing import Any

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NameResolutionError, ProtocolError, SSLError
from urllib3.util import Timeout
from urllib3.util.ssl_ import create_urllib3_context

from webhooks import ssrf
from webhooks.sending.deadlines import Guard, watch

ANSWER_LIMIT = 64 * 1024
KEPT_HEADERS = 40
POOLS, CONNECTIONS_PER_POOL = 200, 64

TIMED_OUT = "Le destinataire n’a pas répondu complètement dans le délai permis."
REFUSED = "La connexion a été refusée : rien n’écoute à cette adresse."
NO_NAME = "Le nom du serveur est introuvable."
BROKEN = "La connexion a été coupée avant la fin de la réponse."
BAD_TLS = "La connexion chiffrée a échoué : certificat invalide ou protocole refusé."
UNREACHABLE = "Le serveur est injoignable."
BAD_ANSWER = "La réponse n’est pas du HTTP valable."


@dataclass
class Answer:
    """What came back. `code` None: no answer; `error` "" when the answer arrived (as far as it is read)."""

    code: int | None = None
    error: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    truncated: bool = False
    duration_ms: int = 0


class LookupFailed(OSError):
    """The name has no address, or none came in time."""


_current = threading.local()


def _resolve(host: str, port: int, seconds: float) -> list[tuple[Any, ...]]:
    """Look a name up once, within the time left: the lookup itself cannot be interrupted, so it runs beside."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found: list[Any] = []

    def look() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.append(error)

    thread = threading.Thread(target=look, name=f"lookup-{host}", daemon=True)
    thread.start()
    thread.join(max(0.0, seconds))
    if not found or not isinstance(found[0], list):
        raise LookupFailed(host)
    return found[0]


def _open(connection: Any) -> socket.socket:
    """Connect to the first vetted address that answers; replaces urllib3's own way to open a socket."""
    guard: Guard = _current.guard
    guard.fresh = True
    host, port = connection._dns_host.strip("[]").rstrip("."), connection.port
    answers = _resolve(host, port, guard.left())
    ssrf.vet((str(answer[4][0]) for answer in answers), port)
    failure: OSError = LookupFailed(host)
    for family, kind, protocol, _, address in answers:
        opened = socket.socket(family, kind, protocol)
        try:
            opened.settimeout(max(0.001, guard.left()))
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.connect(address)
            ssrf.vet([str(opened.getpeername()[0])], port)
        except OSError as error:
            opened.close()
            failure = error
            continue
        except ssrf.BlockedAddress:
            opened.close()
            raise
        return opened
    raise failure


class _Vetted:
    """Mixed into urllib3's connections: opens vetted sockets and lets the deadline cut them."""

    handle: socket.socket | None = None
    sock: Any

    def _new_conn(self) -> socket.socket:
        opened = _open(self)
        # TLS takes the socket over; a duplicate still reaches the same connection, also during the handshake.
        self.handle = opened.dup()
        _current.guard.holds(self.handle)
        return opened

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.handle is not None:
            _current.guard.holds(self.handle)
        super().request(*args, **kwargs)  # type: ignore[misc]

    def close(self) -> None:
        handle, self.handle = self.handle, None
        if handle is not None:
            handle.close()
        super().close()  # type: ignore[misc]


class _Plain(_Vetted, HTTPConnection):
    pass


class _Encrypted(_Vetted, HTTPSConnection):
    pass


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _EncryptedPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Encrypted


def _trusting_context() -> ssl.SSLContext:
    """Certificates are checked against the system's authorities, and certifi's where the system has none. One context
    for all: reading the authorities costs more than a delivery."""
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.load_default_certs()
    context.load_verify_locations(certifi.where())
    return context


class Transport:
    """Sends; may be used by many threads at a time."""

    def __init__(self) -> None:
        self._pools = urllib3.PoolManager(
            POOLS, maxsize=CONNECTIONS_PER_POOL, block=False, ssl_context=_trusting_context()
        )
        self._pools.pool_classes_by_scheme = {"http": _PlainPool, "https": _EncryptedPool}

    def post(self, url: str, body: bytes, headers: Mapping[str, str], seconds: float) -> Answer:
        """POST once and return what came back within `seconds`; never raises for what the other side does."""
        began = time.monotonic()
        answer = Answer()
        problem = ssrf.url_problem(url)
        if problem:
            answer.error = problem
            return answer
        with watch(seconds) as guard:
            _current.guard = guard
            try:
                self._post(url, body, headers, guard, answer)
            except Exception as error:  # noqa: BLE001 - whatever another system provokes is told in the log, not raised
                answer.error = TIMED_OUT if guard.expired or guard.left() <= 0 else sentence_of(error)
            if guard.expired:
                answer.error = TIMED_OUT
        answer.duration_ms = round((time.monotonic() - began) * 1000)
        return answer

    def _post(self, url: str, body: bytes, headers: Mapping[str, str], guard: Guard, answer: Answer) -> None:
        try:
            self._exchange(url, body, headers, guard, answer)
        except (ProtocolError, OSError):
            # A connection kept open may have been closed by the other side just now: once more on a fresh one.
            if guard.fresh or guard.expired or answer.code is not None:
                raise
            self._exchange(url, body, headers, guard, answer)

    def _exchange(self, url: str, body: bytes, headers: Mapping[str, str], guard: Guard, answer: Answer) -> None:
        pool = self._pools.connection_from_url(url)
        response = pool.urlopen(
            "POST",
            urllib3.util.parse_url(url).request_uri,
            body=body,
            headers=headers,
            retries=False,
            redirect=False,
            timeout=Timeout(total=max(0.001, guard.left())),
            preload_content=False,
            decode_content=False,
            assert_same_host=False,
        )
        answer.code = response.status
        answer.headers = {
            _storable(name): _storable(value[:1000]) for name, value in list(response.headers.items())[:KEPT_HEADERS]
        }
        whole = False
        try:
            raw = response.read(ANSWER_LIMIT + 1, decode_content=False) or b""
            answer.truncated = len(raw) > ANSWER_LIMIT
            answer.body = _storable(raw[:ANSWER_LIMIT].decode("utf-8", "replace"))
            whole = not answer.truncated
        finally:
            if whole:
                response.release_conn()
            else:
                response.close()


def _storable(text: str) -> str:
    """PostgreSQL's text holds no NUL."""
    return text.replace("\x00", "\ufffd")


def sentence_of(error: BaseException) -> str:
    """What went wrong, for an administrator; it tells no address that a name resolved to."""
    chain: BaseException | None = error
    while chain is not None:
        match chain:
            case ssrf.BlockedAddress():
                return ssrf.BlockedAddress.sentence
            case LookupFailed() | NameResolutionError() | socket.gaierror():
                return NO_NAME
            case ConnectionRefusedError():
                return REFUSED
            case SSLError():
                return BAD_TLS
            case TimeoutError() | urllib3.exceptions.TimeoutError():
                return TIMED_OUT
            case ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError() | IncompleteRead():
                return BROKEN
            case HTTPException() | ValueError():
                return BAD_ANSWER
        chain = chain.__cause__ or chain.__context__ or _reason(chain)
    return UNREACHABLE


def _reason(error: BaseException) -> BaseException | None:
    reason = getattr(error, "reason", None)
    return reason if isinstance(reason, BaseException) else None
