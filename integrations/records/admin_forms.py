"""Forms of the admin's record pages: they check like the door does, and tell it what changed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.models import BaseInlineFormSet

from integrations.records.kinds import FieldInfo, Kind, clean
from integrations.records.models import Division, Record
from integrations.records.values import ADDRESS_PARTS, BadValue

ADDRESS_LABELS = ("Rue", "Complément", "Ville", "Province", "Code postal", "Pays")
STALE = (
    "Cet enregistrement a été modifié pendant que vous le corrigiez. "
    "Rechargez la page pour voir les valeurs actuelles, puis recommencez."
)


class AddressWidget(forms.MultiWidget):
    """Six text boxes, one per part of the address."""

    def __init__(self) -> None:
        boxes = [
            forms.TextInput(attrs={"placeholder": label, "aria-label": label, "class": "vTextField"})
            for label in ADDRESS_LABELS
        ]
        super().__init__(boxes)

    def decompress(self, value: Any) -> list[str]:
        return [(value or {}).get(part, "") for part in ADDRESS_PARTS]


class AddressFormField(forms.MultiValueField):
    """An address as six text boxes; all of them empty means that there is none."""

    def __init__(self, **kwargs: Any) -> None:
        for unused in ("encoder", "decoder", "max_length"):
            kwargs.pop(unused, None)
        boxes = [forms.CharField(required=False, max_length=255) for _part in ADDRESS_PARTS]
        super().__init__(fields=boxes, require_all_fields=False, widget=AddressWidget(), **kwargs)

    def compress(self, data_list: Any) -> dict[str, str] | None:
        parts = dict(zip(ADDRESS_PARTS, data_list or [""] * len(ADDRESS_PARTS), strict=True))
        return parts if any(parts.values()) else None


def plain(value: Any) -> Any:
    """Return what the door takes for a form value: ids instead of records."""
    if isinstance(value, Record):
        return value.pk
    return [each.pk for each in value] if hasattr(value, "values_list") else value


class RecordForm(forms.ModelForm):
    """The form of one record. `expected_version` travels with the page, so that nobody overwrites unseen changes."""

    kind: Kind
    expected_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "expected_version" in self.fields:
            self.fields["expected_version"].initial = self.instance.version
        for info in self.kind.collections:
            if info.type == "references" and info.name in self.fields and not self.instance._state.adding:
                self.initial[info.name] = list(getattr(self.instance, info.name).values_list(info.attname, flat=True))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in self.changed_data:
            info = self.kind.fields.get(name)
            if info is None or name not in cleaned:
                continue
            try:
                clean(info, plain(cleaned[name]))
            except BadValue as error:
                self.add_error(name, error.sentence)
        if not self.instance._state.adding:
            self._check_version(cleaned)
        return cleaned

    def _check_version(self, cleaned: dict[str, Any]) -> None:
        current = self.kind.model.objects.values_list("version", flat=True).get(pk=self.instance.pk)
        if cleaned.get("expected_version") != current:
            raise forms.ValidationError(STALE)

    def _get_validation_exclusions(self) -> set[str]:
        # "Unique among live records" can only be judged with the column that says whether this one is live.
        return super()._get_validation_exclusions() - {"archived_at"}  # type: ignore[misc]

    def changed_values(self) -> dict[str, Any]:
        """Return field → new value, as the door takes them."""
        known = [name for name in self.changed_data if name in self.kind.fields]
        return {name: plain(self.cleaned_data[name]) for name in known}


def record_form(kind: Kind) -> type[RecordForm]:
    """Return the form class of a kind."""
    attributes: dict[str, Any] = {"kind": kind}
    for info in kind.collections:
        if info.type == "references":
            attributes[info.name] = forms.ModelMultipleChoiceField(
                queryset=Division.objects.live(), required=False, label=info.label
            )
    return type(f"{kind.model.__name__}Form", (RecordForm,), attributes)


class LineFormSet(BaseInlineFormSet):
    """The lines of a record; `items` returns them as the door takes them."""

    info: FieldInfo

    @classmethod
    def for_field(cls, info: FieldInfo) -> type[LineFormSet]:
        """Return the formset of one child collection."""
        return type(f"{info.name.title()}FormSet", (cls,), {"info": info})

    def items(self) -> list[dict[str, Any]]:
        """Return the lines that remain, in the order of the page."""
        kept = [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        return [self._item(form) for form in kept]

    def _item(self, form: Any) -> dict[str, Any]:
        values = {item.name: plain(form.cleaned_data.get(item.name)) for item in self.info.items}
        if form.instance._state.adding:
            return values
        return {**values, "id": form.instance.pk, "remote_ids": form.instance.remote_ids}
