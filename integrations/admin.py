"""The Django admin of connections and synchronisations: to look at, never to edit; secrets are not shown at all."""

from django.contrib import admin

from integrations.core.admin_mixins import ReadOnlyAdmin
from integrations.models import Exchange, Integration, RecordLink, SyncError, SyncJob, WorkerHost

Admin = admin.ModelAdmin


@admin.register(Integration)
class IntegrationAdmin(ReadOnlyAdmin, Admin):
    list_display = ["name", "provider", "environment", "status", "frequency", "last_sync_at"]
    list_filter = ["provider", "environment", "status"]
    search_fields = ["name", "account_name", "account_id"]


@admin.register(SyncJob)
class SyncJobAdmin(ReadOnlyAdmin, Admin):
    list_display = ["created_at", "integration", "status", "processed", "created", "updated", "failed", "finished_at"]
    list_filter = ["status", "trigger", "integration"]
    list_select_related = ["integration"]


@admin.register(SyncError)
class SyncErrorAdmin(ReadOnlyAdmin, Admin):
    list_display = ["updated_at", "integration", "resource", "remote_id", "message", "attempts", "resolved_at"]
    list_filter = ["code", "resource", "integration"]
    list_select_related = ["integration"]
    search_fields = ["remote_id", "message"]


@admin.register(RecordLink)
class RecordLinkAdmin(ReadOnlyAdmin, Admin):
    list_display = ["integration", "resource", "remote_id", "record_kind", "record_id", "state", "synced_at"]
    list_filter = ["state", "resource", "integration"]
    list_select_related = ["integration"]
    search_fields = ["remote_id", "record_id"]


@admin.register(Exchange)
class ExchangeAdmin(ReadOnlyAdmin, Admin):
    list_display = ["at", "integration", "method", "url", "status", "duration_ms", "error"]
    list_filter = ["status", "integration"]
    list_select_related = ["integration"]


@admin.register(WorkerHost)
class WorkerHostAdmin(ReadOnlyAdmin, Admin):
    list_display = ["host", "pid", "started_at", "beat_at", "restarts"]
