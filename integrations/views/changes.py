"""What one synchronisation changed, record by record and field by field, on both sides."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from integrations import selectors
from integrations.core.roles import administrator_required
from integrations.records import selectors as reading
from integrations.records.kinds import KINDS
from integrations.views import histories
from integrations.views.common import page, paginate


@administrator_required
@require_safe
def changes(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The records that a run changed, the last first; `?side=out` shows what it wrote at the provider, `?kind=` keeps
    one kind."""
    job = get_object_or_404(selectors.live_jobs(), pk=pk)
    out = request.GET.get("side") == "out"
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    here, there = selectors.changes_of_job(job, kind), selectors.sent_by_job(job, kind)
    found = paginate(request, there if out else here)
    names = {str(job.integration_id): job.integration.name}
    entries = [histories.there(row, names) if out else histories.here(row, names) for row in found.object_list]
    of = reading.by_keys((entry.kind, entry.record_id) for entry in entries)
    context = {
        "job": job,
        "integration": job.integration,
        "page": found,
        "rows": [(entry, of.get((entry.kind, entry.record_id))) for entry in entries],
        "titles": histories.titles_of(change for entry in entries for change in entry.changes),
        "out": out,
        "kind": kind,
        "counts": {
            "in": here.count() if out else found.paginator.count,
            "out": found.paginator.count if out else there.count(),
        },
        "kinds": [KINDS[name] for name in dict.fromkeys(r.record for r in job.integration.connector.resources)],
    }
    return page(request, "integrations/changes.html", context)
