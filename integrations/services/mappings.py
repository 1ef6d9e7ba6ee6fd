"""How single fields are exchanged: who wins a conflict, and what is done to the value on its way."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from integrations.core import audit
from integrations.core.models import User
from integrations.models import FieldMapping, Integration

EDITABLE = ("conflict_policy", "transform_in", "transform_out")


@transaction.atomic
def change_object_policy(integration: Integration, resource: str, policy: str, *, actor: User) -> bool:
    """Say who wins conflicts of one object ("" follows the integration); returns whether that is new."""
    row = Integration.objects.select_for_update().get(pk=integration.pk)
    before = row.object_policies.get(resource, "")
    if policy == before:
        return False
    others = {name: chosen for name, chosen in row.object_policies.items() if name != resource}
    row.object_policies = others | ({resource: policy} if policy else {})
    row.save(update_fields=["object_policies"])
    name = f"{resource}.conflict_policy"
    audit.record("mapping.changed", actor=actor, target=row, before={name: before}, after={name: policy})
    return True


@transaction.atomic
def change_mappings(integration: Integration, values: Mapping[int, Mapping[str, str]], *, actor: User) -> int:
    """Save validated options (names in EDITABLE) of field mappings, by their id; returns how many changed."""
    rows = FieldMapping.objects.select_for_update().filter(integration=integration, pk__in=list(values))
    changed: list[FieldMapping] = []
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for row in rows:
        for name in EDITABLE:
            old, new = getattr(row, name), values[row.pk].get(name, getattr(row, name))
            if old != new:
                before[f"{row.local_field}.{name}"], after[f"{row.local_field}.{name}"] = old, new
                setattr(row, name, new)
                changed += [row] if row not in changed else []
    if changed:
        FieldMapping.objects.bulk_update(changed, EDITABLE)
        audit.record("mapping.changed", actor=actor, target=integration, before=before, after=after)
    return len(changed)
