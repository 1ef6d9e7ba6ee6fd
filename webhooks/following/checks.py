"""A call by which the provider checks our address: its code is given back to it."""

from __future__ import annotations

from connectors.base.errors import ConnectorError
from connectors.base.webhooks import Handshake
from integrations import stop
from integrations.models import Integration
from integrations.services import Result, Seen, seen_of
from webhooks.following import results
from webhooks.following.results import Outcome
from webhooks.inbound import subscribing
from webhooks.models import InboundEvent, InboundSubscription

NOT_KNOWN_YET = "La réponse du fournisseur à la demande d’abonnement n’est pas encore arrivée."
NO_SUBSCRIPTION = "Aucun abonnement n’attend cette vérification."


def outcome_of(event: InboundEvent, integration: Integration) -> Outcome:
    """Confirm the address; what that means for the event."""
    return results.outcome_of(event, _confirm(event, integration), integration)


def _confirm(event: InboundEvent, integration: Integration) -> Seen:
    handshake = Handshake(event.account, event.remote_id, event.handshake_code or "")
    try:
        known = subscribing.confirm(integration, handshake)
    except InboundSubscription.DoesNotExist:
        return Seen(Result.FAILED, "no_subscription", NO_SUBSCRIPTION)
    except (ConnectorError, stop.EmergencyStopped) as error:
        return seen_of(integration, error)
    return Seen(Result.STORED) if known else Seen(Result.LATER, "not_known_yet", NOT_KNOWN_YET)
