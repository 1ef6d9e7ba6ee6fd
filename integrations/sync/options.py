"""The provider's lists as the mappings need them: an element by its id or by its label. Pure once read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.models import RemoteOption


@dataclass(frozen=True)
class Options:
    """Labels by (kind, id) and ids by (kind, casefolded label), of active elements."""

    labels: Mapping[tuple[str, str], str]
    ids: Mapping[tuple[str, str], str]

    @classmethod
    def of_rows(cls, rows: Iterable[RemoteOption]) -> Options:
        """The options of one integration."""
        rows = list(rows)
        return cls(
            {(row.kind, row.remote_id): row.label for row in rows},
            {(row.kind, row.label.casefold()): row.remote_id for row in rows if row.active},
        )

    def named(self, kind: str, raw: Any) -> Any:
        """A reference of the provider with its label filled in, where it has none."""
        if isinstance(raw, Mapping) and raw.get("value") and not raw.get("name"):
            label = self.labels.get((kind, str(raw["value"])))
            return {**raw, "name": label} if label else raw
        return raw

    def found(self, kind: str, label: Any) -> dict[str, str]:
        """The reference that a label stands for; without "value" when the provider has no such element."""
        remote_id = self.ids.get((kind, str(label).casefold()))
        return {"name": str(label), **({"value": remote_id} if remote_id else {})}


NO_OPTIONS = Options({}, {})
