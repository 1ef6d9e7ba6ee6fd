"""The Django admin for support staff: accounts, the audit log, and nothing of the machinery."""

from __future__ import annotations

import json
from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html

from . import audit
from .admin_mixins import ReadOnlyAdmin
from .models import AuditEvent, User
from .roles import is_administrator

site = admin.site
site.site_title = site.site_header = "Lacoste Intégrations — soutien"
site.index_title = "Données et comptes"
site.site_url = "/integrations"

# One way in: allauth's throttling and second factor also guard the admin.
site.login = secure_admin_login(site.login)  # type: ignore[method-assign]


def _change_password(request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
    return HttpResponseRedirect(reverse("account_change_password"))


site.password_change = _change_password  # type: ignore[method-assign,assignment]

_each_context = site.each_context


def _context(request: HttpRequest) -> dict[str, Any]:
    """The link to the console leads support nowhere: it is shown to administrators only."""
    shown = site.site_url if is_administrator(request.user) else None
    return {**_each_context(request), "site_url": shown}


site.each_context = _context  # type: ignore[method-assign]

# Roles replace groups; the other pages show the insides of libraries, whose rows can be lost at any time.
HIDDEN_APPS = {"account", "auth", "contenttypes", "django_q", "sessions"}
for model in [model for model in site._registry if model._meta.app_label in HIDDEN_APPS]:
    site.unregister(model)


class PersonCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "first_name", "last_name", "role")


@admin.register(User)
class PersonAdmin(UserAdmin):
    """Accounts. Nobody can demote, block or delete themselves: at least one administrator always remains."""

    add_form = PersonCreationForm
    list_display = ("email", "first_name", "last_name", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("email", "first_name", "last_name")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    actions = None
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Identité", {"fields": ("first_name", "last_name")}),
        ("Accès", {"fields": ("role", "is_active", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {"fields": ("email", "first_name", "last_name", "role", "usable_password", "password1", "password2")},
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        own = ("role", "is_active") if obj is not None and obj == request.user else ()
        return (*self.readonly_fields, *own)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj != request.user and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[User], change: bool) -> None:
        names = (*PersonCreationForm.Meta.fields, "is_active") if change else PersonCreationForm.Meta.fields
        touched = [name for name in names if not change or name in form.changed_data]
        before = {name: form.initial.get(name) for name in touched} if change else None
        super().save_model(request, obj, form, change)
        after = {name: getattr(obj, name) for name in touched}
        action = "user.updated" if change else "user.created"
        audit.record(action, target=obj, before=before, after=after, request=request)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        before = {name: getattr(obj, name) for name in PersonCreationForm.Meta.fields}
        audit.record("user.deleted", target=obj, before=before, request=request)
        super().delete_model(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            audit.record("user.password_set", target=self.get_object(request, id), request=request)
        return response


class ActionFilter(admin.SimpleListFilter):
    title = "acte"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(audit.AUDIT_ACTIONS.items(), key=lambda item: item[1])

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin, admin.ModelAdmin):
    """The audit log, to read."""

    list_display = ("at", "action_label", "actor_label", "target_label", "ip")
    list_filter = (ActionFilter, "actor_kind", "at")
    search_fields = ("actor_label", "target_label", "target_id", "ip", "request_id")
    show_full_result_count = False
    fields = (
        *("at", "action_label", "actor_kind", "actor_label", "target_label", "target_type", "target_id"),
        *("before_text", "after_text", "ip", "request_id"),
    )
    readonly_fields = fields

    @admin.display(description="acte", ordering="action")
    def action_label(self, event: AuditEvent) -> str:
        return event.action_label

    @admin.display(description="avant")
    def before_text(self, event: AuditEvent) -> str:
        return _pretty(event.before)

    @admin.display(description="après")
    def after_text(self, event: AuditEvent) -> str:
        return _pretty(event.after)


def _pretty(value: Any) -> str:
    if value is None:
        return "—"
    return format_html("<pre>{}</pre>", json.dumps(value, ensure_ascii=False, indent=2))
