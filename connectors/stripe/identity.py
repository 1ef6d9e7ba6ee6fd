"""Which account a key opens."""

from __future__ import annotations

from connectors.base.connector import Account, Connection
from connectors.base.errors import Malformed, Misconfigured
from connectors.base.resource import dig
from connectors.stripe.access import check_mode
from connectors.stripe.reading import Get, listed


def account(get: Get, connection: Connection) -> Account:
    """The account. A restricted key may not read it: the settings then say which one it is."""
    try:
        data = get("account").data
    except Misconfigured as error:
        if error.status != 403:
            raise
        return _restricted(get, connection)
    if not data.get("id"):
        raise Malformed("Stripe n’a pas dit à quel compte appartient la clé. Réessayez plus tard.")
    _check_mode(get, connection)
    names = ("settings.dashboard.display_name", "business_profile.name", "email", "id")
    name = next(str(found) for path in names if (found := dig(data, path)))
    return Account(str(data["id"]), name, connection.environment)


def _restricted(get: Get, connection: Connection) -> Account:
    _check_mode(get, connection)
    known = connection.config.get("account_id", "").strip()
    if not known:
        raise Misconfigured(
            "Cette clé restreinte ne peut pas lire le compte. Donnez-lui le droit de lecture « Connected accounts » "
            "(connected_account_read), ou inscrivez l’identifiant du compte (acct_…) dans les options avancées.",
            code="unknown_account",
        )
    return Account(known, known, connection.environment)


def _check_mode(get: Get, connection: Connection) -> None:
    """The account itself does not say its mode, its objects do."""
    for one in listed(get("customers", limit="1"))[0]:
        check_mode(one.get("livemode"), connection.environment)
