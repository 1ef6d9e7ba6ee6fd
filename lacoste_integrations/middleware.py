"""What surrounds every request: an id that ties its log lines and audit rows together, and one line in the log."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from uuid_utils import uuid7

from integrations.core.network import client_ip
from webhooks.inbound.keys import PREFIX
from webhooks.views import receiver

log = structlog.get_logger("requests")

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Asked every few seconds by machines, or files: their lines would bury the others.
QUIET = ("/static/", "/healthz", "/readyz", "/metrics")


class RequestLogMiddleware:
    """Bind `request_id` and `client_ip` to the log context, where audit rows find them; write one line per request,
    with the path but never its query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = _request_id(request)
        started = time.monotonic()
        with structlog.contextvars.bound_contextvars(request_id=request_id, client_ip=client_ip(request)):
            response = self.get_response(request)
            response["X-Request-ID"] = request_id
            if not request.path.startswith(QUIET):
                log.info(
                    "request",
                    method=request.method,
                    path=request.path,
                    status=response.status_code,
                    duration_ms=round((time.monotonic() - started) * 1000),
                )
        return response


class ProviderCallMiddleware:
    """Calls of providers go no further than here: they know no session, no sign-in, no form and no page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(PREFIX):
            return receiver.receive(request)
        return self.get_response(request)


def _request_id(request: HttpRequest) -> str:
    """Take over the id given by our own proxy, else make one; a visitor cannot choose it."""
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    if settings.TRUSTED_PROXY_COUNT and REQUEST_ID.fullmatch(given):
        return given
    return str(uuid7())
