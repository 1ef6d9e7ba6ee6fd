"""Connecting an account, by a typed credential or by consent, and connecting it again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods
from markdown_it import MarkdownIt

import connectors
from connectors.base.connector import Connector
from connectors.base.errors import AuthExpired, ConnectorError, UnknownProvider
from integrations import services
from integrations.capabilities import capabilities_of
from integrations.core.roles import administrator_required
from integrations.forms import ConnectForm, CredentialsForm
from integrations.models import Integration
from integrations.services import Consented, ConsentFailed, Refused
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
    """The setup guide as HTML: our own file, rendered without raw HTML and without images, under the page's titles.

    <SITE_URL> in it becomes this console's address, so that the return address can be copied as it stands.
    """
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    tokens = renderer.parse(connector.setup_guide().replace("<SITE_URL>", settings.SITE_URL))
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
    typed = [field for field in form.credential_fields() if field.field.required]
    if isinstance(error, AuthExpired) and len(typed) == 1:
        sentence = (
            f"{connector.label} refuse cet accès : il est erroné, expiré ou révoqué. "
            f"Copiez-le de nouveau, en entier, depuis le compte de l’environnement choisi."
        )
        form.add_error(typed[0].name, sentence)
    else:
        form.add_error(None, error.sentence)


def _submitted(request: HttpRequest) -> QueryDict | None:
    """What was posted, even when that is nothing: a consent may need no field at all."""
    return request.POST if request.method == "POST" else None


def _to_provider(
    request: HttpRequest,
    form: CredentialsForm,
    connector: type[Connector],
    *,
    name: str,
    environment: str,
    integration: Integration | None = None,
) -> HttpResponse:
    """The page that goes on to the provider's consent.

    Not a redirect: Chromium would hold the whole way, over hosts of the provider that we cannot know, against our
    policy for forms (`form-action`), and stop without a word.
    """
    url = services.ask_consent(
        connector.slug,
        name=name,
        environment=environment,
        config=form.config(),
        actor=actor(request),
        session_key=request.session.session_key or "",
        integration=integration,
    )
    return render(request, "integrations/leaving.html", {"provider": offer_of(connector), "url": url})


def _page(request: HttpRequest, form: CredentialsForm, connector: type[Connector], **more: Any) -> HttpResponse:
    about = {"provider": offer_of(connector), "guide": _guide(connector), "capabilities": capabilities_of(connector)}
    context = {**about, "form": form, **more}
    return page(request, "integrations/connect.html", context)


@administrator_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def connect(request: HttpRequest, slug: str) -> HttpResponse:
    """Name a new integration, then type its credential or consent at the provider; nothing is stored before the
    provider has confirmed the account. `?method=` picks the way where there are several."""
    connector = _connectable(slug)
    form = ConnectForm(connector, _submitted(request), kind=request.GET.get("method", ""))
    if request.method == "POST" and form.is_valid():
        about = {"name": form.cleaned_data["name"], "environment": form.cleaned_data["environment"]}
        try:
            if form.by_consent:
                return _to_provider(request, form, connector, **about)
            integration = services.connect(
                slug,
                auth_method=form.method.kind,
                secrets=form.secrets(),
                config=form.config(),
                actor=actor(request),
                **about,
            )
        except (ConnectorError, Refused) as error:
            _explain(form, connector, error)
        else:
            return _connected(request, integration)
    return _page(request, form, connector)


@administrator_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def reconnect(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Replace the credential of an integration, or consent again, for the same account."""
    integration = integration_or_404(pk)
    connector = _connectable(integration.provider)
    kind = request.GET.get("method", "") or (integration.credential.auth_method if integration.is_connected else "")
    form = CredentialsForm(connector, _submitted(request), kind=kind, config=integration.config)
    if request.method == "POST" and form.is_valid():
        try:
            if form.by_consent:
                about = {"name": integration.name, "environment": integration.environment}
                return _to_provider(request, form, connector, integration=integration, **about)
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
            return _reconnected(request, integration)
    return _page(request, form, connector, integration=integration)


def _connected(request: HttpRequest, integration: Integration) -> HttpResponse:
    messages.success(
        request,
        f"{integration.connector.label} est connecté au compte « {integration.account_name} ». "
        "Choisissez maintenant le sens de la synchronisation, puis regardez un aperçu.",
    )
    return redirect("integrations:detail", pk=integration.pk)


def _reconnected(request: HttpRequest, integration: Integration) -> HttpResponse:
    messages.success(request, f"« {integration.name} » est reconnectée et active.")
    return redirect("integrations:detail", pk=integration.pk)


def oauth_callback(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Where the provider sends people back to. A visitor signs in first, and not with the code in the address."""
    if not request.user.is_authenticated:
        messages.error(request, "Votre session a pris fin pendant la connexion. Ouvrez-en une autre, puis recommencez.")
        return redirect_to_login(reverse("integrations:dashboard"))
    return _callback(request, slug)


@administrator_required
@never_cache
@require_GET
def _callback(request: HttpRequest, slug: str) -> HttpResponse:
    connector = _connectable(slug)
    if connector.oauth is None:
        raise Http404
    key = request.session.session_key or ""
    try:
        done = services.finish_consent(slug, request.GET.dict(), actor=actor(request), session_key=key)
    except ConsentFailed as failure:
        return _failed(request, connector, failure)
    if isinstance(done, Consented):
        return _consented(request, done)
    return redirect("integrations:oauth_choose", pk=done.pk)


@administrator_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def oauth_choose(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Choose the account of a consent that opens several."""
    connector = None
    try:
        attempt = services.waiting_choice(pk, actor=actor(request), session_key=request.session.session_key or "")
        connector = _connectable(attempt.provider)
        if request.method == "POST":
            chosen = request.POST.get("account", "")
            return _consented(request, services.choose_account(attempt, chosen, actor=actor(request)))
    except ConsentFailed as failure:
        return _failed(request, connector, failure)
    return page(request, "integrations/choose.html", {"provider": offer_of(connector), "accounts": attempt.accounts})


def _consented(request: HttpRequest, done: Consented) -> HttpResponse:
    return (_reconnected if done.again else _connected)(request, done.integration)


def _failed(request: HttpRequest, connector: type[Connector] | None, failure: ConsentFailed) -> HttpResponse:
    context = {"provider": offer_of(connector) if connector else None, "failure": failure}
    return render(request, "integrations/consent_failed.html", context, status=400)
