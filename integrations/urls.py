"""The console's addresses. No final slash."""

from django.urls import path

from integrations.views import (
    apps,
    audit,
    conflicts,
    connect,
    dashboard,
    integration,
    jobs,
    mappings,
    preview,
    pushes,
    records,
    slots,
)

app_name = "integrations"

urlpatterns = [
    path("integrations", dashboard.dashboard, name="dashboard"),
    path("integrations/add", dashboard.add, name="add"),
    path("integrations/connect/<slug:slug>", connect.connect, name="connect"),
    path("integrations/oauth/callback/<slug:slug>", connect.oauth_callback, name="oauth_callback"),
    path("integrations/oauth/choose/<uuid:pk>", connect.oauth_choose, name="oauth_choose"),
    path("integrations/jobs/<uuid:pk>", jobs.job, name="job"),
    path("integrations/jobs/<uuid:pk>/cancel", jobs.cancel, name="cancel"),
    path("integrations/errors/<int:pk>/retry", jobs.retry, name="retry_error"),
    path("integrations/errors/<int:pk>/dismiss", jobs.dismiss, name="dismiss_error"),
    path("integrations/<uuid:pk>", integration.detail, name="detail"),
    path("integrations/<uuid:pk>/jobs", integration.jobs, name="jobs"),
    path("integrations/<uuid:pk>/settings", integration.options, name="settings"),
    path("integrations/<uuid:pk>/log", integration.log, name="log"),
    path("integrations/<uuid:pk>/preview", preview.preview, name="preview"),
    path("integrations/<uuid:pk>/conflicts", conflicts.listing, name="conflicts"),
    path("integrations/<uuid:pk>/conflicts/resolve", conflicts.resolve, name="resolve_conflicts"),
    path("integrations/<uuid:pk>/pushes", pushes.listing, name="pushes"),
    path("integrations/<uuid:pk>/pushes/retry", pushes.retry_all, name="retry_pushes"),
    path("integrations/pushes/<uuid:pk>/retry", pushes.retry, name="retry_push"),
    path("integrations/<uuid:pk>/accounts", slots.accounts, name="slots"),
    path("integrations/<uuid:pk>/accounts/refresh", slots.refresh, name="refresh_options"),
    path("integrations/<uuid:pk>/mappings/<slug:resource>", mappings.edit, name="mappings"),
    path("integrations/<uuid:pk>/test", integration.test, name="test"),
    path("integrations/<uuid:pk>/sync", integration.sync, name="sync"),
    path("integrations/<uuid:pk>/enable", integration.enable, name="enable"),
    path("integrations/<uuid:pk>/disable", integration.disable, name="disable"),
    path("integrations/<uuid:pk>/disconnect", integration.disconnect, name="disconnect"),
    path("integrations/<uuid:pk>/reconnect", connect.reconnect, name="reconnect"),
    path("integrations/<uuid:pk>/delete", integration.delete, name="delete"),
    path("records", records.overview, name="records"),
    path("records/<slug:kind>", records.listing, name="records_kind"),
    path("records/<slug:kind>/<uuid:pk>", records.record, name="record"),
    path("settings/apps", apps.listing, name="apps"),
    path("settings/apps/<slug:slug>/<slug:environment>", apps.app, name="app"),
    path("settings/apps/<slug:slug>/<slug:environment>/remove", apps.remove, name="app_remove"),
    path("audit", audit.log, name="audit"),
]
