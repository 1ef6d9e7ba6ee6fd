"""What an administrator does with the incoming webhooks of an integration; every act is audited."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from integrations import services
from integrations.core import audit
from integrations.core.models import User
from integrations.models import Frequency, Integration
from integrations.services import Refused
from webhooks.inbound import keys, secrets, subscribing
from webhooks.models import InboundSubscription, SubscriptionState

OFF = "Les webhooks de cette intégration sont désactivés. Activez-les d’abord."
NOT_OURS = "Ce secret n’est pas fait ici. Changez-le chez le fournisseur, puis enregistrez-le."


def switch(integration: Integration, *, on: bool, actor: User) -> None:
    """Take calls, or refuse them from now on; an integration in real time goes back to every hour then."""
    values: dict[str, object] = {"webhooks_enabled": on}
    if not on and integration.frequency == Frequency.REALTIME:
        values["frequency"] = Frequency.HOURLY
    services.change_options(integration, values, actor=actor)


@transaction.atomic
def renew_secret(integration: Integration, *, actor: User) -> str:
    """A new secret beside the old one, which counts for a day more; the secret where a person must copy it, else "".

    Where the address alone is the secret, a new address: the old one is refused at once.
    """
    row = _row(integration)
    source = subscribing.secret_source(row)
    if source in ("app", "pasted"):
        raise Refused(NOT_OURS)
    if source == "none":
        row.key = keys.new_key()
        row.key_hash = keys.key_hash(row.key)
    else:
        row.secrets = secrets.with_new(row, secrets.fresh())
    if subscribing.declared(integration).subscribes:
        row.rotate, row.state, row.renew_at = True, SubscriptionState.PENDING, timezone.now()
    row.save()
    audit.record("inbound.secret_renewed", actor=actor, target=integration)
    return secrets.newest(row) if source == "ours" else ""


@transaction.atomic
def keep_secret(integration: Integration, secret: str, *, actor: User) -> None:
    """Store the secret that the provider shows, beside the one before, which counts for a day more."""
    row = _row(integration)
    if subscribing.declared(integration).secret != "pasted":  # noqa: S105 - where it comes from
        raise Refused("Ce fournisseur ne montre pas de secret à enregistrer ici.")
    row.secrets = secrets.with_new(row, secret)
    row.save(update_fields=["secrets", "updated_at"])
    audit.record("inbound.secret_kept", actor=actor, target=integration)


@transaction.atomic
def end_old_secret(integration: Integration, *, actor: User) -> None:
    """Let only the newest secret count."""
    row = _row(integration)
    row.secrets = row.secrets[:1]
    row.save(update_fields=["secrets", "updated_at"])
    audit.record("inbound.old_secret_ended", actor=actor, target=integration)


@transaction.atomic
def check_now(integration: Integration, *, actor: User) -> None:
    """Have the subscription checked at the provider at once, and made anew if it is gone."""
    if not subscribing.declared(integration).subscribes:
        raise Refused("Ce fournisseur ne dit pas par son API à quelles adresses il envoie ses webhooks.")
    _row(integration)
    subscribing.again(integration)
    audit.record("inbound.checked", actor=actor, target=integration)


def _row(integration: Integration) -> InboundSubscription:
    """The locked row of an integration whose webhooks are on."""
    rows = InboundSubscription.objects.select_for_update(of=("self",)).select_related("integration")
    row = rows.filter(integration=integration, integration__webhooks_enabled=True).first()
    if row is None:
        raise Refused(OFF)
    return row
