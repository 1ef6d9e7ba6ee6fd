"""Calls that a provider makes to us: what a connector declares of them, reads in them and answers to them.

A call is only a hint: it tells that an object changed. What the object now is, is read from the provider afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from connectors.base.signatures import SignatureScheme

BODY_LIMIT = 1024 * 1024


class Unreadable(ValueError):
    """An authentic call whose body is not what the provider documents. Its text is a French sentence."""


@dataclass(frozen=True)
class Call:
    """One request as it came. `headers`: names in lower case; `url`: our address as the provider knows it."""

    body: bytes
    headers: Mapping[str, str]
    url: str = ""


@dataclass(frozen=True)
class Hint:
    """One object to look at.

    `resource`: ours, "" for an event that concerns none of our objects (stored, not followed). `account`: the tenant,
    realm, portal or merchant it is about, "" when the call does not tell. `kind`: the provider's own name of the event.
    `dedupe_key`: the same for every repetition of the event, different for every other event of the provider. `at`:
    when it happened, ISO 8601, "" when not told. `version`: what the object's version is after it, "" when not told.
    `merged_into`: the id of the object that this one became, where the event is a merge: it is no deletion then.
    """

    resource: str
    remote_id: str
    kind: str
    dedupe_key: str
    account: str = ""
    deleted: bool = False
    at: str = ""
    version: str = ""
    merged_into: str = ""


@dataclass(frozen=True)
class Handshake:
    """A call by which the provider checks an address that we registered: `code` is to be given back to it by
    Connector.confirm() for the subscription `remote_id` of `account`."""

    account: str
    remote_id: str
    code: str


@dataclass(frozen=True)
class Reply:
    """What the provider wants to be answered."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Subscription:
    """What was registered at the provider. `ids`: its own; `secrets`: every secret that may sign, newest first;
    `expires_at`: ISO 8601, "" when it does not expire; `data`: what else renew() and unsubscribe() need.
    `checked`: whether the provider has done with checking our address, for which it may want several codes (see
    Handshake); None where it does not tell."""

    ids: tuple[str, ...]
    secrets: tuple[str, ...] = ()
    expires_at: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    checked: bool | None = None


def accepted(call: Call) -> Reply:
    """200 and nothing else."""
    return Reply()


def refused(call: Call) -> Reply:
    """401 and nothing else."""
    return Reply(401)


def no_handshake(call: Call) -> Handshake | None:
    """The provider checks no address."""
    return None


@dataclass(frozen=True)
class Webhooks:
    """How a provider calls us.

    `secret`: where the secret comes from. "subscribed": made or taken at subscribe(); "app": of the provider's
    application, one for all its accounts; "pasted": shown by the provider, pasted here by an administrator; "ours":
    made here, pasted at the provider by an administrator; "none": the address alone is the secret.
    `app_level`: whether one address serves every account (/webhook/<slug>), each hint naming its account; the other
    address (/webhook/<slug>/<key>) serves one integration.
    `parse`: the hints of an authentic call, raises Unreadable; an empty list is a call that asks for nothing.
    `resources`: which of ours are announced; the others are only pulled.
    `subscribes`: whether the connector registers the address itself (subscribe, renew, unsubscribe).
    `same_bytes`: whether a repetition of a call is the same to the byte, so that another body under a known
    `dedupe_key` is an alarm; otherwise what the hint says is compared (some providers count attempts in the body).
    `renew_every`: how often a subscription that expires is renewed. `signs_time`: whether stale calls are told.
    """

    scheme: SignatureScheme
    parse: Callable[[Call], list[Hint]]
    secret: Literal["subscribed", "app", "pasted", "ours", "none"]
    resources: tuple[str, ...]
    app_level: bool = False
    subscribes: bool = False
    signs_time: bool = False
    same_bytes: bool = False
    renew_every: timedelta | None = None
    content_types: tuple[str, ...] = ("application/json",)
    body_limit: int = BODY_LIMIT
    reply: Callable[[Call], Reply] = accepted
    refusal: Callable[[Call], Reply] = refused
    handshake: Callable[[Call], Handshake | None] = no_handshake
