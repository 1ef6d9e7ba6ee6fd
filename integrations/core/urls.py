"""Sign-in addresses. allauth's code reverses the names of all its pages, so the unused ones stay and are closed."""

from django.urls import include, path

from .accounts import closed

urlpatterns = [
    path("signup/", closed),
    path("email/", closed),
    path("confirm-email/", closed),
    path("confirm-email/<path:key>", closed),
    path("password/set/", closed),
    path("login/code/confirm/", closed),
    path("", include("allauth.account.urls")),
]
