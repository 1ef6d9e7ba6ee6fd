"""Who may do what: two roles, decided in one place."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django_htmx.http import HttpResponseClientRedirect

ADMINISTRATOR = "administrator"
SUPPORT = "support"

ROLES = [(ADMINISTRATOR, "Administration"), (SUPPORT, "Soutien")]

# Support staff correct records and read the log. Whatever holds credentials is not in this list, and must not be.
SUPPORT_PERMISSIONS = ("core.view_auditevent", "records.view_*", "records.change_*")

View = Callable[..., HttpResponseBase]


def role_has_permission(role: str, permission: str) -> bool:
    """Say whether a role holds a Django permission ("app_label.action_model")."""
    if role == ADMINISTRATOR:
        return True
    return role == SUPPORT and any(fnmatchcase(permission, pattern) for pattern in SUPPORT_PERMISSIONS)


def role_sees_app(role: str, app_label: str) -> bool:
    """Say whether a role holds any permission in an app: the admin lists the app then."""
    if role == ADMINISTRATOR:
        return True
    return role == SUPPORT and any(pattern.split(".")[0] == app_label for pattern in SUPPORT_PERMISSIONS)


def is_administrator(user: Any) -> bool:
    """Say whether a user (anonymous ones included) is an active administrator."""
    return bool(user.is_authenticated and user.is_active and user.role == ADMINISTRATOR)


def administrator_required(view: View) -> View:
    """Keep a view to administrators: a visitor is sent to sign in, anyone else gets the French 403 page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_administrator(request.user):
            return view(request, *args, **kwargs)
        if request.user.is_authenticated:
            raise PermissionDenied("Cette page est réservée à l’administration.")
        return _to_sign_in(request)

    return guarded


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Redirect to sign-in. HTMX would put a redirected page into a fragment: it is told to leave the page instead."""
    from django.contrib.auth.views import redirect_to_login  # it loads the user model, which loads this module

    htmx = getattr(request, "htmx", None)
    if htmx:
        back = htmx.current_url_abs_path or "/"
        return HttpResponseClientRedirect(redirect_to_login(back).url)
    # What a POST would have done is not repeated after sign-in.
    return redirect_to_login(request.get_full_path() if request.method in ("GET", "HEAD") else "/")
