"""Writes sign-ins, failed sign-ins, sign-outs and new passwords into the audit log."""

from typing import Any

from allauth.account import signals as allauth_signals
from django.contrib.auth import signals as auth_signals
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest

from . import accounts, audit
from .models import AuditEvent, User


@receiver(auth_signals.user_logged_in)
def signed_in(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    audit.record("auth.signed_in", actor=user, target=user, request=request)


@receiver(auth_signals.user_logged_out)
def signed_out(sender: Any, request: HttpRequest | None, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        audit.record("auth.signed_out", actor=user, target=user, request=request)


@receiver(auth_signals.user_login_failed)
def sign_in_failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Keep the address that was tried; the account too when there is one, without telling the visitor."""
    address = str(credentials.get("email") or credentials.get("username") or "").lower()[:254]
    account = User.objects.filter(email=address).first() if address else None
    visitor = audit.Actor(AuditEvent.USER, address or "Adresse inconnue")
    audit.record("auth.sign_in_failed", actor=visitor, target=account, request=request)


@receiver(allauth_signals.password_changed)
def password_changed(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    audit.record("auth.password_changed", actor=user, target=user, request=request)


@receiver(allauth_signals.password_reset)
def password_reset(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    audit.record("auth.password_reset", actor=user, target=user, request=request)


@receiver(post_save, sender=User)
def address_changed(instance: User, created: bool, update_fields: Any = None, **kwargs: Any) -> None:
    if not created and (update_fields is None or "email" in update_fields):
        accounts.forget_old_addresses(instance)
