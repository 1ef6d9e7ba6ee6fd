"""The audit log: who did what, when and from where."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from integrations.core.audit import AUDIT_ACTIONS
from integrations.core.models import AuditEvent
from integrations.core.roles import administrator_required
from integrations.views.common import page, paginate
from integrations.views.journal import told


@administrator_required
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """The newest acts first; `?action=` keeps one kind."""
    action = request.GET.get("action", "")
    rows = AuditEvent.objects.order_by("-id")
    if action in AUDIT_ACTIONS:
        rows = rows.filter(action=action)
    shown = paginate(request, rows, 50)
    context = {
        "page": shown,
        "rows": told(list(shown.object_list)),
        "actions": sorted(AUDIT_ACTIONS.items(), key=lambda item: item[1].casefold()),
        "action": action,
    }
    return page(request, "audit.html", context)
