"""Connecting an account with a typed credential, and connecting it again."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from markdown_it import MarkdownIt

import connectors
from connectors.base.connector import Connector
from connectors.base.errors import AuthExpired, ConnectorError, UnknownProvider
from integrations import services
from integrations.core.roles import administrator_required
from integrations.forms import ConnectForm, CredentialsForm
from integrations.services import Refused
from integrations.views.common import actor, integration_or_404, offer_of, page


def _connectable(slug: str) -> type[Connector]:
    try:
        connector = connectors.get(slug)
    except UnknownProvider:
        raise Http404 from None
    if not offer_of(connector).available:
        raise Http404
    return connector


def _guide(connector: type[Connector]) -> SafeString:
    """The setup guide as HTML: our own file, rendered without raw HTML and without images, under the page's titles."""
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    tokens = renderer.parse(connector.setup_guide())
    if tokens and tokens[0].tag == "h1":
        # The page already has this title.
        tokens = tokens[3:]
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    html = renderer.renderer.render(tokens, renderer.options, {})
    return mark_safe(html)  # noqa: S308 - raw HTML is switched off: what the file holds of it is escaped


def _explain(form: CredentialsForm, connector: type[Connector], error: ConnectorError | Refused) -> None:
    """Say what went wrong: at the credential when the provider refuses it, above the form otherwise."""
    typed = form.credential_fields()
    if isinstance(error, AuthExpired) and len(typed) == 1:
        sentence = (
            f"{connector.label} refuse cet accès : il est erroné, expiré ou révoqué. "
            f"Copiez-le de nouveau, en entier, depuis le compte de l’environnement choisi."
        )
        form.add_error(typed[0].name, sentence)
    else:
        form.add_error(None, error.sentence)


@administrator_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def connect(request: HttpRequest, slug: str) -> HttpResponse:
    """Type the credential of a new integration; it is checked with the provider before anything is stored."""
    connector = _connectable(slug)
    form = ConnectForm(connector, request.POST or None)
    if request.method == "POST" and form.is_valid() and form.method:
        try:
            integration = services.connect(
                slug,
                name=form.cleaned_data["name"],
                environment=form.cleaned_data["environment"],
                auth_method=form.method.kind,
                secrets=form.secrets(),
                config=form.config(),
                actor=actor(request),
            )
        except (ConnectorError, Refused) as error:
            _explain(form, connector, error)
        else:
            messages.success(
                request,
                f"{connector.label} est connecté au compte « {integration.account_name} ». "
                "Lancez une première synchronisation pour recevoir ses enregistrements.",
            )
            return redirect("integrations:detail", pk=integration.pk)
    context = {"provider": offer_of(connector), "form": form, "guide": _guide(connector)}
    return page(request, "integrations/connect.html", context)


@administrator_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def reconnect(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Replace the credential of an integration, for the same account."""
    integration = integration_or_404(pk)
    connector = _connectable(integration.provider)
    form = CredentialsForm(connector, request.POST or None, config=integration.config)
    if request.method == "POST" and form.is_valid() and form.method:
        try:
            services.reconnect(
                integration,
                auth_method=form.method.kind,
                secrets=form.secrets(),
                config=form.config(),
                actor=actor(request),
            )
        except (ConnectorError, Refused) as error:
            _explain(form, connector, error)
        else:
            messages.success(request, f"« {integration.name} » est reconnectée et active.")
            return redirect("integrations:detail", pk=integration.pk)
    context = {"provider": offer_of(connector), "form": form, "guide": _guide(connector), "integration": integration}
    return page(request, "integrations/connect.html", context)
