"""The door for providers: /webhook/<slug> and /webhook/<slug>/<key>. It is reached by a middleware, before sessions."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from webhooks.inbound.keys import PREFIX
from webhooks.inbound.receive import receive as take


def receive(request: HttpRequest) -> HttpResponse:
    """Take a call; POST only."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"], headers={"Content-Length": "0"})
    slug, slash, key = request.path_info[len(PREFIX) :].partition("/")
    return take(request, slug, key if key or not slash else "/")
