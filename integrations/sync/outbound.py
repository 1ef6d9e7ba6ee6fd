"""From a record to the provider's fields: what changed since both sides last agreed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from connectors.base.resource import Codec, Resource
from integrations.models import DataType, FieldMapping, MappingDirection, RecordLink
from integrations.records.kinds import BLANK, KINDS, FieldInfo, Kind, to_json, value_of
from integrations.sync import lines
from integrations.sync.conflicts import MISSING
from integrations.sync.options import Options
from integrations.sync.problems import FieldProblem
from integrations.sync.slots import Case, Slots
from integrations.sync.transforms import transform

RemoteIds = Mapping[tuple[str, UUID], str]
"""(resource, record id) → remote id."""


@dataclass(frozen=True)
class Outgoing:
    """What the values of one record are written with."""

    integration: str
    remote_ids: RemoteIds
    slots: Slots
    options: Options
    case: Case
    base_remote: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OutField:
    """One outbound mapping, ready to run."""

    name: str
    path: tuple[str, ...]
    data_type: str
    required: bool
    direction: str
    transform: str
    values: Mapping[str, str]
    target: str
    codec: Codec | None
    option: str
    info: FieldInfo
    line_targets: Mapping[str, str]

    def needs(self, value: Any) -> set[tuple[str, UUID]]:
        """(resource, record id) of what must be at the provider before this value can be written."""
        if value in (None, "", []):
            return set()
        if self.data_type == DataType.REFERENCE:
            return {(self.target, value)}
        if self.data_type == DataType.LINES:
            return {(r, item[n]) for n, r in self.line_targets.items() for item in value if item.get(n)}
        return set()

    def encode(self, value: Any, context: Outgoing) -> Any:
        """The provider's value; raises FieldProblem."""
        if self.data_type == DataType.LINES:
            return self._or_problem(lambda: self._lines(value or [], context))
        if value in (None, "", {}):
            return self._nothing()
        if self.data_type == DataType.REFERENCE:
            return context.remote_ids[self.target, value]
        if self.data_type == DataType.ENUM:
            return self._choice(value)
        if self.option:
            value = context.options.found(self.option, value)
        raw = self._or_problem(lambda: self.codec.encode(value) if self.codec else _plain(value))
        return transform(self.transform, raw)

    def _or_problem(self, encode: Callable[[], Any]) -> Any:
        """What encoding gives; a codec's refusal becomes the field's problem."""
        try:
            return encode()
        except ValueError as error:
            raise FieldProblem(
                "value", self.name, f"Le champ « {self.info.label} » ne peut pas être envoyé. {error}"
            ) from None

    def _nothing(self) -> None:
        if self.required:
            raise FieldProblem(
                "required",
                self.name,
                f"Le champ obligatoire « {self.info.label} » est vide. Remplissez-le sur l’enregistrement, puis "
                "réessayez.",
            )

    def _choice(self, value: str) -> str:
        for remote, local in self.values.items():
            if local == value:
                return remote
        raise FieldProblem(
            "enum",
            self.name,
            f"La valeur « {value} » du champ « {self.info.label} » n’a pas d’équivalent chez le fournisseur. "
            "Ajoutez-la à la table de valeurs de la correspondance, puis réessayez.",
        )

    def _lines(self, items: list[lines.Item], context: Outgoing) -> Any:
        assert self.codec is not None, "lines need a codec"
        base = context.base_remote.get(self.name)
        sent = lines.outgoing(
            items,
            integration=context.integration,
            base=(self.codec.decode(base) or []) if base else [],
            remote_ids={
                name: {key: context.remote_ids[resource, key] for r, key in context.remote_ids if r == resource}
                for name, resource in self.line_targets.items()
            },
        )
        return self.codec.encode(context.slots.fill_lines(sent, context.case))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return to_json(value)
    return value


@dataclass(frozen=True)
class OutboundResource:
    """A resource of the connector with the outbound mappings of one integration."""

    resource: Resource
    kind: Kind
    fields: tuple[OutField, ...]

    def changed(self, record: Any, link: RecordLink | None, held: set[str]) -> dict[str, Any]:
        """Local values (canonical Python) that the provider does not have yet; of a new one, those that say something.

        `held`: fields that wait for a person.
        """
        if link is None:
            values = {f.name: value_of(record, f.info) for f in self.fields}
            return {name: value for name, value in values.items() if value not in BLANK}
        changed = {}
        for f in self.fields:
            if f.direction == MappingDirection.CREATE or f.name in held:
                continue
            value = value_of(record, f.info)
            if lines.canonical(f.info, value) != link.base_local.get(f.name, MISSING):
                changed[f.name] = value
        return changed

    def values(self, changed: Iterable[str], record: Any, context: Outgoing, *, new: bool) -> dict[str, Any]:
        """The provider's top-level fields for these local fields.

        A nested object is written whole, as providers replace it whole: its other mapped members go along. A creation
        leaves out what is empty.
        """
        tops = {f.path[0] for f in self.fields if f.name in set(changed)}
        values: dict[str, Any] = {}
        for f in self.fields:
            if f.path[0] not in tops or (f.direction == MappingDirection.CREATE and not new):
                continue
            raw = f.encode(value_of(record, f.info), context)
            if new and raw in (None, "", []):
                continue
            _put(values, f.path, raw)
        return values | (context.slots.fields(_local_values(record, context.slots), context.case) if new else {})

    def needs(self, changed: Mapping[str, Any]) -> set[tuple[str, UUID]]:
        """What must be at the provider before these values can be written."""
        return {need for f in self.fields if f.name in changed for need in f.needs(changed[f.name])}


def _local_values(record: Any, slots: Slots) -> dict[str, Any]:
    names = {slot.by.rpartition(".")[2] for slot in slots.resource.slots if slot.by and not slot.lines}
    return {name: getattr(record, name, "") for name in names}


def _put(values: dict[str, Any], path: tuple[str, ...], raw: Any) -> None:
    *parents, last = path
    for step in parents:
        values = values.setdefault(step, {})
    values[last] = raw


def compile_outbound(
    resource: Resource, rows: Iterable[FieldMapping], resource_of_kind: Mapping[str, str]
) -> OutboundResource:
    """Make the outbound mappings of one resource ready; `rows` are the integration's, whatever their resource."""
    kind = KINDS[resource.record]
    mine = [r for r in rows if r.resource == resource.name and r.direction != MappingDirection.IN]
    return OutboundResource(resource, kind, tuple(_compile(r, kind, resource, resource_of_kind) for r in mine))


def _compile(row: FieldMapping, kind: Kind, resource: Resource, resource_of_kind: Mapping[str, str]) -> OutField:
    name = row.local_field.split(".", 1)[1]
    info = kind.fields[name]
    return OutField(
        name=name,
        path=tuple(row.remote_path.split(".")),
        data_type=row.data_type,
        required=row.required,
        direction=row.direction,
        transform=row.transform_out,
        values=row.value_table,
        target=row.target_resource,
        codec=resource.codecs[row.codec] if row.codec else None,
        option=row.option_kind,
        info=info,
        line_targets={s.name: resource_of_kind[s.target] for s in info.items if s.target in resource_of_kind},
    )
