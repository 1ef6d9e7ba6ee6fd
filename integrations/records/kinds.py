"""The kinds of records as data: what the door checks, the mapping editor lists, and the screens show.

Everything is read from the models once; a kind adds only its slug, its list columns and its search fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Any, cast

from django.db import models
from django.utils.text import capfirst

from integrations.records.cleaners import cleaner_of, type_of
from integrations.records.models import (
    Attachment,
    Contact,
    Customer,
    Division,
    Expense,
    FinancingApplication,
    Invoice,
    Job,
    Line,
    Opportunity,
    Payment,
    Property,
    Record,
    Refund,
    Tenant,
    Unit,
)
from integrations.records.values import BadValue, Cleaner, clean_json_object, clean_uuid, to_json

__all__ = ["KINDS", "FieldInfo", "Kind", "clean", "content", "equal", "from_json", "kind_of", "to_json", "value_of"]

BLANK: tuple[Any, ...] = (None, "", [], {})
"""Values that say nothing."""

# Written by the door itself, never by a change's values.
SYSTEM_FIELDS = frozenset({"id", "version", "created_at", "updated_at", "archived_at", "provenance"})
LINE_KEYS = frozenset({"id", "remote_ids"})
_SYSTEM = ("id", "version", "created_at", "updated_at", "archived_at")

# Spelled here: inside FieldInfo, `type` is a field.
LineModel = type[Line]


@dataclass(frozen=True)
class FieldInfo:
    """One field of a kind.

    `type` is one of string text integer decimal money boolean date datetime email phone enum reference references lines
    address json. `target` is the kind slug of a reference. `items` describes the columns of `lines`.
    `attname` is the attribute that holds the value on an instance ("customer_id" for a reference).
    """

    name: str
    label: str
    type: str
    attname: str
    required: bool
    cleaner: Cleaner = field(repr=False, compare=False)
    default: Any = None
    max_length: int | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    target: str = ""
    items: tuple[FieldInfo, ...] = ()
    model: LineModel | None = None
    owner: str = ""

    @property
    def is_collection(self) -> bool:
        """Say whether the value lives in child rows (lines, taxes, allocations, divisions)."""
        return self.model is not None

    def empty(self) -> Any:
        """Return the value of the field when nobody said anything: null, "", or the model's default."""
        if self.is_collection:
            return []
        return {} if self.type == "json" else self.default


@dataclass(frozen=True)
class Kind:
    """One kind of record: its model, its French names and its fields in order."""

    slug: str
    model: type[Record]
    label: str
    plural: str
    fields: Mapping[str, FieldInfo]
    title_fields: tuple[str, ...]
    columns: tuple[str, ...]
    search: tuple[str, ...]
    collections: tuple[FieldInfo, ...]
    scalars: tuple[FieldInfo, ...]

    def empty(self) -> dict[str, Any]:
        """Return the values, by attribute, of a record of which nobody said anything; collections excepted."""
        return self._empty | {attname: {} for attname in self._documents}

    @cached_property
    def defaults(self) -> Mapping[str, Any]:
        """What such a record says all the same, by name."""
        return {info.name: info.default for info in self.scalars if info.empty() not in BLANK}

    @cached_property
    def attnames(self) -> Mapping[str, str]:
        """Name → attribute of every column, system fields included (provenance excepted)."""
        return {name: name for name in _SYSTEM} | {info.name: info.attname for info in self.scalars}

    @cached_property
    def columns_of(self) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
        """Picks them, in order, from an instance's `__dict__`; KeyError when one is not there."""
        return itemgetter(*self.attnames.values())

    @cached_property
    def _empty(self) -> dict[str, Any]:
        return {info.attname: info.empty() for info in self.scalars}

    @cached_property
    def _documents(self) -> list[str]:
        """What every record needs one of its own of."""
        return [info.attname for info in self.scalars if info.type == "json"]


def clean(info: FieldInfo, value: Any) -> Any:
    """Return the canonical value of a field, or raise `BadValue`. Null and "" mean the field's empty value."""
    if value is None or value == "":
        if info.required:
            raise BadValue("Ce champ est obligatoire.")
        return info.empty()
    cleaned = info.cleaner(value)
    if info.required and isinstance(cleaned, str) and not cleaned.strip():
        raise BadValue("Ce champ est obligatoire.")
    return cleaned


def from_json(info: FieldInfo, value: Any) -> Any:
    """Return the canonical Python value of canonical JSON (the reverse of `to_json`)."""
    return clean(info, value)


def equal(info: FieldInfo, left: Any, right: Any) -> bool:
    """Say whether two canonical values mean the same; ids of lines, ours and remote, do not count."""
    if info.type != "lines":
        return bool(left == right)
    return [_content(item) for item in left] == [_content(item) for item in right]


def _content(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key not in LINE_KEYS}


def line_item(info: FieldInfo, row: Line) -> dict[str, Any]:
    """Return a child row as a canonical item of its field."""
    item = {sub.name: getattr(row, sub.attname) for sub in info.items}
    return {"id": row.pk, **item, "remote_ids": row.remote_ids}


def value_of(record: Record, info: FieldInfo) -> Any:
    """Return the canonical Python value of one field of a record (child rows are read when not yet loaded)."""
    if not info.is_collection:
        return getattr(record, info.attname)
    # Rows that are here already are not asked of a manager, which costs more to make than a list.
    held = record.__dict__.get("_prefetched_objects_cache", {}).get(info.name)
    rows = getattr(record, info.name).all() if held is None else held
    if info.type == "references":
        return sorted(getattr(row, info.attname) for row in rows)
    return [line_item(info, row) for row in rows]


def content(record: Record) -> dict[str, Any]:
    """Return the whole record as canonical values, system fields included (provenance excepted)."""
    kind = kind_of(type(record))
    try:
        values = kind.columns_of(record.__dict__)
    except KeyError:  # a deferred column
        values = [getattr(record, attname) for attname in kind.attnames.values()]
    taken = dict(zip(kind.attnames, values, strict=True))
    for info in kind.collections:
        taken[info.name] = value_of(record, info)
    return taken


def _lines_cleaner(items: tuple[FieldInfo, ...]) -> Cleaner:
    known = {info.name: info for info in items}

    def clean_item(raw: Any) -> dict[str, Any]:
        if not isinstance(raw, Mapping):
            raise BadValue("un objet est attendu.")
        for key in raw:
            if key not in known and key not in LINE_KEYS:
                raise BadValue(f"champ inconnu : {key}.")
        item: dict[str, Any] = {"id": clean_uuid(raw["id"])} if raw.get("id") else {}
        for name, info in known.items():
            try:
                item[name] = clean(info, raw.get(name))
            except BadValue as error:
                raise BadValue(f"{info.label.lower()} : {error.sentence}") from None
        item["remote_ids"] = clean_json_object(raw.get("remote_ids") or {})
        return item

    def clean_lines(value: Any) -> list[dict[str, Any]]:
        if not isinstance(value, list | tuple):
            raise BadValue("Une liste est attendue.")
        cleaned = []
        for number, raw in enumerate(value, start=1):
            try:
                cleaned.append(clean_item(raw))
            except BadValue as error:
                raise BadValue(f"Ligne {number}, {error.sentence}") from None
        return cleaned

    return clean_lines


def _clean_references(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple | set | frozenset):
        raise BadValue("Une liste d’identifiants est attendue.")
    return sorted({clean_uuid(item) for item in value})


def _describe(column: models.Field[Any, Any]) -> FieldInfo:
    default = column.get_default() if column.has_default() else (None if column.null else "")
    if isinstance(default, models.TextChoices):
        default = default.value
    choices = dict(column.flatchoices)
    target = _SLUGS.get(column.related_model, "") if isinstance(column, models.ForeignKey) else ""
    return FieldInfo(
        name=column.name,
        label=capfirst(str(column.verbose_name)),
        type=type_of(column),
        attname=column.attname,
        required=not column.blank and not column.has_default() and column.name not in SYSTEM_FIELDS,
        cleaner=cleaner_of(column),
        default=default,
        max_length=column.max_length,
        choices=choices,
        target=target,
    )


def _describe_collection(name: str, label: str, owner: type[Record], column: str = "") -> FieldInfo:
    relation = cast("models.ManyToOneRel", owner._meta.get_field(name))
    model = cast("LineModel", relation.related_model)
    skipped = {"id", "position", "remote_ids", relation.field.name}
    items = tuple(_describe(item) for item in model._meta.concrete_fields if item.name not in skipped)
    return FieldInfo(
        name=name,
        label=capfirst(label),
        type="references" if column else "lines",
        attname=f"{column}_id" if column else name,
        required=False,
        cleaner=_clean_references if column else _lines_cleaner(items),
        target=next((item.target for item in items if item.name == column), ""),
        items=() if column else items,
        model=model,
        owner=relation.field.attname,
    )


_COLLECTIONS: dict[type[Record], tuple[tuple[str, str, str], ...]] = {
    Customer: (("divisions", "divisions", "division"),),
    Job: (("lines", "lignes", ""),),
    Invoice: (("lines", "lignes", ""), ("taxes", "taxes", "")),
    Payment: (("allocations", "affectations", ""),),
    Expense: (("lines", "lignes", ""),),
}

# (model, list columns, fields that the search box looks into). In the order of dependency, in which locks are taken.
_DECLARED: tuple[tuple[type[Record], str, str], ...] = (
    (Division, "code name kind gst_number qst_number", "code name"),
    (Customer, "name kind email phone status division", "name company_name email phone"),
    (Contact, "name role email phone customer", "name email phone"),
    (Property, "name code kind status unit_count manager", "name code"),
    (Unit, "number property kind status bedrooms market_rent", "number"),
    (
        Tenant,
        "given_name family_name property unit status rent lease_end",
        "given_name family_name company_name email phone",
    ),
    (Opportunity, "name customer stage status amount to_division", "name owner_email"),
    (Job, "number title status priority customer property scheduled_start", "number work_order_number title"),
    (Invoice, "number customer status issue_date due_date total balance", "number reference"),
    (Payment, "date customer amount method status reference", "reference"),
    (Refund, "date payment customer amount status reference", "reference reason"),
    (Expense, "date supplier category total status", "supplier reference"),
    (Attachment, "name kind job invoice content_type taken_at", "name caption"),
    (FinancingApplication, "number customer status amount_requested amount_approved submitted_at", "number plan"),
)


def _slug(model: type[Record]) -> str:
    return "financing_application" if model is FinancingApplication else model.__name__.lower()


_SLUGS: dict[Any, str] = {model: _slug(model) for model, _columns, _search in _DECLARED}


def _build(model: type[Record], columns: str, search: str) -> Kind:
    concrete = [column for column in model._meta.concrete_fields if column.name not in SYSTEM_FIELDS]
    # What all kinds share comes last: an editor lists the kind's own fields first.
    concrete.sort(key=lambda column: column.name in {"division", "custom", "currency"})
    scalars = tuple(_describe(column) for column in concrete)
    collections = tuple(
        _describe_collection(name, label, model, column) for name, label, column in _COLLECTIONS.get(model, ())
    )
    return Kind(
        slug=_SLUGS[model],
        model=model,
        label=capfirst(str(model._meta.verbose_name)),
        plural=capfirst(str(model._meta.verbose_name_plural)),
        fields={info.name: info for info in (*scalars, *collections)},
        title_fields=model.TITLE,
        columns=tuple(columns.split()),
        search=tuple(search.split()),
        collections=collections,
        scalars=scalars,
    )


KINDS: dict[str, Kind] = {_SLUGS[declared[0]]: _build(*declared) for declared in _DECLARED}


def kind_of(model: type[models.Model]) -> Kind:
    """Return the kind of a record's model."""
    return KINDS[_SLUGS[model]]
