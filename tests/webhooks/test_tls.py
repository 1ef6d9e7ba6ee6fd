"""Deliveries over TLS: the certificate must fit the name, though the connection goes to the vetted address."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.webhooks.receiver import Receiver
from tests.webhooks.test_ssrf import resolving
from webhooks.sending.transport import BAD_TLS, TIMED_OUT, Transport

NAME = "receiver.example.com"


def certificate(folder: Path) -> Path:
    """A self-signed certificate for NAME, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "receiver.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


class TLSReceiver(Receiver):
    """A receiver behind TLS."""

    def __init__(self, path: Path) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(path)
        self.names: list[str | None] = []
        self.context.sni_callback = lambda _, name, __: self.names.append(name)
        super().__init__()

    def _serve(self, opened: socket.socket) -> None:
        try:
            wrapped = self.context.wrap_socket(opened, server_side=True)
        except OSError:
            opened.close()
            return
        super()._serve(wrapped)


@pytest.fixture
def tls(tmp_path: Path, settings: Any, monkeypatch: Any) -> Iterator[tuple[TLSReceiver, Path]]:
    """A receiver behind TLS to which every name leads, and its certificate."""
    path = certificate(tmp_path)
    receiver = TLSReceiver(path)
    settings.WEBHOOK_ALLOWED_NETWORKS = [f"127.0.0.1/32:{receiver.port}"]
    resolving(monkeypatch, [str(ipaddress.IPv4Address("127.0.0.1"))])
    yield receiver, path
    receiver.close()


def post(port: int, host: str = NAME, seconds: float = 2) -> Any:
    return Transport().post(f"https://{host}:{port}/", b"{}", {"webhook-id": "evt_1"}, seconds)


def test_a_trusted_certificate_for_the_name_is_accepted(tls, monkeypatch):
    receiver, path = tls
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    answer = post(receiver.port)
    assert (answer.code, answer.error) == (200, "")
    assert receiver.names == [NAME]


def test_a_certificate_that_nobody_vouches_for_is_refused(tls):
    receiver, _ = tls
    assert post(receiver.port).error == BAD_TLS
    assert receiver.calls == []


def test_a_certificate_for_another_name_is_refused(tls, monkeypatch):
    receiver, path = tls
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    assert post(receiver.port, "other.example.com").error == BAD_TLS
    assert receiver.calls == []


def test_a_handshake_that_never_ends_is_cut(settings, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        settings.WEBHOOK_ALLOWED_NETWORKS = [f"127.0.0.1/32:{port}"]
        resolving(monkeypatch, ["127.0.0.1"])
        kept: list[Any] = []
        threading.Thread(target=lambda: kept.append(listener.accept()), daemon=True).start()
        began = time.monotonic()
        assert post(port, seconds=0.5).error == TIMED_OUT
        assert time.monotonic() - began < 1
