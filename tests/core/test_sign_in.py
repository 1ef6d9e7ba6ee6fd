"""Signing in and out, passwords, throttling, and the doors that stay closed."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse

from integrations.core.models import AuditEvent, User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

WRONG = "L’adresse courriel ou le mot de passe est incorrect."
TOO_MANY = "Trop de tentatives échouées. Réessayez dans quelques minutes."


def _sign_in(client: Client, email: str, password: str = PASSWORD, **extra: Any) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password}, **extra)


def _signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def _last_event() -> AuditEvent:
    event = AuditEvent.objects.first()
    assert event is not None
    return event


def test_an_administrator_signs_in_whatever_the_case_and_lands_on_the_console(
    client: Client, administrator: User
) -> None:
    response = _sign_in(client, administrator.email.upper())
    assert (response.status_code, response["Location"]) == (302, "/integrations")
    event = _last_event()
    assert (event.action, event.actor, event.ip) == ("auth.signed_in", administrator, "127.0.0.1")


def test_support_staff_land_on_the_admin(client: Client, support: User) -> None:
    assert _sign_in(client, support.email)["Location"] == "/admin/"


def test_a_sign_in_goes_on_to_the_page_asked_for_but_never_elsewhere(client: Client, administrator: User) -> None:
    assert _sign_in(client, administrator.email, query_params={"next": "/admin/"})["Location"] == "/admin/"
    client.logout()
    response = _sign_in(client, administrator.email, query_params={"next": "https://evil.example/"})
    assert response["Location"] == "/integrations"


def test_a_wrong_password_and_an_unknown_address_look_alike(client: Client, administrator: User) -> None:
    pages = []
    for email in (administrator.email, "inconnue@example.com"):
        response = _sign_in(client, email, "pas le bon")
        assert response.status_code == 200
        page = response.content.decode()
        assert WRONG in page
        assert "pas le bon" not in page
        pages.append(re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page).replace(email, ""))
    assert pages[0] == pages[1]
    assert not _signed_in(client)
    known, unknown = AuditEvent.objects.filter(action="auth.sign_in_failed").order_by("id")
    assert (known.actor, known.actor_label, known.target_label) == (None, administrator.email, administrator.email)
    assert (unknown.actor, unknown.actor_label, unknown.target_id) == (None, "inconnue@example.com", "")


def test_an_inactive_person_is_told_so_in_french_and_stays_out(client: Client, administrator: User) -> None:
    administrator.is_active = False
    administrator.save()
    response = _sign_in(client, administrator.email, follow=True)
    assert "Compte inactif" in response.content.decode()
    assert not _signed_in(client)


def test_blocking_an_account_ends_its_sessions(administrator_client: Client, administrator: User) -> None:
    assert administrator_client.get("/admin/").status_code == 200
    User.objects.filter(pk=administrator.pk).update(is_active=False)
    assert administrator_client.get("/admin/").status_code == 302


def test_five_failures_lock_the_account_out_even_with_the_right_password(client: Client, administrator: User) -> None:
    for _ in range(5):
        assert WRONG in _sign_in(client, administrator.email, "pas le bon").content.decode()
    assert TOO_MANY in _sign_in(client, administrator.email).content.decode()
    assert not _signed_in(client)
    other = Client(REMOTE_ADDR="203.0.113.9")
    assert TOO_MANY in _sign_in(other, administrator.email).content.decode()


def test_failures_of_one_account_leave_others_alone(client: Client, administrator: User, support: User) -> None:
    for _ in range(5):
        _sign_in(client, administrator.email, "pas le bon")
    assert _sign_in(client, support.email).status_code == 302


def test_a_forged_forwarding_header_does_not_dodge_the_limit_per_address(client: Client, settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = 0
    pages = [
        _sign_in(client, f"a{n}@example.com", "x", headers={"X-Forwarded-For": f"6.6.6.{n}"}).content.decode()
        for n in range(11)
    ]
    assert WRONG in pages[9]
    assert TOO_MANY in pages[10]


def test_too_many_attempts_from_one_address_get_a_french_page(client: Client) -> None:
    for n in range(30):
        assert _sign_in(client, f"a{n}@example.com", "x").status_code == 200
    response = _sign_in(client, "a31@example.com", "x")
    assert response.status_code == 429
    assert "Trop de demandes" in response.content.decode()


def test_signing_out_takes_a_post_and_is_recorded(administrator_client: Client, administrator: User) -> None:
    administrator_client.get("/accounts/logout/")
    assert _signed_in(administrator_client)
    assert administrator_client.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert not _signed_in(administrator_client)
    event = _last_event()
    assert (event.action, event.actor) == ("auth.signed_out", administrator)


@pytest.mark.parametrize(
    "path",
    ["signup/", "email/", "confirm-email/", "confirm-email/Mw:1abc:xyz/", "password/set/", "login/code/confirm/"],
)
def test_pages_that_the_console_does_not_offer_answer_not_found(
    path: str, client: Client, administrator_client: Client
) -> None:
    for visitor in (client, administrator_client):
        for answer in (visitor.get(f"/accounts/{path}"), visitor.post(f"/accounts/{path}", {"email": "a@example.com"})):
            assert answer.status_code == 404
    assert User.objects.count() == 1


def test_a_reset_link_is_sent_to_a_known_address_only_and_the_page_says_the_same(
    client: Client, administrator: User
) -> None:
    pages = []
    for email in ("inconnue@example.com", administrator.email):
        response = client.post("/accounts/password/reset/", {"email": email}, follow=True)
        assert response.redirect_chain == [("/accounts/password/reset/done/", 302)]
        pages.append(response.content)
    assert pages[0] == pages[1]
    assert [message.to for message in mail.outbox] == [[administrator.email]]


def test_a_reset_link_leads_to_our_own_address_whatever_the_host_header(client: Client, administrator: User) -> None:
    client.post("/accounts/password/reset/", {"email": administrator.email}, headers={"Host": "testserver"})
    [message] = mail.outbox
    assert message.subject.startswith("Lacoste Intégrations : ")
    assert "mot de passe" in str(message.body)
    assert "testserver/accounts" not in str(message.body)
    [link] = re.findall(r"http://localhost:8000(/accounts/password/reset/key/\S+)", str(message.body))
    page = client.get(link, follow=True)
    new = "Un-tout-autre-mot-de-passe-7"
    client.post(page.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert _last_event().action == "auth.password_reset"
    assert _sign_in(client, administrator.email, new).status_code == 302


def test_a_weak_new_password_is_refused_in_french(administrator_client: Client) -> None:
    form = {"oldpassword": PASSWORD, "password1": "court", "password2": "court"}
    page = administrator_client.post("/accounts/password/change/", form).content.decode()
    assert "au minimum 12 caractères" in page
    assert "court" not in re.sub(r"trop court", "", page)


def test_a_changed_password_is_recorded_without_showing_it(administrator_client: Client, administrator: User) -> None:
    new = "Un-tout-autre-mot-de-passe-7"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert administrator_client.post("/accounts/password/change/", form).status_code == 302
    event = AuditEvent.objects.filter(action="auth.password_changed").get()
    assert (event.actor, event.before, event.after) == (administrator, None, None)
    administrator.refresh_from_db()
    assert administrator.check_password(new)


@pytest.mark.parametrize("path", ["login/", "password/reset/", "password/reset/done/", "inactive/"])
def test_pages_of_visitors_are_french_and_offer_no_sign_up(client: Client, path: str) -> None:
    page = client.get(f"/accounts/{path}").content.decode()
    assert '<html lang="fr' in page
    assert "/accounts/signup/" not in page
    assert not re.search(r"\b(Sign in|Sign up|Password|Email address|E-mail)\b", re.sub(r"<[^>]*>", " ", page))


def test_a_former_address_no_longer_opens_the_account(client: Client, administrator: User) -> None:
    former = administrator.email
    EmailAddress.objects.create(user=administrator, email=former, verified=True, primary=True)
    administrator.email = "nouvelle@example.com"
    administrator.save()
    assert WRONG in _sign_in(client, former).content.decode()
    assert _sign_in(client, "nouvelle@example.com").status_code == 302


def test_addresses_are_unique_whatever_the_case(administrator: User) -> None:
    from django.db import IntegrityError, transaction

    assert User.objects.get_by_natural_key(administrator.email.upper()) == administrator
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user(administrator.email.title())
    with pytest.raises(ValueError, match="e-mail"):
        User.objects.create_user("")


def test_the_command_line_creates_an_administrator() -> None:
    from django.core.management import call_command

    call_command("createsuperuser", "--noinput", email="Chef@Example.com")
    user = User.objects.get(email="chef@example.com")
    assert (user.role, user.is_staff, user.is_superuser) == ("administrator", True, True)
    assert not user.has_usable_password()


def test_sign_in_pages_are_reachable_by_name() -> None:
    assert reverse("account_login") == "/accounts/login/"
