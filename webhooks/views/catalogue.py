"""The event catalogue: what can be received, with schema and sample."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from integrations.core.roles import administrator_required
from integrations.views.common import page
from webhooks import selectors


@administrator_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Every type of event by group."""
    return page(request, "webhooks/events.html", {"groups": selectors.catalogue(), "section": "events"})
