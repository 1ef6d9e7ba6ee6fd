"""Stripe's error answers."""

from __future__ import annotations

import json
import secrets
from typing import Any

from flask import Response


class Problem(Exception):
    """A refusal. begun: whether the endpoint had begun to run, so that the answer is kept for the idempotency key."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        begun: bool = True,
        **more: Any,
    ) -> None:
        super().__init__(message)
        given = {"code": code, "message": message, "param": param, "type": kind, **more}
        self.status, self.begun = status, begun
        self.body = {"error": {name: value for name, value in given.items() if value not in ("", None)}}


def missing(kind: str, object_id: str, *, status: int = 404, param: str = "id") -> Problem:
    """There is no such object."""
    return Problem(f"No such {kind}: '{object_id}'", status=status, code="resource_missing", param=param)


def unknown(name: str) -> Problem:
    """A parameter that the endpoint does not have."""
    message = f"Received unknown parameter: {name}"
    return Problem(message, code="parameter_unknown", param=name, begun=False)


def needed(name: str) -> Problem:
    """A parameter that the endpoint must have."""
    return Problem(f"Missing required param: {name}.", code="parameter_missing", param=name, begun=False)


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer with its request id."""
    response = Response(json.dumps(body, ensure_ascii=False, indent=2), status, content_type="application/json")
    response.headers["Request-Id"] = f"req_{secrets.token_urlsafe(10)}"
    response.headers.extend(headers or {})
    return response


def refusal(status: int, headers: dict[str, str]) -> Response:
    """The answer of a fault switch: an error without particulars."""
    if status == 401:
        problem = Problem("Invalid API Key provided: sk_test_****", status=401)
    elif status == 403:
        problem = Problem("The provided key does not have the required permissions for this endpoint.", status=403)
    elif status == 429:
        problem = Problem("Too many requests hit the API too quickly.", status=429, code="rate_limit")
        headers = {"Stripe-Rate-Limited-Reason": "global-rate", **headers}
    elif status in (404, 405):
        problem = Problem("Unrecognized request URL.", status=404)
    else:
        kind = "api_error" if status >= 500 else "invalid_request_error"
        problem = Problem("An unknown error occurred.", status=status, kind=kind)
    return answer(problem.body, status, headers)
