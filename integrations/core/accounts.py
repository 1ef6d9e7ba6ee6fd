"""Sign-in rules given to allauth: accounts are created by administrators only, texts speak fr-CA."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ChangePasswordForm, LoginForm, ResetPasswordForm
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html

from . import roles
from .network import client_ip


class ClosedSignupAdapter(DefaultAccountAdapter):
    """Nobody opens an account alone; addresses of links and visitors are ours, not what the request claims."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "L’adresse courriel ou le mot de passe est incorrect.",
        "too_many_login_attempts": "Trop de tentatives échouées. Réessayez dans quelques minutes.",
        "incorrect_password": "Le mot de passe est incorrect.",
        "enter_current_password": "Le mot de passe actuel est incorrect.",
        "invalid_password_reset": "Ce lien de réinitialisation a déjà servi ou n’est plus valide.",
        "rate_limited": "Trop de demandes. Réessayez dans quelques minutes.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that sign-in throttling counts by; the same as in the audit log."""
        address = client_ip(request)
        if not address:
            raise PermissionDenied("Adresse IP inconnue.")
        return address

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Send support staff to the admin: the console's pages would refuse them."""
        if roles.is_administrator(request.user):
            return super().get_login_redirect_url(request)
        return reverse("admin:index")

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Build the link on SITE_URL, since a forged Host header must not decide where a reset link leads."""
        uid, _, token = key.partition("-")
        return settings.SITE_URL + reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})


class SignInForm(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Adresse courriel"
        self.fields["login"].widget.attrs["placeholder"] = ""
        self.fields["password"].widget.attrs["placeholder"] = ""
        # allauth’s sentence sets a space before the question mark, as in France.
        self.fields["password"].help_text = format_html(
            '<a href="{}">Mot de passe oublié?</a>', reverse("account_reset_password")
        )


class AskForResetForm(ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "Adresse courriel"
        self.fields["email"].widget.attrs["placeholder"] = ""


class NewPasswordForm(ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["placeholder"] = ""


def closed(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
    """Answer "not found" at the addresses of allauth that this console does not offer."""
    raise Http404


def forget_old_addresses(user: AbstractBaseUser) -> None:
    """Drop what allauth remembers of a person's former addresses: they would go on opening the account."""
    from allauth.account.models import EmailAddress

    EmailAddress.objects.filter(user_id=user.pk).exclude(email=getattr(user, "email", "")).delete()
