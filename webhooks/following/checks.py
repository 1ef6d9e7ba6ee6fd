"""A call by which the provider checks our address: its code is given back to it."""

from __future__ import annotations

from connectors.base.errors import AuthExpired, ConnectorError, RateLimited, Transient
from connectors.base.webhooks import Handshake
from integrations import stop
from integrations.models import Integration, Status
from integrations.services import Result, Seen
from integrations.sync.breakage import broke
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
    except stop.EmergencyStopped as stopped:
        return Seen(Result.LATER, "stopped", stopped.sentence, 2.0, counts=False)
    except AuthExpired as error:
        broke(integration, Status.RECONNECT, code=error.code, sentence=error.sentence)
        return Seen(Result.BROKEN, error.code, error.sentence)
    except Transient as error:
        counts = not isinstance(error, RateLimited)
        return Seen(Result.LATER, error.code, error.sentence, error.retry_after, counts=counts)
    except ConnectorError as error:
        return Seen(Result.FAILED, error.code, error.sentence)
    return Seen(Result.STORED) if known else Seen(Result.LATER, "not_known_yet", NOT_KNOWN_YET)
