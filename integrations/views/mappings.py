"""How the fields of one object are exchanged: who wins a conflict, what is done to the values."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from integrations import selectors, services
from integrations.core.roles import administrator_required
from integrations.forms import MappingsForm
from integrations.models import Integration
from integrations.records.kinds import KINDS
from integrations.templatetags.lacoste import compte
from integrations.views.common import actor, integration_or_404, page
from integrations.views.frame import frame


@administrator_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: UUID, resource: str) -> HttpResponse:
    """The field mappings of one object (or of the records embedded in another), with their options."""
    integration = integration_or_404(pk)
    mappings = list(selectors.mappings_of(integration).filter(resource=resource))
    if not mappings:
        raise Http404
    policy = integration.object_policies.get(resource, "")
    form = MappingsForm(mappings, request.POST if request.method == "POST" else None, object_policy=policy)
    if request.method == "POST" and form.is_valid():
        _save(request, integration, resource, form)
        return redirect("integrations:mappings", pk=pk, resource=resource)
    labels = {declared.name: declared.label for declared in integration.connector.resources}
    kind = KINDS[mappings[0].local_field.partition(".")[0]]
    context = frame(integration, "settings", form=form, object_label=labels.get(resource, kind.plural))
    return page(request, "integrations/mappings.html", context)


def _save(request: HttpRequest, integration: Integration, resource: str, form: MappingsForm) -> None:
    """Save the object's policy and its fields' options, and say what changed."""
    changed = services.change_mappings(integration, form.values(), actor=actor(request))
    policy = form.cleaned_data.get("object_policy")
    if policy is not None and services.change_object_policy(integration, resource, policy, actor=actor(request)):
        messages.success(request, "La règle des conflits de cet objet est enregistrée.")
    elif not changed:
        messages.info(request, "Rien n’a changé.")
    if changed:
        messages.success(request, f"{compte(changed, 'champ modifié,champs modifiés')}.")
