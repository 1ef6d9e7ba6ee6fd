"""The addresses of the whole site: includes only."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from lacoste_integrations import health

urlpatterns = [
    path("", RedirectView.as_view(url="/integrations")),
    path("", include("integrations.urls")),
    path("", include("webhooks.urls")),
    path("accounts/", include("integrations.core.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
