"""Zoho CRM: accounts, contacts and deals of one organisation, in its data centre."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from requests.auth import AuthBase

from connectors.base.classify import Answer
from connectors.base.connector import NOTHING, Account, AuthMethod, Connection, Page
from connectors.base.errors import ConnectorError, Rejected
from connectors.base.habits import Habits
from connectors.base.limiter import Limits, number_in
from connectors.base.oauth import TokenAuth
from connectors.base.resource import Resource
from connectors.base.writes import Option, PreparedWrite
from connectors.zoho import access, errors, options, quirks, reading, searching, writing
from connectors.zoho.resources import FIELDS, RESOURCES
from connectors.zoho.settings import CONFIG_FIELDS, Settings
from connectors.zoho.subscribing import Subscriber
from connectors.zoho.webhooks import WEBHOOKS


class Zoho(Subscriber):
    """Zoho CRM."""

    slug = "zoho"
    label = "Zoho CRM"
    category = "crm"
    badge = "#E42527"
    description = "Comptes, contacts et affaires de Zoho CRM, dans le centre de données du client."
    sync_types = ("Temps réel", "Planifiée", "Manuelle")
    auth_methods = (AuthMethod("oauth2", "Connexion OAuth 2.0"),)
    oauth = access.OAUTH
    config_fields = CONFIG_FIELDS
    hosts = access.HOSTS
    # 5 calls at once in Zoho's smallest edition; 50,000 credits a day are those of the Standard one.
    limits = Limits(rate=8, burst=4, daily=50_000, left=number_in("X-API-CREDITS-REMAINING"))
    writes_at_once = reads_at_once = 4
    webhooks = WEBHOOKS
    resources = RESOURCES
    option_kinds = options.KINDS
    # Amounts keep every digit: 12500.50 becomes "12500.50", which is still JSON.
    parse_float = str
    habits = Habits(paging="cursor", changes="modified_since", deletions="feed")

    def __init__(self, connection: Connection, **options: Any) -> None:
        super().__init__(connection, **options)
        self.settings = Settings.of(connection.config)
        # Resource → id of the object because of which Zoho just refused a creation.
        self._duplicates: dict[str, str] = {}

    def auth(self) -> AuthBase:
        """The access token of the moment; Zoho has a word of its own for it."""
        return TokenAuth(self.tokens, prefix="Zoho-oauthtoken")

    def reach(self) -> Mapping[str, str]:
        """The API is in the data centre that the token names."""
        hosts = self.connection.hosts
        named, edition = self.tokens.current().extra.get("api_domain"), self.settings.test_edition
        return {**hosts, "api": access.api_address(hosts["api"], named, self.connection.environment, edition)}

    def classify(self, answer: Answer) -> ConnectorError | None:
        """The error that an answer means."""
        return errors.classify(self.label, answer)

    def check(self) -> Account:
        """Who am I."""
        return quirks.account(self._get("org").data, self.connection.environment)

    def pull(
        self, resource: str, cursor: Mapping[str, Any] | None, *, page_size: int, filters: Mapping[str, str] = NOTHING
    ) -> Iterator[Page]:
        """What changed, then what was deleted: see reading.py."""
        declared = self.resource(resource)
        reading.refuse_filters(self.label, declared, filters)
        size = max(1, min(page_size, declared.max_page_size))
        return reading.Reader(self._get, declared, size, self._fields(declared), self.settings).pages(cursor)

    def fetch(self, resource: str, remote_id: str) -> dict[str, Any]:
        """One object by its id; NotFound when it is gone."""
        declared = self.resource(resource)
        data = self._get(f"{declared.path}/{quote(remote_id, safe='')}").data
        return quirks.complete(declared, quirks.only_row(data, self.label), self.settings)

    def lookup(self, resource: str, keys: Mapping[str, str]) -> list[dict[str, Any]]:
        """Live objects that carry these values (Account_Name, Email, Deal_Name…, `_reference`, `_twin`)."""
        declared = self.resource(resource)
        if "_twin" in keys and (named := self._duplicates.pop(resource, "")):
            return [self.fetch(resource, named)]
        return searching.Finder(self._get, declared, self._fields(declared), self.settings).find(keys)

    def options(self, kind: str) -> list[Option]:
        """A list of the organisation: stages of deals, or users."""
        return options.read(self._get, self.label, kind)

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
        """A creation, or a change on the given Modified_Time. Zoho knows no idempotency key: see writing.creation()."""
        declared, settings = self.resource(resource), self.settings
        path = self._path(declared.path, remote_id)
        if remote_id:
            return writing.change(declared, values, path=path, remote_id=remote_id, version=version, settings=settings)
        return writing.creation(declared, values, path=path, reference=reference, settings=settings)

    def prepare_delete(
        self, resource: str, remote_id: str, *, idempotency_key: str, version: str = ""
    ) -> PreparedWrite:
        """The object goes to Zoho's recycle bin, for 60 days."""
        path, settings = self._path(self.resource(resource).path, remote_id), self.settings
        return writing.deletion(resource, path=path, remote_id=remote_id, version=version, settings=settings)

    def send(self, prepared: PreparedWrite) -> dict[str, Any]:
        """Do a prepared write; answers the object as it now is."""
        try:
            return super().send(writing.finished(prepared))
        except errors.Duplicate as error:
            self._duplicates[prepared.resource] = error.remote_id
            raise
        except Rejected as error:
            if prepared.remote_id and "id" in error.field_errors:
                # Zoho calls an id that it does not know invalid data: NotFound, when it is that.
                self.fetch(prepared.resource, prepared.remote_id)
            raise

    def written(self, prepared: PreparedWrite, answer: Answer) -> dict[str, Any]:
        """The object after a write: the answer only tells its id."""
        row = quirks.only_row(answer.data, self.label)
        return {} if prepared.action == "delete" else self.fetch(prepared.resource, quirks.written_id(row, self.label))

    def _fields(self, resource: Resource) -> str:
        return self.settings.fields(resource.path, FIELDS[resource.name])

    @staticmethod
    def _path(module: str, remote_id: str = "") -> str:
        return f"crm/v8/{module}/{quote(remote_id, safe='')}".rstrip("/")

    def _get(self, below: str, params: Mapping[str, str] = NOTHING, headers: Mapping[str, str] = NOTHING) -> Answer:
        return self.client.request("GET", f"crm/v8/{below}", params=params, headers=headers)
