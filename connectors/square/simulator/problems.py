"""Square's error answers."""

from __future__ import annotations

import json
from typing import Any

from flask import Response

CATEGORIES = {401: "AUTHENTICATION_ERROR", 403: "AUTHENTICATION_ERROR", 429: "RATE_LIMIT_ERROR"}
CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "INSUFFICIENT_SCOPES",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    429: "RATE_LIMITED",
    503: "SERVICE_UNAVAILABLE",
    504: "GATEWAY_TIMEOUT",
}


class Problem(Exception):
    """A refusal: Square's code, its words, and the field that it is about."""

    def __init__(self, code: str, detail: str, *, field: str = "", status: int = 400, category: str = "") -> None:
        super().__init__(detail)
        self.status = status
        kind = category or CATEGORIES.get(status) or ("API_ERROR" if status >= 500 else "INVALID_REQUEST_ERROR")
        error = {"category": kind, "code": code, "detail": detail} | ({"field": field} if field else {})
        self.body = {"errors": [error]}


def missing(kind: str, object_id: str, field: str = "") -> Problem:
    """There is no such object."""
    return Problem("NOT_FOUND", f"{kind} with ID `{object_id}` not found.", status=404, field=field)


def needed(field: str) -> Problem:
    """A value that must be there."""
    return Problem("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", field=field)


def stale(given: int, actual: int) -> Problem:
    """Another version than the object has."""
    return Problem("VERSION_MISMATCH", f"Object version does not match latest version: {given} is not {actual}.")


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    response = Response(json.dumps(body, ensure_ascii=False), status, content_type="application/json")
    response.headers.extend(headers or {})
    return response


def refusal(status: int, headers: dict[str, str]) -> Response:
    """The answer of a fault switch: an error without particulars."""
    code = CODES.get(status, "INTERNAL_SERVER_ERROR" if status >= 500 else "BAD_REQUEST")
    problem = Problem(code, "The request could not be served.", status=status)
    return answer(problem.body, status, headers)
