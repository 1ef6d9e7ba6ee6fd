"""What the views share: fragments, acts, paging."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from connectors.base.connector import REAL_TIME, Connector
from connectors.base.errors import ConnectorError
from integrations import selectors
from integrations.core.models import User
from integrations.forms import environments, methods
from integrations.models import Integration
from integrations.services import Refused

PAGE_SIZE = 25


@dataclass(frozen=True)
class Offer:
    """What the pages tell about a provider. (Templates call a class that they meet, so they never see a connector.)"""

    slug: str
    label: str
    category: str
    badge: str
    description: str
    auth: str
    sync: str
    available: bool


def offer_of(connector: type[Connector]) -> Offer:
    """A provider as the pages show it; available when an administrator can connect it here."""
    return Offer(
        slug=connector.slug,
        label=connector.label,
        category=connector.category,
        badge=connector.badge,
        description=connector.description,
        auth=_listing(method.label for method in connector.auth_methods),
        sync=_listing(word for word in connector.sync_types if word != REAL_TIME or connector.webhooks),
        available=connector.available and bool(methods(connector) and environments(connector)),
    )


def _listing(words: Iterable[str]) -> str:
    """Words of a list, the first one alone with a capital."""
    return ", ".join(word if not place else word[:1].lower() + word[1:] for place, word in enumerate(words))


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page (and not for a whole one out of its history)."""
    return bool(request.htmx) and not request.htmx.history_restore_request  # type: ignore[attr-defined]


def target(request: HttpRequest) -> str:
    """The id of the element that htmx will replace; "" for an ordinary request."""
    return (request.htmx.target or "") if is_fragment(request) else ""  # type: ignore[attr-defined]


def page(request: HttpRequest, template: str, context: Mapping[str, Any], *, part: str = "") -> HttpResponse:
    """The whole page or, for htmx, its part of that name; a cache must not give one for the other."""
    name = f"{template}#{part}" if part and is_fragment(request) else template
    response = render(request, name, dict(context))
    patch_vary_headers(response, ["HX-Request"])
    return response


def leave(request: HttpRequest, url: str) -> HttpResponse:
    """Go to another page, also out of a dialog that htmx fills."""
    return HttpResponseClientRedirect(url) if is_fragment(request) else HttpResponseRedirect(url)


def attempt(request: HttpRequest, act: Callable[[], object], done: str) -> bool:
    """Do what was asked and say how it went: `done` (nothing when empty), or the sentence of the refusal. Returns
    whether it was done."""
    try:
        act()
    except (Refused, ConnectorError) as error:
        messages.error(request, error.sentence)
        return False
    if done:
        messages.success(request, done)
    return True


def integration_or_404(pk: UUID) -> Integration:
    """The live integration of that id, with what its pages show (selectors.integrations)."""
    found: Integration | None = selectors.integrations().filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def actor(request: HttpRequest) -> User:
    """The person who is signed in."""
    assert isinstance(request.user, User)
    return request.user


def paginate(request: HttpRequest, rows: QuerySet[Any] | list[Any], size: int = PAGE_SIZE) -> Page[Any]:
    """The page that the address asks for; the nearest one when there is no such page."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def way_back(request: HttpRequest, url: str) -> str:
    """The page that a form says it stands on, where that is one below `url`; else ""."""
    back = request.POST.get("back", "")
    return back if url_has_allowed_host_and_scheme(back, {request.get_host()}) and back.startswith(url) else ""
