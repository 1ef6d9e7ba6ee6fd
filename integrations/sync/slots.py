"""Account mapping at work: which element of the provider's lists fills each slot of a document. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from connectors.base.resource import Resource, Slot
from integrations.models import SlotRule
from integrations.sync.lines import Item
from integrations.sync.problems import FieldProblem


@dataclass(frozen=True)
class Case:
    """What a choice may depend on."""

    division: UUID | None
    job_type: str


@dataclass(frozen=True)
class Slots:
    """The slots of one resource with the rules of one integration."""

    resource: Resource
    rules: Sequence[SlotRule]

    def choose(self, slot: Slot, case: Case, local_value: str) -> str:
        """The remote id of the rule that fits best, empty when none does."""
        fitting = [
            (bool(rule.division_id) + bool(rule.job_type) + bool(rule.local_value), rule.remote_id)
            for rule in self.rules
            if rule.slot == slot.name
            and rule.division_id in (None, case.division)
            and rule.job_type in ("", case.job_type)
            and rule.local_value in ("", local_value)
        ]
        return max(fitting, default=(0, ""), key=lambda fit: fit[0])[1]

    def line_value(self, name: str, remote: Mapping[str, Any]) -> str:
        """The platform's value of a line's field, read backwards out of the elements that fill its slots, else ""."""
        for slot in self.resource.slots:
            if not slot.lines or slot.by != name:
                continue
            for rule in self.rules:
                if rule.slot == slot.name and rule.local_value and rule.remote_id == remote.get(slot.name):
                    return rule.local_value
        return ""

    def fill_lines(self, items: Sequence[Item], case: Case) -> list[Item]:
        """Outgoing lines with every slot filled. A rule that depends on the line's value wins over what the provider
        held, a general rule only fills what is empty. FieldProblem for a slot that must be filled and is not."""
        return [{**item, "remote": self._line(item, case)} for item in items]

    def _line(self, item: Item, case: Case) -> dict[str, Any]:
        remote = dict(item["remote"])
        for slot in self.resource.slots:
            if not slot.lines:
                continue
            local = str(item.get(slot.by) or "") if slot.by else ""
            chosen = self.choose(slot, case, local)
            if chosen and (local or not remote.get(slot.name)):
                remote[slot.name] = chosen
            if slot.required and not remote.get(slot.name):
                raise self._empty(slot, local)
        return remote

    def fields(self, record_values: Mapping[str, Any], case: Case) -> dict[str, Any]:
        """The provider's top-level fields that account mapping fills at a creation."""
        filled = {}
        for slot in self.resource.slots:
            if slot.lines:
                continue
            local = str(record_values.get(slot.by.rpartition(".")[2]) or "") if slot.by else ""
            if chosen := self.choose(slot, case, local):
                filled[slot.name] = {"value": chosen}
            elif slot.required:
                raise self._empty(slot, local)
        return filled

    def _empty(self, slot: Slot, local: str) -> FieldProblem:
        about = f" (« {local} »)" if local else ""
        return FieldProblem(
            "slot",
            slot.name,
            f"Aucun choix n’est fait pour « {slot.label} »{about} de « {self.resource.label} ». Choisissez-le sous "
            "l’onglet « Comptes », puis réessayez.",
        )
