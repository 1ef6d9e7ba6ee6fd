"""What a provider's objects are and how their fields meet the platform's: declarations only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from connectors.base.errors import Malformed

DataType = Literal[
    "string", "text", "integer", "decimal", "money", "boolean", "date", "datetime", "email", "phone", "enum",
    "reference", "lines", "address",
]  # fmt: skip
Direction = Literal["both", "in", "out", "create"]
Capability = Literal["pull", "fetch", "lookup", "create", "update", "upsert", "delete", "act"]
CreateGuard = Literal["key", "external_id", "lookup", "hold"]


def dig(raw: Any, path: str) -> Any:
    """The value at a dotted path ("lease.rent", "inputs.0.id"), None where a step is missing or null."""
    for step in path.split("."):
        if isinstance(raw, list) and step.isdigit():
            raw = raw[int(step)] if int(step) < len(raw) else None
            continue
        if not isinstance(raw, Mapping):
            return None
        raw = raw.get(step)
    return raw


@dataclass(frozen=True)
class Codec:
    """A value's two forms. Both functions raise ValueError with a French sentence when they cannot convert."""

    decode: Callable[[Any], Any]
    encode: Callable[[Any], Any]


@dataclass(frozen=True)
class Map:
    """One default field mapping.

    local: platform field with its kind ("tenant.given_name"); remote: dotted path in the provider's object.
    direction: "create" = written once, when the record is created on the platform. values: remote → local, for enums;
    target: resource name, for references; codec: a name in the resource's codecs. option: kind of the provider's list
    (Connector.options) that the remote object at this path is an element of: the platform keeps its label, and whoever
    runs the mapping puts the missing half of `{"value": id, "name": label}` in before the codec sees it.
    """

    local: str
    remote: str
    type: DataType = "string"
    required: bool = False
    direction: Direction = "both"
    values: Mapping[str, str] = field(default_factory=dict)
    target: str = ""
    codec: str = ""
    default: Any = None
    option: str = ""


@dataclass(frozen=True)
class Embedded:
    """A record that a provider keeps inside another object, without an id of its own.

    resource: name for its links; key: dotted path whose casefolded value stands for an id; into: field of the owner
    that refers to it.
    """

    resource: str
    record: str
    key: str
    into: str
    mappings: tuple[Map, ...] = ()

    def remote_id(self, raw: Mapping[str, Any]) -> str:
        """The casefolded key, empty when the owner holds no such record."""
        return str(dig(raw, self.key) or "").strip().casefold()


@dataclass(frozen=True)
class Act:
    """Something that can be done to an object and is neither a change of fields nor a deletion.

    label: French; when: (field of the record, value) whose presence asks for it, ("archived", True) for an archived
    record; restores: whether it brings a deleted object back.
    """

    name: str
    label: str
    when: tuple[str, Any] | None = None
    restores: bool = False


@dataclass(frozen=True)
class Batch:
    """Many writes in one request (Connector.push_many): at most `most` of one of these actions.

    A row must be harmless to send again, with or without the others; where only the whole request is (the provider
    remembers it by its idempotency key), say `keyed`: a creation whose outcome stays unknown is then looked up.
    """

    most: int
    actions: frozenset[Literal["create", "update"]] = frozenset({"create", "update"})
    keyed: bool = False


@dataclass(frozen=True)
class Slot:
    """A place that account mapping fills with the id of an element of the provider's lists.

    name: member of a line's `remote` dict when `lines` is set ("item"), else top-level field of the provider's object
    ("DepositToAccountRef"), written as {"value": id}. kind: of the list; label: French; by: local field, of the line or
    of the record, whose value the choice may depend on ("tax_code"); among: what the options' data must hold to be
    offered ({"type": "Bank"}; a tuple means any of these).
    """

    name: str
    kind: str
    label: str
    lines: bool = False
    required: bool = False
    by: str = ""
    among: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Resource:
    """One kind of object at a provider, and the platform record (`record`) that it becomes.

    path: its collection below the API's base address; filters: query parameters that a pull may carry;
    lookup_fields: sets of them that find one object; max_page_size: the provider's own bound; create_guard: what
    makes a repeated creation harmless; deleted: recognises the tombstone of a deleted object where one field does
    not tell; merged_into: the id of the object that this one was merged into, told by its tombstone ("" = none);
    merged_from: the ids of those that were merged into this one;
    left_out: recognises an object that is no such record (a mere supplier among contacts): a pull leaves
    it out, so does a look at it unless it is linked; acts: what prepare_act() offers; match: record fields by which
    a first meeting knows a record; owned_amounts: record fields that the provider computes: its amount overwrites
    ours, and a person is told when they differ; date_field: the day of a document, a field of the record; slots:
    what account mapping fills; batch: which writes go many at once; web_pages: environment → address of one object's
    page for people, with `{id}` and perhaps `{account}` and `{site}` (Account.site) in it. Where the provider has
    another console for trials, "test" names that one or nothing; the simulator has none. usual_site: `{site}` of an
    account that did not tell its own.
    """

    name: str
    label: str
    record: str
    path: str = ""
    id_field: str = "id"
    modified_field: str = ""
    version_field: str = ""
    deleted_field: str = ""
    max_page_size: int = 100
    filters: tuple[str, ...] = ()
    lookup_fields: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    capabilities: frozenset[Capability] = frozenset()
    create_guard: CreateGuard = "hold"
    mappings: tuple[Map, ...] = ()
    embedded: tuple[Embedded, ...] = ()
    codecs: Mapping[str, Codec] = field(default_factory=dict)
    deleted: Callable[[Mapping[str, Any]], bool] | None = None
    merged_into: Callable[[Mapping[str, Any]], str] | None = None
    merged_from: Callable[[Mapping[str, Any]], tuple[str, ...]] | None = None
    left_out: Callable[[Mapping[str, Any]], bool] | None = None
    acts: tuple[Act, ...] = ()
    match: tuple[str, ...] = ()
    owned_amounts: tuple[str, ...] = ()
    date_field: str = ""
    slots: tuple[Slot, ...] = ()
    batch: Batch | None = None
    web_pages: Mapping[str, str] = field(default_factory=dict)
    usual_site: str = ""

    def web_page(self, environment: str, account: str, remote_id: str, site: str = "") -> str:
        """Where people see the object in their browser at the provider, empty where that is not declared, or what the
        address needs is not known."""
        page, site = self.web_pages.get(environment, ""), site or self.usual_site
        if not page or ("{account}" in page and not account) or ("{site}" in page and not site):
            return ""
        return page.format(account=quote(account, safe=""), site=quote(site, safe=""), id=quote(remote_id, safe=""))

    def remote_id(self, raw: Mapping[str, Any]) -> str:
        """The object's id. Malformed when it has none: nothing could ever be linked to it."""
        value = dig(raw, self.id_field)
        if value is None or isinstance(value, (dict, list, bool)) or not str(value).strip():
            raise Malformed(
                f"Un élément de « {self.label} » est arrivé sans identifiant ({self.id_field}) : il ne peut être relié "
                "à aucune fiche. Signalez l’élément au fournisseur.",
                code="missing_id",
            )
        return str(value)

    def version(self, raw: Mapping[str, Any]) -> str:
        """What the provider calls this state of the object (version number, else time of change), empty if nothing."""
        value = dig(raw, self.version_field or self.modified_field) if self.version_field or self.modified_field else ""
        return "" if value is None else str(value)

    def is_deleted(self, raw: Mapping[str, Any]) -> bool:
        """Whether this is the tombstone of a deleted object."""
        if self.deleted is not None:
            return self.deleted(raw)
        return bool(self.deleted_field and dig(raw, self.deleted_field))
