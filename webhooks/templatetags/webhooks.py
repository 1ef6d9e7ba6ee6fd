"""States of deliveries and endpoints, labels of events."""

import json

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from integrations.records.events import CATALOGUE
from webhooks.inbound.refusals import SENTENCES
from webhooks.models import Delivery, DeliveryStatus, Endpoint, InboundEvent, InboundStatus, InboundSubscription

register = template.Library()

_ENDPOINT = {"active": ("ok", "Actif"), "failing": ("warn", "En échec"), "inactive": ("", "Inactif")}


@register.filter
def event_label(name: str) -> str:
    """The French label of a type of event."""
    return CATALOGUE[name].label if name in CATALOGUE else name


@register.filter
def endpoint_status(endpoint: Endpoint) -> SafeString:
    """The state of an endpoint as a badge."""
    tone, word = _ENDPOINT[endpoint.state]
    return format_html('<span class="status {}">{}</span>', tone, word)


@register.filter
def delivery_status(delivery: Delivery) -> SafeString:
    """The state of a delivery as a badge."""
    if delivery.status == DeliveryStatus.DELIVERED:
        tone, word = "ok", "Livrée"
    elif delivery.status == DeliveryStatus.FAILED:
        tone, word = "bad", "Échouée"
    elif not delivery.endpoint.active:
        tone, word = "", "En pause"
    elif delivery.attempts and not delivery.in_flight:
        tone, word = "warn", "Nouvel essai prévu"
    else:
        tone, word = "info live", "En cours d’envoi" if delivery.in_flight else "En attente"
    return format_html('<span class="status {}">{}</span>', tone, word)


_RECEIVED = {
    InboundStatus.PENDING: "info live",
    InboundStatus.DONE: "ok",
    InboundStatus.IGNORED: "",
    InboundStatus.WAITING: "warn",
    InboundStatus.DEAD: "bad",
}


@register.filter
def received_status(event: InboundEvent) -> SafeString:
    """The state of a received event as a badge."""
    tone, word = _RECEIVED[InboundStatus(event.status)], event.get_status_display()
    if event.in_flight:
        word = "En traitement"
    elif event.is_open and event.attempts:
        tone, word = "warn", "Nouvel essai prévu"
    return format_html('<span class="status {}">{}</span>', tone, word)


@register.filter
def refusal_sentence(reason: str) -> str:
    """Why a call was refused, and what to do."""
    return SENTENCES.get(reason, reason)


@register.filter
def refusal_label(reason: str) -> str:
    """Why a call was refused, in a few words."""
    return refusal_sentence(reason).partition(".")[0].partition(" :")[0]


@register.filter
def lisible(body: bytes | str) -> str:
    """JSON for reading; anything else as it is."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text


_SUBSCRIPTION = {"active": "ok", "pending": "info live", "failed": "bad", "off": ""}


@register.filter
def subscription_status(row: InboundSubscription | None) -> SafeString:
    """The state of an integration's incoming webhooks as a badge."""
    state = row.state if row else "off"
    word = row.get_state_display() if row else "Désactivés"
    return format_html('<span class="status {}">{}</span>', _SUBSCRIPTION[state], word)
