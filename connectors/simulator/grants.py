"""What every fake authorization server needs: codes and tokens that end, known clients, known return addresses."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from flask import request

from connectors.simulator.clock import stamp
from connectors.simulator.provider import Provider

Token = dict[str, Any]
Fake = TypeVar("Fake", bound=Provider)
_LOCAL = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\]|testserver)(:\d+)?/integrations/oauth/callback/(\w+)")


class Kept(Generic[Fake]):
    """Codes ("Code"), access tokens ("Access") and refresh tokens ("Refresh") of one fake, kept like objects."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake

    def expire_access(self) -> None:
        """All access tokens are over; refresh tokens serve on."""
        fake = self._fake
        for one in fake.store.select(fake.slug, "OAuthAccess", "deleted_at IS NULL"):
            self._drop("Access", one)

    def _keep(self, kind: str, value: str, life: timedelta, **data: Any) -> None:
        fake = self._fake
        now = fake.clock.now()
        body = {"id": value, "updated_at": stamp(now), "deleted_at": None, "until": stamp(now + life), **data}
        fake.store.put(fake.slug, f"OAuth{kind}", body)

    def _live(self, kind: str, value: str) -> Token | None:
        fake = self._fake
        found = fake.store.get(fake.slug, f"OAuth{kind}", value)
        return found if found and not found["deleted_at"] and found["until"] > stamp(fake.clock.now()) else None

    def _drop(self, kind: str, found: Token) -> None:
        fake = self._fake
        fake.store.put(fake.slug, f"OAuth{kind}", {**found, "deleted_at": stamp(fake.clock.now())})


def basic_client(apps: Mapping[str, str]) -> str | None:
    """The client that HTTP Basic names, when its secret is right."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    try:
        client, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return None
    return client if kind.lower() == "basic" and secret and apps.get(client) == secret else None


def unknown_caller(fake: Provider, given: Mapping[str, str], apps: Mapping[str, str]) -> str:
    """Why no consent page is shown: client or return address is not known. Empty when both are.

    This console's own addresses on this machine are known without being registered.
    """
    if given.get("client_id") not in apps:
        return "L’application (client_id) est inconnue."
    back = given.get("redirect_uri", "")
    local = _LOCAL.fullmatch(back)
    if not (local and local[3] == fake.slug) and back not in fake.setting("redirect_uris"):
        return f"L’adresse de retour (redirect_uri) n’est pas inscrite pour cette application : {urlsplit(back)[1]}"
    return ""
