"""What each role reaches, in views and in the Django admin."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path
from django_htmx.middleware import HtmxMiddleware

from integrations.core import audit, roles
from integrations.core.models import AuditEvent, User
from lacoste_integrations.urls import urlpatterns as site_urls

pytestmark = pytest.mark.django_db


@roles.administrator_required
def secret_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("réservé")


urlpatterns = [path("reserve", secret_page), *site_urls]

with_secret_page = override_settings(ROOT_URLCONF=__name__)


@with_secret_page
def test_an_administrator_reaches_a_reserved_page(administrator_client: Client) -> None:
    assert administrator_client.get("/reserve").content.decode() == "réservé"


@with_secret_page
def test_support_staff_get_a_french_refusal(support_client: Client) -> None:
    response = support_client.get("/reserve")
    assert response.status_code == 403
    assert "réservée à l’administration" in response.content.decode()


@with_secret_page
def test_a_visitor_is_sent_to_sign_in_and_back(client: Client) -> None:
    assert client.get("/reserve?page=2")["Location"] == "/accounts/login/?next=/reserve%3Fpage%3D2"
    assert client.post("/reserve")["Location"] == "/accounts/login/?next=/"


def test_a_fragment_of_a_page_sends_the_whole_page_to_sign_in() -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/integrations?a=1"}
    request = RequestFactory().get("/fragment", headers=headers)
    request.user = AnonymousUser()
    response: Any = HtmxMiddleware(secret_page)(request)
    assert response["HX-Redirect"] == "/accounts/login/?next=/integrations%3Fa%3D1"


def test_an_inactive_administrator_is_none(administrator: User) -> None:
    administrator.is_active = False
    assert not roles.is_administrator(administrator)
    assert not administrator.has_perm("core.view_user")
    request = RequestFactory().get("/")
    request.user = administrator
    with pytest.raises(PermissionDenied):
        secret_page(request)


def test_support_staff_correct_records_read_the_log_and_nothing_else(support: User) -> None:
    assert support.has_perms(["records.view_property", "records.change_tenant", "core.view_auditevent"])
    for refused in (
        *("records.add_property", "records.delete_property", "core.view_user", "core.change_auditevent"),
        *("integrations.view_credential", "integrations.view_integration", "webhooks.view_endpoint", "", "records"),
    ):
        assert not support.has_perm(refused)
    assert [
        app for app in ("core", "records", "integrations", "webhooks", "auth") if support.has_module_perms(app)
    ] == [
        "core",
        "records",
    ]


def test_an_administrator_may_do_everything(administrator: User) -> None:
    assert administrator.has_perms(["core.delete_user", "records.add_property"])
    assert administrator.has_module_perms("integrations")


# --- The Django admin ------------------------------------------------------------------------------------------------
def test_the_admin_signs_in_through_our_own_page(client: Client) -> None:
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"
    response = client.post("/admin/login/", {"username": "a@example.com", "password": "x"})
    assert response["Location"].startswith("/accounts/login/")


def test_the_admin_is_ours_and_french(administrator_client: Client) -> None:
    page = administrator_client.get("/admin/").content.decode()
    assert "Lacoste Intégrations — soutien" in page
    assert 'href="/integrations"' in page
    response = administrator_client.get("/admin/password_change/")
    assert response["Location"] == "/accounts/password/change/"


def test_the_admin_shows_nothing_of_the_machinery() -> None:
    shown = {model._meta.app_label for model in admin.site._registry}
    assert shown.isdisjoint({"django_q", "account", "auth", "contenttypes", "sessions"})


def test_support_staff_see_the_log_and_no_account(support_client: Client, administrator: User) -> None:
    page = support_client.get("/admin/").content.decode()
    assert "Journal d’audit" in page
    assert "/admin/core/user/" not in page
    assert support_client.get("/admin/core/auditevent/").status_code == 200
    for refused in ("", "add/", f"{administrator.pk}/change/", f"{administrator.pk}/password/"):
        assert support_client.get(f"/admin/core/user/{refused}").status_code == 403


def test_the_audit_log_is_searched_and_read_but_never_written(administrator_client: Client, support: User) -> None:
    event = audit.record(
        "user.updated", target=support, before={"token": "hunter2", "role": "<b>"}, after={"role": "x"}
    )
    page = administrator_client.get("/admin/core/auditevent/?q=soutien&action=user.updated").content.decode()
    assert "Personne modifiée" in page
    page = administrator_client.get(f"/admin/core/auditevent/{event.pk}/change/").content.decode()
    assert "&lt;b&gt;" in page
    assert "hunter2" not in page
    assert 'name="_save"' not in page
    for path_ in ("add/", f"{event.pk}/delete/"):
        assert administrator_client.get(f"/admin/core/auditevent/{path_}").status_code == 403
    assert administrator_client.post(f"/admin/core/auditevent/{event.pk}/change/", {"action": "x"}).status_code == 403


def test_an_administrator_adds_a_person_and_the_log_says_so(administrator_client: Client, administrator: User) -> None:
    password = "Un-mot-de-passe-neuf-3"
    person = {"email": "Nouvelle@Example.com", "first_name": "Ève", "last_name": "Roy", "role": "support"}
    form = person | {"usable_password": "true", "password1": password, "password2": password}
    assert administrator_client.post("/admin/core/user/add/", form).status_code == 302
    user = User.objects.get(email="nouvelle@example.com")
    assert user.check_password(password)
    event = AuditEvent.objects.get(action="user.created")
    assert (event.actor, event.target_id, event.before) == (administrator, str(user.pk), None)
    assert event.after == person | {"email": "nouvelle@example.com"}


def _change(client: Client, user: User, **changes: Any) -> Any:
    form = {"email": user.email, "first_name": "", "last_name": "", "role": user.role, "is_active": "on"} | changes
    return client.post(
        f"/admin/core/user/{user.pk}/change/", {name: value for name, value in form.items() if value is not None}
    )


def test_a_changed_role_is_recorded_before_and_after(administrator_client: Client, support: User) -> None:
    assert _change(administrator_client, support, role="administrator", is_active=None).status_code == 302
    event = AuditEvent.objects.get(action="user.updated")
    assert event.before == {"role": "support", "is_active": True}
    assert event.after == {"role": "administrator", "is_active": False}


def test_nobody_demotes_blocks_or_deletes_themselves(administrator_client: Client, administrator: User) -> None:
    _change(administrator_client, administrator, role="support", is_active=None)
    administrator.refresh_from_db()
    assert (administrator.role, administrator.is_active) == ("administrator", True)
    response = administrator_client.post(f"/admin/core/user/{administrator.pk}/delete/", {"post": "yes"})
    assert response.status_code == 403
    administrator_client.post(
        "/admin/core/user/", {"action": "delete_selected", "_selected_action": [administrator.pk], "post": "yes"}
    )
    assert User.objects.filter(pk=administrator.pk).exists()


def test_a_deleted_person_leaves_a_trace(administrator_client: Client, support: User) -> None:
    number = str(support.pk)
    assert administrator_client.post(f"/admin/core/user/{number}/delete/", {"post": "yes"}).status_code == 302
    event = AuditEvent.objects.get(action="user.deleted")
    assert (event.target_id, event.target_label) == (number, "soutien@example.com")


def test_a_password_set_by_the_administration_is_recorded(administrator_client: Client, support: User) -> None:
    url = f"/admin/core/user/{support.pk}/password/"
    form = {"usable_password": "true", "password1": "Un-mot-de-passe-neuf-3", "password2": "Un-mot-de-passe-neuf-3"}
    administrator_client.post(url, {**form, "password2": "autre chose"})
    assert not AuditEvent.objects.filter(action="user.password_set").exists()
    assert administrator_client.post(url, form).status_code == 302
    assert AuditEvent.objects.get(action="user.password_set").target_id == str(support.pk)


def test_the_admin_leads_to_the_console_only_those_who_may_enter_it(
    support_client: Client, administrator_client: Client
) -> None:
    assert 'href="/integrations"' not in support_client.get("/admin/").content.decode()
    assert 'href="/integrations"' in administrator_client.get("/admin/").content.decode()
