"""What happens with a call, from its raw bytes to the answer: believed only when signed, answered only when stored."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse

import connectors
from connectors.base.webhooks import Call, Handshake, Hint, Reply, Unreadable
from integrations.core.keys import DecryptionError
from integrations.core.network import client_ip
from webhooks.inbound import concealing, keys, receivers, refusals, storing
from webhooks.inbound.reading import announced_size, headers_of, media_type, read_body
from webhooks.inbound.receivers import Receiver
from webhooks.inbound.refusals import Refusal
from webhooks.inbound.storing import NewEvent, NewRequest
from webhooks.sending import wake

log = structlog.get_logger(__name__)

RETRY_AFTER = "30"


def receive(request: HttpRequest, slug: str, key: str = "") -> HttpResponse:
    """Take a call of a provider, or refuse it. Never raises: what cannot be stored now is asked for again (503)."""
    try:
        receiver = receivers.find(slug, key)
    except Refusal as refusal:
        return _refuse(request, refusal, slug if slug in connectors.REGISTRY else "", None)
    except (DatabaseError, DecryptionError) as error:
        return _unavailable(slug, error)
    call = Call(b"", headers_of(request), receiver.url)
    try:
        _admit(request, receiver)
        call = Call(read_body(request, receiver.webhooks.body_limit), call.headers, call.url)
        _take(request, receiver, call)
    except Refusal as refusal:
        return _refuse(request, refusal, slug, receiver, call)
    except (DatabaseError, DecryptionError) as error:
        return _unavailable(slug, error)
    return _response(receiver.webhooks.reply(call))


def _admit(request: HttpRequest, receiver: Receiver) -> None:
    """What can be said before the body is read."""
    if not receivers.may_call(receiver.provider, client_ip(request)):
        raise Refusal("foreign_address")
    if receiver.owner and not receiver.owner.enabled:
        raise Refusal("switched_off")
    if media_type(request) not in receiver.webhooks.content_types:
        raise Refusal("content_type")


def _take(request: HttpRequest, receiver: Receiver, call: Call) -> None:
    """Believe the call and store what it asks for."""
    hidden = receiver.all_secrets
    if handshake := _handshake(receiver, call):
        events = [_checked(receiver, handshake)]
        hidden.append(handshake.code)
    else:
        environments = _verified(receiver, call)
        events = _events(request, receiver, call, environments, _hints(receiver, call))
    if not events:
        return
    concerned = {event.integration_id for event in events if event.integration_id}
    to_note = receivers.to_note(concerned)
    new = NewRequest(
        provider=receiver.provider,
        integration_id=next(iter(concerned)) if len(concerned) == 1 else None,
        path=keys.masked_path(receiver.provider, keyed=receiver.owner is not None),
        content_type=media_type(request),
        headers=concealing.headers(call.headers, hidden),
        body=concealing.body(call.body, hidden),
        size=len(call.body),
    )
    outcome = storing.store(new, events, to_note)
    receivers.noted(to_note)
    if outcome.wakes:
        wake.notify(wake.INBOUND)
    for event in outcome.conflicting:
        _note(request, receiver.provider, event.integration_id, "reused_key", alarm=True)
    if len(outcome.conflicting) == len(events):
        raise Refusal("reused_key")


def _handshake(receiver: Receiver, call: Call) -> Handshake | None:
    """What the connector takes for a check of our address; the body is nobody's yet, and may hold anything."""
    try:
        return receiver.webhooks.handshake(call)
    except Exception:  # noqa: BLE001 - a reader that stumbles found no check
        return None


def _hints(receiver: Receiver, call: Call) -> list[Hint]:
    """What the connector reads in an authentic body; Refusal for one that it cannot read."""
    try:
        hints = receiver.webhooks.parse(call)
        for hint in hints:
            storing.check(hint)
        return hints
    except Exception as error:  # noqa: BLE001 - what no reader expects is asked for again, not answered with 500
        if not isinstance(error, Unreadable):
            log.warning("inbound.unreadable", provider=receiver.provider, error=type(error).__name__)
        raise Refusal("unreadable") from None


def _checked(receiver: Receiver, handshake: Handshake) -> NewEvent:
    """The event of a check of our address, which only counts while we subscribe that account."""
    owner = receiver.owner
    known = not receiver.remote_ids or handshake.remote_id in receiver.remote_ids
    if owner is None or not receiver.pending or not known or owner.account not in ("", handshake.account):
        raise Refusal("unexpected_check")
    try:
        return storing.handshake_event(handshake, owner.integration_id)
    except Unreadable:
        raise Refusal("unexpected_check") from None


def _verified(receiver: Receiver, call: Call) -> list[str]:
    """The environments whose secrets sign the call; Refusal when there is none. Every secret is tried."""
    reasons = {}
    for environment, secrets in (receiver.secrets or {"": ()}).items():
        verdict = receiver.webhooks.scheme.verify(call.body, call.headers, secrets, url=call.url)
        reasons[environment] = verdict.reason
    verified = [environment for environment, reason in reasons.items() if not reason]
    if not verified:
        raise Refusal(next((reason for reason in reasons.values() if reason != "no_secret"), "no_secret"))
    return verified


def _events(
    request: HttpRequest, receiver: Receiver, call: Call, environments: list[str], hints: list[Hint]
) -> list[NewEvent]:
    """One event for each integration that a hint concerns, or for nobody."""
    body = call.body if receiver.webhooks.same_bytes else None
    found = {} if receiver.owner else receivers.owners(receiver.provider, environments, (h.account for h in hints))
    events: list[NewEvent] = []
    off: set[UUID] = set()
    foreign = 0
    for hint in hints:
        if receiver.owner:
            if hint.account and receiver.owner.account not in ("", hint.account):
                foreign += 1
                continue
            concerned = [receiver.owner]
        else:
            concerned = found.get(hint.account, [])
        off |= {owner.integration_id for owner in concerned if not owner.enabled}
        ids = [owner.integration_id for owner in concerned if owner.enabled] if concerned else [None]
        events += [storing.event_of(hint, owner_id, environments[0], body) for owner_id in ids]
    if foreign and not events:
        raise Refusal("other_account")
    for integration_id in off:
        _note(request, receiver.provider, integration_id, "switched_off")
    if foreign and receiver.owner:
        _note(request, receiver.provider, receiver.owner.integration_id, "other_account")
    return events


# --- Answers --------------------------------------------------------------------------------------------------------
def _response(reply: Reply, **headers: str) -> HttpResponse:
    response = HttpResponse(reply.body, status=reply.status, content_type=reply.content_type, headers=headers)
    response["Content-Length"] = str(len(reply.body))  # no other middleware says it
    response._has_been_logged = True  # type: ignore[attr-defined]  # our own line says it; Django would add a second one
    return response


def _unavailable(provider: str, error: Exception) -> HttpResponse:
    log.error("inbound.unavailable", provider=provider[:40], error=type(error).__name__)
    return _response(Reply(503), **{"Retry-After": RETRY_AFTER})


def _refuse(
    request: HttpRequest, refusal: Refusal, provider: str, receiver: Receiver | None, call: Call | None = None
) -> HttpResponse:
    """Count it, and answer as the provider wants what has to do with the signature; the rest by its status."""
    owner = receiver.owner if receiver else None
    if refusal.reason != "reused_key":  # counted for each event
        _note(request, provider, owner.integration_id if owner else None, refusal.reason)
    status = refusals.STATUS.get(refusal.reason)
    if status or receiver is None or call is None:
        return _response(Reply(status or 401))
    try:
        return _response(receiver.webhooks.refusal(call))
    except Exception as error:  # noqa: BLE001 - as above: the body is a stranger's
        log.warning("inbound.refusal_failed", provider=provider, error=type(error).__name__)
        return _response(Reply(401))


def _note(
    request: HttpRequest, provider: str, integration_id: UUID | None, reason: str, *, alarm: bool = False
) -> None:
    def sample() -> dict[str, Any]:
        return {
            "address": client_ip(request) or None,
            "path": keys.masked_path(provider or "…", keyed=request.path.count("/") > 2),
            "content_type": media_type(request)[:200].replace("\x00", ""),
            "size": announced_size(request),
            "headers": concealing.headers(headers_of(request)),
        }

    refusals.note(refusals.Key(provider, integration_id, reason), sample, alarm=alarm)
