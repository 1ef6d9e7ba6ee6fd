"""FreshBooks: clients, invoices and payments of one account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from connectors.base.auth import RenewableAuth
from connectors.base.classify import Answer
from connectors.base.connector import NOTHING, Account, AuthMethod, Page
from connectors.base.errors import ConnectorError, Misconfigured
from connectors.base.limiter import Limits
from connectors.base.oauth import TokenAuth
from connectors.base.writes import Option, PreparedWrite
from connectors.freshbooks import access, errors, options, quirks, reading, sending, writing
from connectors.freshbooks.resources import RESOURCES
from connectors.freshbooks.subscribing import Subscriber
from connectors.freshbooks.webhooks import WEBHOOKS


class FreshBooks(Subscriber):
    """FreshBooks."""

    slug = "freshbooks"
    label = "FreshBooks"
    category = "accounting"
    badge = "#0075DD"
    description = "Clients, factures et paiements de FreshBooks."
    sync_types = ("Temps réel", "Planifiée", "Manuelle")
    auth_methods = (AuthMethod("oauth2", "Connexion OAuth 2.0"),)
    oauth = access.OAUTH
    hosts = access.HOSTS
    limits = Limits(rate=4, burst=2)  # no figures are published: a moderate pace, one call at a time
    webhooks = WEBHOOKS
    resources = RESOURCES
    writes_at_once = 1
    option_kinds = options.KINDS
    habits = access.HABITS
    # Percents of taxes may come as numbers: they keep every digit.
    parse_float = str

    def auth(self) -> RenewableAuth:
        """The access token of the moment."""
        return TokenAuth(self.tokens)

    def classify(self, answer: Answer) -> ConnectorError | None:
        """The error that an answer means."""
        return errors.classify(self.label, answer)

    def accounts(self) -> list[Account]:
        """The businesses of the person who consented that have books."""
        data = self.client.request("GET", "auth/api/v1/users/me").data
        return [Account(key, name, self.connection.environment) for key, name in quirks.businesses(data).items()]

    def check(self) -> Account:
        """The account must still be among the person's businesses, and open to them."""
        for account in self.accounts():
            if account.id == self.account:
                self.get(self.resource("clients").path, page="1", per_page="1")
                return account
        raise Misconfigured(
            "Cette entreprise n’est plus accessible à la personne qui a donné son accord dans FreshBooks. Reconnectez "
            "l’intégration avec un compte qui y a accès.",
            code="account_gone",
        )

    def pull(
        self, resource: str, cursor: Mapping[str, Any] | None, *, page_size: int, filters: Mapping[str, str] = NOTHING
    ) -> Iterator[Page]:
        """Everything that lives, then at each further pass what changed or was deleted since."""
        declared = self.resource(resource)
        size = max(1, min(page_size, declared.max_page_size))
        return reading.Reader(self.get, declared, size, filters).pages(cursor)

    def fetch(self, resource: str, remote_id: str) -> dict[str, Any]:
        """One object by its id, a deleted one too; NotFound when there is none."""
        declared = self.resource(resource)
        lines = {"include[]": "lines"} if declared.name == "invoices" else {}
        data = self.get(f"{declared.path}/{quote(remote_id, safe='')}", **lines).data
        return quirks.complete(declared, reading.result_of(data).get(declared.path.rpartition("/")[2][:-1]))

    def lookup(self, resource: str, keys: Mapping[str, str]) -> list[dict[str, Any]]:
        """Live objects that carry this value."""
        return reading.lookup(self.get, self.resource(resource), keys)

    def options(self, kind: str) -> list[Option]:
        """A list of the account: taxes, items or ledger accounts."""
        return options.read(self.get, self.label, kind)

    def prepare_push(
        self,
        resource: str,
        values: Mapping[str, Any],
        *,
        idempotency_key: str,
        remote_id: str = "",
        version: str = "",
        reference: str = "",
        base: Mapping[str, Any] | None = None,
    ) -> PreparedWrite:
        """A creation, or a change of some fields. Neither key nor reference has a place at FreshBooks."""
        declared = self.resource(resource)
        path = self._path(declared.path)
        if remote_id:
            body, about = writing.change(values), {"remote_id": remote_id, "version": version}
            return sending.prepared(declared, "update", body, path, **about)
        return sending.prepared(declared, "create", writing.creation(declared, values), path)

    def prepare_delete(
        self, resource: str, remote_id: str, *, idempotency_key: str, version: str = ""
    ) -> PreparedWrite:
        """Nothing vanishes: vis_state says that it is deleted."""
        declared = self.resource(resource)
        return sending.prepared(
            declared, "delete", writing.DELETED, self._path(declared.path), remote_id=remote_id, version=version
        )

    def prepare_act(
        self,
        resource: str,
        remote_id: str,
        action: str,
        values: Mapping[str, Any] = NOTHING,
        *,
        idempotency_key: str,
        version: str = "",
    ) -> PreparedWrite:
        """Delete a client, or bring one back."""
        declared = self.resource(resource)
        if action not in {act.name for act in declared.acts}:
            raise self.no_such_act(resource, action)
        state = writing.DELETED if action == "remove" else writing.ACTIVE
        path = self._path(declared.path)
        return sending.prepared(declared, f"act:{action}", state, path, remote_id=remote_id, version=version)

    def send(self, prepared: PreparedWrite) -> dict[str, Any]:
        """Do a prepared write, after a look at the object where it is a change."""
        return sending.send(self, prepared)

    def get(self, below: str, **params: str) -> Answer:
        """A GET below the account's address."""
        return self.client.request("GET", self._path(below), params=params)

    def _path(self, below: str) -> str:
        return f"accounting/account/{quote(self.account, safe='')}/{below}"
