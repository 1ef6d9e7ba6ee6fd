"""Field mappings at work: from a provider's object to the values of a record. Pure functions, no I/O."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from connectors.base.resource import Codec, Embedded, Resource
from integrations.models import DataType, FieldMapping, MappingDirection
from integrations.records.kinds import KINDS, FieldInfo, Kind, clean
from integrations.sync.values import LOOSEN, shown

References = Mapping[tuple[str, str], UUID]
"""(resource, remote id) → record id, for every object that a page refers to."""


@dataclass(frozen=True)
class FieldProblem(Exception):
    """A field that cannot be taken in, with the sentence that the administrator reads."""

    code: str
    field: str
    sentence: str


@dataclass(frozen=True)
class MappedField:
    """One inbound mapping, ready to run."""

    name: str
    path: tuple[str, ...]
    data_type: str
    required: bool
    create_only: bool
    values: Mapping[str, str]
    target: str
    codec: Codec | None
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
            if not isinstance(value, Mapping):
                return None
            value = value.get(step)
        return value

    def decode(self, raw: Any, references: References) -> Any:
        """The canonical value; raises FieldProblem."""
        if raw is None or raw == "":
            raw = self.default
        if raw is None or raw == "":
            return self._nothing()
        if self.data_type == DataType.REFERENCE:
            return self._reference(str(raw), references)
        if self.data_type == DataType.ENUM:
            return self._choice(str(raw))
        try:
            value = clean(self.info, LOOSEN[self.data_type](self.codec.decode(raw) if self.codec else raw))
        except ValueError as error:
            raise self._unreadable(raw, str(error)) from None
        if self.required and value in ("", None):
            return self._nothing()
        return value

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
            raise FieldProblem(
                "reference",
                self.name,
                f"Le champ {self.label} renvoie à {shown(remote_id)}, qui n’a pas été reçu. Synchronisez d’abord "
                "cet objet : celui-ci sera repris à la synchronisation suivante.",
            ) from None

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
        return repr([(f.name, f.path, f.data_type, f.required, f.values, f.default) for f in self.fields]).encode()

    @cached_property
    def references(self) -> tuple[MappedField, ...]:
        """The fields that point to other objects of the provider."""
        return tuple(f for f in self.fields if f.data_type == DataType.REFERENCE)

    def raw_values(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The raw mapped values by field name: what `base_remote` keeps."""
        return {f.name: f.raw(record) for f in self.fields}

    def hash(self, raw_values: Mapping[str, Any], *, deleted: bool) -> str:
        """One hash over mapping, raw mapped values and deletion: equal means that nothing is to be done."""
        digest = hashlib.blake2b(self.version, digest_size=16)
        digest.update(b"1" if deleted else b"0")
        digest.update(json.dumps(raw_values, sort_keys=True, ensure_ascii=False, default=str).encode())
        return digest.hexdigest()

    def decode(self, raw_values: Mapping[str, Any], references: References) -> dict[str, Any]:
        """Canonical values by field name; raises the first FieldProblem."""
        return {f.name: f.decode(raw_values[f.name], references) for f in self.fields}


@dataclass(frozen=True)
class CompiledResource:
    """A resource of the connector with the mappings of one integration."""

    resource: Resource
    mapping: ResourceMapping
    embedded: tuple[tuple[Embedded, ResourceMapping], ...] = field(default=())


def compile_resource(resource: Resource, rows: Iterable[FieldMapping]) -> CompiledResource:
    """Make one resource's mappings ready; `rows` are the integration's, for this resource and its embedded ones."""
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
    )


def _compile(row: FieldMapping, kind: Kind, resource: Resource) -> MappedField:
    name = row.local_field.split(".", 1)[1]
    return MappedField(
        name=name,
        path=tuple(row.remote_path.split(".")),
        data_type=row.data_type,
        required=row.required,
        create_only=row.direction == MappingDirection.CREATE,
        values=row.value_table,
        target=row.target_resource,
        codec=resource.codecs[row.codec] if row.codec else None,
        default=row.default,
        info=kind.fields[name],
    )
