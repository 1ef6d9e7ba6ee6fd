"""Account mapping: which element of the provider's lists fills each slot, in general and case by case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from connectors.base.resource import Resource, Slot
from integrations.models import Integration, RemoteOption, SlotRule
from integrations.records.kinds import KINDS, FieldInfo
from integrations.services import Rule

COLUMNS = ("slot", "fixed", "division", "job_type", "value", "choice")
LONGEST = {"job_type": 60, "value": 100}
INCOMPLETE = "La page est arrivée incomplète : rien n’a été enregistré. Rechargez-la et recommencez."


def local_field(resource: Resource, slot: Slot) -> FieldInfo | None:
    """The platform's field on which the choice may depend, of the record or of its lines."""
    if not slot.by:
        return None
    fields: Mapping[str, FieldInfo] = KINDS[resource.record].fields
    if slot.lines:
        fields = {info.name: info for info in fields["lines"].items}
    return fields[slot.by.rpartition(".")[2]]


@dataclass
class Row:
    """One rule as it is shown. A fixed row always stands there: the default, or a value of the platform's list."""

    slot: str
    fixed: bool = False
    division: str = ""
    job_type: str = ""
    value: str = ""
    choice: str = ""
    value_label: str = ""
    proposed: bool = False
    fresh: bool = False
    number: int = 0
    warning: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def criteria(self) -> tuple[str, str, str, str]:
        """What makes two rules the same."""
        return self.slot, self.division, self.job_type, self.value

    @property
    def is_blank(self) -> bool:
        """Whether nothing was filled in."""
        return not (self.division or self.job_type or self.value or self.choice)


@dataclass
class SlotBlock:
    """One slot of one resource: its options, its rows, and the suggestions for its local value."""

    key: str
    resource: Resource
    slot: Slot
    info: FieldInfo | None
    options: list[RemoteOption]
    known: Mapping[str, RemoteOption]
    suggestions: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    @property
    def ident(self) -> str:
        """Its id in the page."""
        return self.key.replace(".", "-")

    @property
    def choices(self) -> Mapping[str, str]:
        """The platform's own values, where they are a list: value → French label."""
        return self.info.choices if self.info else {}

    @property
    def fixed_rows(self) -> list[Row]:
        """The default, then one row per value of the platform's list."""
        return [row for row in self.rows if row.fixed]

    @property
    def precise_rows(self) -> list[Row]:
        """The rules for a division, a sort of work, a value."""
        return [row for row in self.rows if not row.fixed]

    @property
    def is_empty(self) -> bool:
        """Whether a required slot has no rule at all."""
        return self.slot.required and not any(row.choice for row in self.rows)

    def offers(self, remote_id: str) -> bool:
        """Whether this element may be chosen now."""
        return any(option.remote_id == remote_id for option in self.options)

    def proposal(self, value: str) -> str:
        """The element that tells by itself that it is this value of ours; a person confirms by saving."""
        return next((option.remote_id for option in self.options if value in option.data.values()), "")

    def label_of(self, remote_id: str) -> str:
        """An element's name, also of one that is no longer offered."""
        return self.known[remote_id].label if remote_id in self.known else remote_id


def offered(slot: Slot, options: Iterable[RemoteOption]) -> list[RemoteOption]:
    """The active elements that may fill a slot."""
    return [option for option in options if option.active and _fits(slot, option.data)]


def _fits(slot: Slot, data: Mapping[str, Any]) -> bool:
    wanted = ((data.get(name), value) for name, value in slot.among.items())
    return all(has in value if isinstance(value, tuple) else has == value for has, value in wanted)


class SlotsForm:
    """The whole account mapping of one integration, as blocks of rows.

    lists: the provider's lists by kind; suggestions: values in use by slot key; data: what was posted, as parallel
    lists named by COLUMNS.
    """

    def __init__(
        self,
        integration: Integration,
        *,
        lists: Mapping[str, list[RemoteOption]],
        rules: Iterable[SlotRule],
        divisions: Mapping[str, str],
        suggestions: Mapping[str, list[str]],
        data: Any = None,
    ) -> None:
        self.provider = integration.connector.label
        self.divisions = divisions
        self.error = ""
        self.blocks = {
            key: SlotBlock(
                key,
                resource,
                slot,
                local_field(resource, slot),
                offered(slot, lists.get(slot.kind, [])),
                {option.remote_id: option for option in lists.get(slot.kind, [])},
                suggestions.get(key, []),
            )
            for resource in integration.connector.resources
            for slot in resource.slots
            for key in [f"{resource.name}.{slot.name}"]
        }
        stored = self._stored(rules)
        self._kept = {(row.slot, row.choice) for row in stored}
        self._set = {row.slot for row in stored}
        self._place(stored if data is None else self._posted(data), propose=data is None)

    # --- Rows ---------------------------------------------------------------------------------------------------

    def _stored(self, rules: Iterable[SlotRule]) -> list[Row]:
        return [
            Row(
                f"{rule.resource}.{rule.slot}",
                division=str(rule.division_id or ""),
                job_type=rule.job_type,
                value=rule.local_value,
                choice=rule.remote_id,
            )
            for rule in rules
            if f"{rule.resource}.{rule.slot}" in self.blocks
        ]

    def _posted(self, data: Any) -> list[Row]:
        columns = [data.getlist(name) for name in COLUMNS]
        if len({len(column) for column in columns}) != 1:
            self.error = INCOMPLETE
            return []
        rows = [
            Row(slot, bool(fixed), division, job_type.strip(), value.strip(), choice)
            for slot, fixed, division, job_type, value, choice in zip(*columns, strict=True)
        ]
        return [row for row in rows if row.slot in self.blocks]

    def _place(self, rows: list[Row], *, propose: bool) -> None:
        """Give every block its fixed rows, then its rules in their order."""
        by_slot: dict[str, list[Row]] = {}
        for row in rows:
            by_slot.setdefault(row.slot, []).append(row)
        for key, block in self.blocks.items():
            own = by_slot.get(key, [])
            general = {row.value: row for row in reversed(own) if not (row.division or row.job_type)}
            block.rows = [self._fixed(block, value, general, propose) for value in ("", *block.choices)]
            taken = {id(general[row.value]) for row in block.rows if row.value in general}
            block.rows += [row for row in own if id(row) not in taken and not row.fixed]
        self._number()

    def _fixed(self, block: SlotBlock, value: str, general: Mapping[str, Row], propose: bool) -> Row:
        label = block.choices[value] if value else "Choix par défaut"
        row = Row(block.key, fixed=True, value=value, value_label=label)
        proposal = "" if block.key in self._set or not value else block.proposal(value)
        if value in general:
            row.choice = general[value].choice
        elif propose:
            row.choice = proposal
        row.proposed = bool(proposal) and row.choice == proposal
        return row

    def _number(self) -> None:
        rows = [row for block in self.blocks.values() for row in block.rows]
        for number, row in enumerate(rows):
            row.number = number
            row.warning = self._warning(self.blocks[row.slot], row.choice)

    def _warning(self, block: SlotBlock, choice: str) -> str:
        if not choice or block.offers(choice):
            return ""
        if choice not in block.known:
            return f"Cet élément n’est plus dans les listes de {self.provider}. Choisissez-en un autre."
        if not block.known[choice].active:
            return f"« {block.label_of(choice)} » est devenu inactif chez {self.provider}. Choisissez un autre élément."
        return f"« {block.label_of(choice)} » ne convient plus à cet usage. Choisissez un autre élément."

    def add(self, key: str) -> None:
        """One more empty rule in a block."""
        if key in self.blocks:
            self.blocks[key].rows.append(Row(key, fresh=True))
        self._number()

    def remove(self, number: str) -> None:
        """Take a rule out; fixed rows stay."""
        for block in self.blocks.values():
            block.rows = [row for row in block.rows if row.fixed or str(row.number) != number]
        self._number()

    # --- Saving -------------------------------------------------------------------------------------------------

    def is_valid(self) -> bool:
        """Check every row; the sentences are on the rows, or in `error`."""
        seen: set[tuple[str, str, str, str]] = set()
        for block in self.blocks.values():
            for row in block.rows:
                row.errors = self._problems(block, row)
                if row.choice and row.criteria in seen:
                    row.errors.append("Cette règle est déjà dans la liste. Retirez l’une des deux.")
                seen |= {row.criteria} if row.choice else set()
        return not self.error and not any(row.errors for block in self.blocks.values() for row in block.rows)

    def _problems(self, block: SlotBlock, row: Row) -> list[str]:
        if row.is_blank or (row.fixed and not row.choice):
            return []
        found = [f"Au plus {most} caractères." for name, most in LONGEST.items() if len(getattr(row, name)) > most]
        if not row.choice:
            found.append(f"Choisissez ce que reçoit « {block.slot.label} » dans ce cas, ou retirez la règle.")
        elif not block.offers(row.choice) and (row.slot, row.choice) not in self._kept:
            found.append("Cet élément n’est pas offert. Actualisez les listes et choisissez de nouveau.")
        if not row.fixed and not (row.division or row.job_type or row.value):
            found.append("Précisez au moins un critère; le cas général est le choix par défaut.")
        if row.division and row.division not in self.divisions:
            found.append("Cette division n’existe plus. Choisissez-en une autre.")
        if row.value and block.choices and row.value not in block.choices:
            found.append("Cette valeur n’existe pas sur la plateforme. Choisissez-en une autre.")
        return found

    def rules(self) -> list[Rule]:
        """The valid rules, the general ones first."""
        return [
            Rule(
                block.resource.name,
                block.slot.name,
                row.choice,
                division_id=UUID(row.division) if row.division else None,
                job_type=row.job_type,
                local_value=row.value,
            )
            for block in self.blocks.values()
            for row in block.rows
            if row.choice
        ]

    @property
    def has_rules(self) -> bool:
        """Whether a rule is stored."""
        return bool(self._set)

    def groups(self) -> dict[str, list[SlotBlock]]:
        """The blocks by the label of their object, in the provider's order."""
        groups: dict[str, list[SlotBlock]] = {}
        for block in self.blocks.values():
            groups.setdefault(block.resource.label, []).append(block)
        return groups
