"""The secrets of one subscription: the newest signs from now on, older ones still count for a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from webhooks import signing
from webhooks.models import InboundSubscription

OVERLAP = timedelta(hours=24)
Stored = list[dict[str, str]]


def fresh() -> str:
    """A random secret that every scheme can use: Standard Webhooks' own form."""
    return signing.new_secret()


def newest(row: InboundSubscription) -> str:
    """The secret that signs from now on; "" when there is none."""
    return next(iter(row.live_secrets()), "")


def with_given(row: InboundSubscription, given: Iterable[str]) -> Stored:
    """The stored secrets once the provider told which ones may sign, the newest first."""
    told = [secret for secret in given if secret]
    if not told:
        return row.secrets
    return [{"secret": secret, "until": ""} for secret in told] + _ending(row, without=told)


def with_new(row: InboundSubscription, secret: str) -> Stored:
    """The stored secrets with one more, which signs from now on."""
    return [{"secret": secret, "until": ""}, *_ending(row, without=[secret])]


def _ending(row: InboundSubscription, without: list[str]) -> Stored:
    """At most one older secret, for a day: two are live."""
    end = (timezone.now() + OVERLAP).isoformat()
    older = [secret for secret in row.live_secrets() if secret not in without]
    return [{"secret": secret, "until": end} for secret in older[:1]]
