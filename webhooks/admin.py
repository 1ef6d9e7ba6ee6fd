"""The Django admin of webhooks received: to look at, never to edit; secrets and bodies are not shown at all."""

from django.contrib import admin

from integrations.core.admin_mixins import ReadOnlyAdmin
from webhooks.models import InboundEvent, InboundRequest, InboundSubscription, RefusedCall, RefusedSample

Admin = admin.ModelAdmin


@admin.register(InboundSubscription)
class InboundSubscriptionAdmin(ReadOnlyAdmin, Admin):
    list_display = ["integration", "state", "expires_at", "renew_at", "last_call_at"]
    list_filter = ["state"]
    list_select_related = ["integration"]
    exclude = ["key", "key_hash", "secrets", "data"]


@admin.register(InboundRequest)
class InboundRequestAdmin(ReadOnlyAdmin, Admin):
    list_display = ["received_at", "provider", "integration", "path", "content_type", "size"]
    list_filter = ["provider"]
    list_select_related = ["integration"]
    exclude = ["body"]


@admin.register(InboundEvent)
class InboundEventAdmin(ReadOnlyAdmin, Admin):
    list_display = ["received_at", "provider", "integration", "kind", "resource", "remote_id", "status", "attempts"]
    list_filter = ["status", "provider"]
    list_select_related = ["integration"]
    search_fields = ["remote_id", "account"]
    exclude = ["handshake_code"]


@admin.register(RefusedCall)
class RefusedCallAdmin(ReadOnlyAdmin, Admin):
    list_display = ["day", "provider", "integration", "reason", "count", "last_at"]
    list_filter = ["reason", "provider"]
    list_select_related = ["integration"]


@admin.register(RefusedSample)
class RefusedSampleAdmin(ReadOnlyAdmin, Admin):
    list_display = ["at", "provider", "integration", "reason", "address", "path"]
    list_filter = ["reason", "provider"]
    list_select_related = ["integration"]
