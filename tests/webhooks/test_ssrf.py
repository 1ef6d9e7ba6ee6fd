"""Where a delivery may go: no private, reserved or translated address, however it is written or resolved."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.webhooks import receiver as wire
from webhooks import ssrf
from webhooks.sending.transport import NO_NAME, TIMED_OUT, Transport

# The table of addresses that other guards let through, and every reserved range.
BLOCKED_TEXT = """
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254 172.16.0.1
172.31.255.255 192.0.0.192 192.0.0.1 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1
239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1 64:ff9b::a9fe:a9fe
64:ff9b:1::1 100::1 2001::1 2001:db8::1 2001:10::1 2001:20::1 2002:7f00:1:: 2002:a9fe:a9fe:: 3fff::1 4000::1 5f00::1
fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1
"""
BLOCKED = BLOCKED_TEXT.split()
ALLOWED = ["1.1.1.1", "8.8.8.8", "99.84.1.1", "172.32.0.1", "192.167.1.1", "2606:4700::1111", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("text", BLOCKED)
def test_a_reserved_address_is_refused(text):
    assert not ssrf.permitted(ipaddress.ip_address(text), 443)
    host = f"[{text}]" if ":" in text else text
    assert ssrf.url_problem(f"https://{host}/hook")


@pytest.mark.parametrize("text", ALLOWED)
def test_a_public_address_is_permitted(text):
    assert ssrf.permitted(ipaddress.ip_address(text), 443)
    host = f"[{text}]" if ":" in text else text
    assert ssrf.url_problem(f"https://{host}/hook") == ""


HIDING_TEXT = """
http://127.1/ http://2130706433/ http://0x7f000001/ http://0177.0.0.1/ http://0/ http://0x7f.1/ http://localhost/
http://LOCALHOST/ http://localhost./ http://x.localhost/ http://[::1]/ http://[::ffff:127.0.0.1]/ http://127.0.0.1./
http://user:pw@example.com/ http://example.com@127.0.0.1/ http://example.com:22/ http://example.com:25/
https://example.com#x ftp://example.com/ file:///etc/passwd gopher://x example.com //example.com http:///x
http://example.com\\@127.0.0.1/ http://[fe80::1%25eth0]/ http://example.com:99999/ javascript:x
"""
HIDING = [*HIDING_TEXT.split(), "http://exa mple.com/", "http://exa\tmple.com/", "http://example.com/\r\nX: y", ""]


@pytest.mark.parametrize("url", HIDING)
def test_an_address_that_hides_something_is_refused(url):
    assert ssrf.url_problem(url)


@pytest.mark.parametrize(
    "url", ["https://example.com", "http://example.com:8080/a?b=c", "https://éléphant.example.ca/x", "https://a.b.c./"]
)
def test_an_ordinary_address_is_permitted(url):
    assert ssrf.url_problem(url) == ""


def test_a_private_network_is_permitted_on_its_port_only(settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.1/32:8001", "[::1/128]:9000"]
    permitted = [
        ssrf.permitted(ipaddress.ip_address(text), port)
        for text, port in [("127.0.0.1", 8001), ("127.0.0.1", 8002), ("127.0.0.2", 8001), ("::1", 9000), ("::1", 8001)]
    ]
    assert permitted == [True, False, False, True, False]


@pytest.mark.parametrize("text", ["127.0.0.1", "10.0.0.0/8", "10.0.0.1/8:80", "x:80", "10.0.0.0/8:0", "10.0.0.0/8:x"])
def test_a_network_without_a_port_or_unreadable_stops_the_start(settings, text):
    settings.WEBHOOK_ALLOWED_NETWORKS = [text]
    with pytest.raises(ImproperlyConfigured):
        ssrf.permissions()


# --- Names --------------------------------------------------------------------------------------------------------
def resolving(monkeypatch: Any, *answers: Any) -> list[str]:
    """Make every name resolve to these addresses, one answer per look-up, the last again; returns what was asked."""
    real, asked = socket.getaddrinfo, []

    def look(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        if host.replace(".", "").isdigit():
            return real(host, port, *args, **kwargs)
        asked.append(host)
        answer = answers[min(len(asked), len(answers)) - 1]
        if callable(answer):
            return answer()
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in answer]

    monkeypatch.setattr(socket, "getaddrinfo", look)
    return asked


def post(port: int, host: str = "receiver.example.com", seconds: float = 2) -> Any:
    return Transport().post(f"http://{host}:{port}/", b"{}", {"webhook-id": "evt_1"}, seconds)


@pytest.fixture
def inside(receive: Any, settings: Any) -> wire.Receiver:
    """A receiver on loopback that nobody may reach."""
    receiver: wire.Receiver = receive()
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    return receiver


def test_a_name_that_resolves_to_a_private_address_is_not_connected_to(monkeypatch, inside):
    resolving(monkeypatch, ["127.0.0.1"])
    answer = post(inside.port)
    assert answer.error == ssrf.BlockedAddress.sentence
    assert "127" not in answer.error
    assert inside.connections == 0


def test_one_private_address_among_public_ones_blocks_the_whole_name(monkeypatch, inside):
    resolving(monkeypatch, ["8.8.8.8", "127.0.0.1"])
    assert post(inside.port).error == ssrf.BlockedAddress.sentence
    assert inside.connections == 0


def test_a_name_is_looked_up_once_and_the_vetted_address_is_used(monkeypatch, receive, settings):
    vetted, other = receive(), receive()
    settings.WEBHOOK_ALLOWED_NETWORKS = [f"127.0.0.1/32:{vetted.port}"]
    # A second look-up would get an address that is refused: rebinding.
    asked = resolving(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
    assert post(vetted.port).code == 200
    assert asked == ["receiver.example.com"]
    assert vetted.calls[0].headers["host"] == f"receiver.example.com:{vetted.port}"
    assert other.connections == 0


def test_a_name_that_changes_to_a_private_address_is_refused_at_the_next_connection(monkeypatch, receive, settings):
    receiver = receive()
    resolving(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])
    assert post(receiver.port).code == 200
    assert post(receiver.port).error == ssrf.BlockedAddress.sentence


def test_a_name_that_does_not_exist_is_told_as_such(monkeypatch):
    def fail() -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    resolving(monkeypatch, fail)
    assert post(443).error == NO_NAME


def test_a_slow_look_up_ends_with_the_deadline(monkeypatch):
    stuck = threading.Event()
    resolving(monkeypatch, lambda: stuck.wait(20) or [])
    began = time.monotonic()
    answer = post(443, seconds=0.5)
    stuck.set()
    assert answer.error == TIMED_OUT
    assert time.monotonic() - began < 1


def test_environment_proxies_and_netrc_are_not_used(monkeypatch, receive):
    proxy, receiver = receive(), receive()
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
    assert Transport().post(receiver.url, b"{}", {"webhook-id": "evt_1"}, 2).code == 200
    assert proxy.connections == 0
