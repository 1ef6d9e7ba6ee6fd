"""The audit log: who did what, when and from where."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from integrations.core.audit import AUDIT_ACTIONS
from integrations.core.models import AuditEvent
from integrations.core.roles import administrator_required
from integrations.models import Integration
from integrations.views.common import page, paginate


@administrator_required
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """The newest acts first; `?action=` keeps one kind."""
    action = request.GET.get("action", "")
    rows = AuditEvent.objects.order_by("-id")
    if action in AUDIT_ACTIONS:
        rows = rows.filter(action=action)
    shown = paginate(request, rows, 50)
    ours = [row.target_id for row in shown if row.target_type == Integration._meta.label_lower]
    context = {
        "page": shown,
        "providers": {
            str(pk): slug for pk, slug in Integration.objects.filter(pk__in=ours).values_list("pk", "provider")
        },
        "actions": sorted(AUDIT_ACTIONS.items(), key=lambda item: item[1].casefold()),
        "action": action,
    }
    return page(request, "audit.html", context)
