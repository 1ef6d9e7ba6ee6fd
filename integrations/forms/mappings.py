"""How the fields of one object are exchanged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms

from integrations.models import ConflictPolicy, FieldMapping, MappingDirection
from integrations.records.kinds import KINDS, FieldInfo
from integrations.services.mappings import EDITABLE
from integrations.sync.transforms import labels

LIKE_THE_INTEGRATION = "Comme l’intégration"
LIKE_THE_OBJECT = "Comme l’objet"
AS_IT_IS = "Aucune"


@dataclass(frozen=True)
class Line:
    """One mapping with its controls; None where an option makes no sense for it."""

    mapping: FieldMapping
    info: FieldInfo
    conflict_policy: forms.BoundField | None
    transform_in: forms.BoundField | None
    transform_out: forms.BoundField | None


class MappingsForm(forms.Form):
    """Conflict policy of one object, and of its fields, with their transforms: fields "<option>-<mapping id>"."""

    object_policy = forms.ChoiceField(
        label="Quand un même champ a changé des deux côtés",
        choices=[("", LIKE_THE_INTEGRATION), *ConflictPolicy.choices],
        required=False,
        help_text="Pour tous les champs de cet objet qui n’ont pas de règle à eux.",
    )

    def __init__(self, mappings: Iterable[FieldMapping], *args: Any, object_policy: str = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.mappings = list(mappings)
        self.initial.setdefault("object_policy", object_policy)
        if not any(mapping.direction == MappingDirection.BOTH for mapping in self.mappings):
            del self.fields["object_policy"]
        for mapping in self.mappings:
            label = _info(mapping).label
            if mapping.direction == MappingDirection.BOTH:
                choices = [("", LIKE_THE_OBJECT), *ConflictPolicy.choices]
                self._add("conflict_policy", mapping, f"En cas de conflit : {label}", choices)
            offered = labels(mapping.data_type)
            if not offered or mapping.codec:
                continue
            choices = [("", AS_IT_IS), *offered]
            if mapping.direction != MappingDirection.OUT:
                self._add("transform_in", mapping, f"Transformation à la réception : {label}", choices)
            if mapping.direction != MappingDirection.IN:
                self._add("transform_out", mapping, f"Transformation à l’envoi : {label}", choices)

    def _add(self, option: str, mapping: FieldMapping, label: str, choices: list[tuple[str, str]]) -> None:
        name = f"{option}-{mapping.pk}"
        self.fields[name] = forms.ChoiceField(label=label, choices=choices, required=False)
        self.initial.setdefault(name, getattr(mapping, option))

    def _control(self, option: str, mapping: FieldMapping) -> forms.BoundField | None:
        name = f"{option}-{mapping.pk}"
        return self[name] if name in self.fields else None

    def lines(self) -> list[Line]:
        """The mappings in their order, with their controls."""
        return [
            Line(mapping, _info(mapping), *(self._control(option, mapping) for option in EDITABLE))
            for mapping in self.mappings
        ]

    def values(self) -> dict[int, dict[str, str]]:
        """What was chosen, by mapping and option."""
        chosen: dict[int, dict[str, str]] = {}
        for name, value in self.cleaned_data.items():
            if name == "object_policy":
                continue
            option, _, pk = name.rpartition("-")
            chosen.setdefault(int(pk), {})[option] = value
        return chosen


def _info(mapping: FieldMapping) -> FieldInfo:
    kind, _, name = mapping.local_field.partition(".")
    return KINDS[kind].fields[name]
