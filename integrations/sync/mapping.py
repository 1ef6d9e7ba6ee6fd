"""Field mappings at work: from a provider's object to the values of a record. Pure functions, no I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from connectors.base import jsontext
from connectors.base.resource import Codec, Embedded, Resource
from integrations.models import DataType, FieldMapping, MappingDirection, SlotRule
from integrations.records.kinds import KINDS, FieldInfo, Kind, clean, value_of
from integrations.sync import lines
from integrations.sync.options import NO_OPTIONS, Options
from integrations.sync.problems import FieldProblem
from integrations.sync.slots import Slots
from integrations.sync.transforms import transform
from integrations.sync.values import LOOSEN, shown

References = Mapping[tuple[str, str], UUID]
"""(resource, remote id) → record id, for every object that a page refers to."""


LineValue = Callable[[str, Mapping[str, Any]], str]
"""(field of a line, its `remote` dict) → the platform's value that account mapping reads out of it, "" when none."""


@dataclass(frozen=True)
class Incoming:
    """What the values of one page are read with."""

    references: References
    integration: str
    resource_of_kind: Mapping[str, str]
    options: Options
    line_value: LineValue


@dataclass(frozen=True)
class MappedField:
    """One inbound mapping, ready to run."""

    name: str
    path: tuple[str, ...]
    data_type: str
    required: bool
    direction: str
    policy: str
    transform: str
    values: Mapping[str, str]
    target: str
    codec: Codec | None
    option: str
    default: Any
    info: FieldInfo

    @property
    def label(self) -> str:
        """The field's French name between guillemets."""
        return f"« {self.info.label} »"

    def raw(self, record: Mapping[str, Any]) -> Any:
        """The provider's value at this field's path; None when any step is missing."""
        value: Any = record
        for step in self.path:
            # A dict is what nearly all are, and the question for any other mapping costs more than the answer.
            if type(value) is not dict and not isinstance(value, Mapping):
                return None
            value = value.get(step)
        return value

    @property
    def create_only(self) -> bool:
        """Whether the value is taken when the record is made and never again."""
        return self.direction == MappingDirection.CREATE

    def reference_keys(self, raw: Any, resource_of_kind: Mapping[str, str]) -> set[tuple[str, str]]:
        """(resource, remote id) of what this value refers to."""
        if raw in (None, "", []):
            return set()
        if self.data_type == DataType.REFERENCE:
            return {(self.target, str(raw))}
        if self.data_type == DataType.LINES and self.codec:
            try:
                return lines.references_of(self.info, self.codec.decode(raw) or [], resource_of_kind)
            except ValueError:
                return set()  # told when the value is decoded
        return set()

    def decode(self, raw: Any, context: Incoming, local: Any = None) -> Any:
        """The canonical value; `local` is the record's own one, which lines build on. Raises FieldProblem."""
        if self.transform:
            raw = transform(self.transform, raw)
        if raw is None or raw == "":
            raw = self.default
        if raw is None or raw == "":
            return self._nothing()
        if self.data_type == DataType.REFERENCE:
            return self._reference(str(raw), context.references)
        if self.data_type == DataType.ENUM:
            return self._choice(str(raw))
        if self.option:
            raw = context.options.named(self.option, raw)
        try:
            value = LOOSEN[self.data_type](self.codec.decode(raw) if self.codec else raw)
            value = clean(self.info, self._lines(value, context, local) if self.data_type == DataType.LINES else value)
        except ValueError as error:
            raise self._unreadable(raw, str(error)) from None
        if self.required and value in ("", None):
            return self._nothing()
        return value

    def _lines(self, items: Any, context: Incoming, local: Any) -> list[lines.Item]:
        try:
            taken = lines.incoming(
                self.info,
                items or [],
                integration=context.integration,
                references=context.references,
                resource_of_kind=context.resource_of_kind,
                local_value=context.line_value,
            )
        except KeyError as unknown:
            raise self._unknown(str(unknown.args[0][1])) from None
        return lines.keep_unmapped(local or [], taken, context.integration)

    def _unreadable(self, raw: Any, reason: str) -> FieldProblem:
        return FieldProblem(
            "value",
            self.name,
            f"Le champ {self.label} ne peut pas être lu. {reason} Valeur reçue : {shown(raw)}. Corrigez-la chez le "
            "fournisseur, puis réessayez.",
        )

    def _nothing(self) -> Any:
        if self.required:
            raise FieldProblem(
                "required",
                self.name,
                f"Le champ obligatoire {self.label} est vide. Remplissez « {'.'.join(self.path)} » chez le "
                "fournisseur, puis réessayez.",
            )
        return self.info.empty()

    def _reference(self, remote_id: str, references: References) -> UUID:
        try:
            return references[self.target, remote_id]
        except KeyError:
            raise self._unknown(remote_id) from None

    def _unknown(self, remote_id: str) -> FieldProblem:
        return FieldProblem(
            "reference",
            self.name,
            f"Le champ {self.label} renvoie à {shown(remote_id)}, qui n’a pas été reçu. Synchronisez d’abord cet "
            "objet : celui-ci sera repris à la synchronisation suivante.",
        )

    def _choice(self, remote: str) -> str:
        try:
            return self.values[remote]
        except KeyError:
            raise FieldProblem(
                "enum",
                self.name,
                f"La valeur {shown(remote)} du champ {self.label} est inconnue. Ajoutez-la à la table de valeurs de "
                "la correspondance, puis réessayez.",
            ) from None


@dataclass(frozen=True)
class ResourceMapping:
    """Every inbound mapping of one resource, or of the records embedded in it."""

    kind: Kind
    fields: tuple[MappedField, ...]

    @cached_property
    def version(self) -> bytes:
        """Changes when any mapping changes, so that every record is then looked at anew."""
        parts = [(f.name, f.path, f.data_type, f.required, f.values, f.default, f.transform) for f in self.fields]
        return repr(parts).encode()

    @cached_property
    def by_name(self) -> dict[str, MappedField]:
        """The fields by the record's field name."""
        return {f.name: f for f in self.fields}

    @cached_property
    def referring(self) -> tuple[MappedField, ...]:
        """The fields that may point to other objects of the provider."""
        return tuple(f for f in self.fields if f.data_type in (DataType.REFERENCE, DataType.LINES))

    def raw_values(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The raw mapped values by field name: what `base_remote` keeps."""
        return {f.name: f.raw(record) for f in self.fields}

    def hash(self, raw_values: Mapping[str, Any], *, deleted: bool) -> str:
        """One hash over mapping, raw mapped values and deletion: equal means that nothing is to be done."""
        digest = hashlib.blake2b(self.version, digest_size=16)
        digest.update(b"1" if deleted else b"0")
        digest.update(jsontext.stable(raw_values))
        return digest.hexdigest()

    def decode(self, raw_values: Mapping[str, Any], context: Incoming, record: Any = None) -> dict[str, Any]:
        """Canonical values by field name; `record` is the one that they will change. Raises the first FieldProblem."""
        if record is None:
            return {f.name: f.decode(raw_values[f.name], context) for f in self.fields}
        return {f.name: f.decode(raw_values[f.name], context, self._local(f, record)) for f in self.fields}

    @staticmethod
    def _local(mapped: MappedField, record: Any) -> Any:
        return value_of(record, mapped.info) if mapped.data_type == DataType.LINES else None


@dataclass(frozen=True)
class CompiledResource:
    """A resource of the connector with the mappings of one integration."""

    resource: Resource
    mapping: ResourceMapping
    embedded: tuple[tuple[Embedded, ResourceMapping], ...]
    resource_of_kind: Mapping[str, str]
    slots: Slots
    options: Options


def compile_resource(
    resource: Resource,
    rows: Iterable[FieldMapping],
    resource_of_kind: Mapping[str, str],
    rules: Iterable[SlotRule] = (),
    options: Options = NO_OPTIONS,
) -> CompiledResource:
    """Make the inbound mappings of one resource ready.

    rows, rules: those of the integration, whatever their resource; resource_of_kind: which resource holds which kind.
    """
    by_resource: dict[str, list[FieldMapping]] = {}
    for row in rows:
        if row.direction != MappingDirection.OUT:
            by_resource.setdefault(row.resource, []).append(row)

    def mapping(name: str, record: str) -> ResourceMapping:
        kind = KINDS[record]
        return ResourceMapping(kind, tuple(_compile(r, kind, resource) for r in by_resource.get(name, [])))

    return CompiledResource(
        resource,
        mapping(resource.name, resource.record),
        tuple((e, mapping(e.resource, e.record)) for e in resource.embedded),
        resource_of_kind,
        Slots(resource, [rule for rule in rules if rule.resource == resource.name]),
        options,
    )


def _compile(row: FieldMapping, kind: Kind, resource: Resource) -> MappedField:
    name = row.local_field.split(".", 1)[1]
    return MappedField(
        name=name,
        path=tuple(row.remote_path.split(".")),
        data_type=row.data_type,
        required=row.required,
        direction=row.direction,
        policy=row.conflict_policy,
        transform=row.transform_in,
        values=row.value_table,
        target=row.target_resource,
        codec=resource.codecs[row.codec] if row.codec else None,
        option=row.option_kind,
        default=row.default,
        info=kind.fields[name],
    )
