"""Every kind of record in the Django admin, for support staff. What is saved here goes through the door."""

from __future__ import annotations

import json
from typing import Any, cast

from django.contrib import admin, messages
from django.db import IntegrityError, models, transaction
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from integrations.core.admin_mixins import ReadOnlyAdmin
from integrations.records.admin_forms import AddressFormField, LineFormSet, record_form
from integrations.records.kinds import KINDS, FieldInfo, Kind
from integrations.records.models import Event, Record, RecordHistory
from integrations.records.models.fields import AddressField
from integrations.records.services import Change, InvalidChanges, Origin, StaleVersion, apply

STALE = (
    "Cet enregistrement a été modifié pendant que vous le corrigiez; rien n’a été enregistré. "
    "Vérifiez les valeurs actuelles, puis recommencez."
)


class ArchivedFilter(admin.SimpleListFilter):
    """Live records by default; archived ones on demand."""

    title = "archivage"
    parameter_name = "archived"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Archivés"), ("all", "Tous")]

    def choices(self, changelist: Any) -> Any:
        # Django calls "no choice" « Tout »; here it means the live ones.
        for choice in super().choices(changelist):
            yield {**choice, "display": "En vigueur"} if choice["query_string"].find("archived=") < 0 else choice

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "all":
            return queryset
        return queryset.filter(archived_at__isnull=self.value() is None)


def person_origin(request: HttpRequest) -> Origin:
    """Return the origin of what the signed-in person changes."""
    return Origin("user", str(request.user.pk), label=str(request.user))


class RecordAdmin(admin.ModelAdmin):
    """The list and the form of one kind; `admin_of` fills in what its description says."""

    kind: Kind
    actions = ("archive", "restore")
    show_full_result_count = False
    list_per_page = 50
    formfield_overrides = {AddressField: {"form_class": AddressFormField}, models.URLField: {"assume_scheme": "https"}}
    readonly_fields = ("id", "version", "created_at", "updated_at", "archived_at", "provenance_table")

    def get_fieldsets(self, request: HttpRequest, obj: Record | None = None) -> Any:
        own = [info.name for info in self.kind.fields.values() if info.type != "lines"]
        form_only = ["expected_version"] if obj else []
        shown: list[Any] = [(None, {"fields": [*own, *form_only]})]
        return [*shown, ("Suivi", {"fields": self.readonly_fields})] if obj else shown

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Who may correct a record may also enter one.
        return self.has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Record | None = None) -> bool:
        # Records are archived, never deleted: integrations, invoices and history refer to them.
        return False

    @admin.display(description="provenance des valeurs")
    def provenance_table(self, record: Record) -> str:
        labels = {name: info.label for name, info in self.kind.fields.items()}
        rows = [(labels.get(name, name), each["by"], each["at"]) for name, each in sorted(record.provenance.items())]
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} : {}, {}</li>", rows)) if rows else "—"

    # --- Writing: Django calls save_model, then save_related; both sides of the form make one change ---------------
    def save_model(self, request: HttpRequest, obj: Record, form: ModelForm[Record], change: bool) -> None:
        """Leave the writing to save_related, which knows the lines too."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        values = form.changed_values()
        for formset in formsets:
            if formset.has_changed():
                values[formset.info.name] = formset.items()
        wanted = Change(
            kind=self.kind.slug,
            id=form.instance.pk,
            action="update" if change else "create",
            values=values,
            expected_version=form.cleaned_data["expected_version"] if change else None,
        )
        apply([wanted], person_origin(request))

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        # The lines were written with their owner: there is nothing to read from the formsets.
        return super().construct_change_message(request, form, [], add)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except StaleVersion:
            self.message_user(request, STALE, messages.ERROR)
        except InvalidChanges as invalid:
            for problems in invalid.problems.values():
                for field, sentence in problems.items():
                    self.message_user(request, f"{self._label(field)} : {sentence}", messages.ERROR)
        except IntegrityError:
            sentence = "La base de données a refusé ces valeurs : un numéro existe déjà ou une référence n’existe plus."
            self.message_user(request, sentence, messages.ERROR)
        return HttpResponseRedirect(request.path)

    def _label(self, field: str) -> str:
        return self.kind.fields[field].label if field in self.kind.fields else field

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the record's own history, which also knows what integrations changed."""
        address = reverse("admin:records_recordhistory_changelist")
        return HttpResponseRedirect(f"{address}?kind={self.kind.slug}&record_id={object_id}")

    @admin.action(description="Archiver les enregistrements choisis", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: models.QuerySet[Record]) -> None:
        self._apply_action(request, queryset, "archive", "archivé")

    @admin.action(description="Restaurer les enregistrements choisis", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: models.QuerySet[Record]) -> None:
        self._apply_action(request, queryset, "restore", "restauré")

    def _apply_action(self, request: HttpRequest, queryset: Any, action: Any, done: str) -> None:
        ids = list(queryset.order_by().values_list("pk", flat=True))
        try:
            with transaction.atomic():
                applied = apply([Change(self.kind.slug, key, action) for key in ids], person_origin(request))
        except IntegrityError:
            sentence = "Impossible : un enregistrement en vigueur porte déjà le même numéro ou le même code."
            self.message_user(request, sentence, messages.ERROR)
            return
        count = sum(each.action != "unchanged" for each in applied)
        plural = "s" if count > 1 else ""
        self.message_user(request, f"{count} enregistrement{plural} {done}{plural}.")


def admin_of(kind: Kind) -> type[RecordAdmin]:
    """Return the admin of one kind, made from its description."""
    references = [info.name for info in kind.scalars if info.type == "reference"]
    attributes = {
        "kind": kind,
        "form": record_form(kind),
        "list_display": (*kind.columns, "updated_at"),
        "list_select_related": [name for name in kind.columns if name in references] or False,
        "list_filter": (
            ArchivedFilter,
            *(info.name for info in kind.scalars if info.choices),
            *(name for name in references if name == "division"),
        ),
        "search_fields": kind.search,
        "autocomplete_fields": references,
        "inlines": [inline_of(info) for info in kind.collections if info.type == "lines"],
    }
    return type(f"{kind.model.__name__}Admin", (RecordAdmin,), attributes)


def inline_of(info: FieldInfo) -> type[admin.TabularInline]:
    """Return the table in which the lines of a record are edited."""
    attributes = {
        "model": info.model,
        "formset": LineFormSet.for_field(info),
        "fields": [item.name for item in info.items],
        "raw_id_fields": [item.name for item in info.items if item.type == "reference"],
        "verbose_name_plural": info.label,
        "extra": 0,
        "has_add_permission": _follows_owner,
        "has_change_permission": _follows_owner,
        "has_delete_permission": _follows_owner,
        "has_view_permission": _follows_owner,
    }
    return type(f"{cast('type', info.model).__name__}Inline", (admin.TabularInline,), attributes)


def _follows_owner(inline: Any, request: HttpRequest, obj: Record | None = None) -> bool:
    """Lines are a field of their record: who may change the record may change them."""
    owner = inline.admin_site._registry[inline.parent_model]
    return bool(owner.has_change_permission(request, obj))


def _pretty(value: Any) -> str:
    return format_html("<pre>{}</pre>", json.dumps(value, ensure_ascii=False, indent=2))


def _record_link(kind: str, record_id: Any) -> str:
    known: Kind | None = KINDS.get(kind)
    if known is None or record_id is None:
        return "—"
    address = reverse(f"admin:records_{known.model._meta.model_name}_change", args=[record_id])
    return format_html('<a href="{}">{} {}</a>', address, known.label, str(record_id)[-8:])


@admin.register(RecordHistory)
class RecordHistoryAdmin(ReadOnlyAdmin, admin.ModelAdmin):
    """Who changed what, to read."""

    list_display = ("at", "action", "record_link", "version", "origin_text", "fields_text")
    list_filter = ("action", "kind", "at")
    search_fields = ("record_id", "origin", "origin_label")
    show_full_result_count = False
    fields = ("at", "action", "record_link", "version", "origin_text", "job_id", "changes_text")
    readonly_fields = fields

    @admin.display(description="enregistrement")
    def record_link(self, row: RecordHistory) -> str:
        return _record_link(row.kind, row.record_id)

    @admin.display(description="origine", ordering="origin")
    def origin_text(self, row: RecordHistory) -> str:
        return f"{row.origin_label} ({row.origin})" if row.origin_label else row.origin

    @admin.display(description="champs")
    def fields_text(self, row: RecordHistory) -> str:
        return ", ".join(row.changes)

    @admin.display(description="changements (avant, après)")
    def changes_text(self, row: RecordHistory) -> str:
        return _pretty(row.changes)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin, admin.ModelAdmin):
    """The events that were told, to read."""

    list_display = ("occurred_at", "type", "record_link", "origin")
    list_filter = ("type", "occurred_at")
    search_fields = ("record_id", "origin")
    show_full_result_count = False
    fields = ("id", "occurred_at", "type", "record_link", "origin", "payload_text")
    readonly_fields = fields

    @admin.display(description="enregistrement")
    def record_link(self, event: Event) -> str:
        return _record_link(event.kind, event.record_id)

    @admin.display(description="contenu")
    def payload_text(self, event: Event) -> str:
        return _pretty(event.payload)


for _kind in KINDS.values():
    admin.site.register(_kind.model, admin_of(_kind))
