"""The dashboard, and the choice of a provider."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

import connectors
from integrations import selectors
from integrations.core.roles import administrator_required
from integrations.models import Integration, SyncJob
from integrations.views.common import integration_or_404, is_fragment, offer_of, page

CATEGORIES = {"crm": "CRM", "accounting": "Comptabilité", "property": "Immobilier", "payments": "Paiements"}


@dataclass(frozen=True)
class Card:
    """One integration of the dashboard and its newest synchronisation."""

    integration: Integration
    job: SyncJob | None

    @property
    def target(self) -> str:
        """The id of its element in the page."""
        return f"integration-{self.integration.pk}"


def card_of(integration: Integration) -> Card:
    """The card of one integration (one query)."""
    return Card(integration, selectors.last_jobs([integration]).get(integration.pk))


@administrator_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The four figures and a card per integration; `?card=<id>` answers that card alone, while it polls."""
    wanted = request.GET.get("card", "")
    if wanted and is_fragment(request):
        return card(request, integration_or_404(_uuid(wanted)))
    rows = list(selectors.integrations())
    jobs = selectors.last_jobs(rows)
    cards = [Card(row, jobs.get(row.pk)) for row in rows]
    return page(request, "integrations/dashboard.html", {"figures": selectors.figures(), "cards": cards})


def card(request: HttpRequest, integration: Integration) -> HttpResponse:
    """One card, as a fragment; when nothing runs any more, the figures come with it."""
    context = {"card": card_of(integration)}
    if not integration.open_job_id:  # type: ignore[attr-defined]
        context["figures"] = selectors.figures()  # type: ignore[assignment]
    return page(request, "integrations/dashboard.html", context, part="answer")


@administrator_required
@require_safe
def add(request: HttpRequest) -> HttpResponse:
    """Choose a provider: a dialog, or the same as a page; `?category=` opens one of the four tabs."""
    offers = [offer_of(connector) for connector in connectors.all_connectors()]
    groups = [
        {"slug": slug, "label": label, "offers": [offer for offer in offers if offer.category == slug]}
        for slug, label in CATEGORIES.items()
    ]
    chosen = request.GET.get("category", "")
    context = {"groups": groups, "chosen": chosen if chosen in CATEGORIES else "crm"}
    return page(request, "integrations/add.html", context, part="dialog")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
