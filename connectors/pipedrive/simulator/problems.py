"""Pipedrive's error answers."""

from __future__ import annotations

import json
from typing import Any

from flask import Response

CLOUDFLARE = (
    "<!DOCTYPE html><html><head><title>Access denied | Cloudflare</title></head><body><h1>Error 1015</h1>"
    "<p>You are being rate limited</p></body></html>"
)
WORDS = {
    400: "Bad request",
    402: "Payment required: the company account is not open",
    403: "Scope and URL mismatch",
    404: "Not found",
    405: "Method not allowed",
    415: "Unsupported media type",
    429: "Rate limit exceeded",
    500: "Internal server error",
    503: "Service temporarily unavailable",
}


class Problem(Exception):
    """A refusal: status, Pipedrive's words, its code where it has one."""

    def __init__(self, status: int, error: str = "", *, info: str = "", code: str = "") -> None:
        super().__init__(error)
        self.status, self.error, self.info, self.code = status, error or WORDS.get(status, "Error"), info, code


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """`{"success": false, …}`."""
    info = problem.info or "Please check developers.pipedrive.com for more information about Pipedrive API."
    body: dict[str, Any] = {"success": False, "error": problem.error}
    if problem.status == 401:
        body |= {"errorCode": 401, "error_info": "Please check developers.pipedrive.com"}
    else:
        body |= {"error_info": info, "data": None, "additional_data": None}
        body |= {"code": problem.code} if problem.code else {}
    response = Response(json.dumps(body, ensure_ascii=False), problem.status, content_type="application/json")
    response.headers.extend(headers or {})
    return response


def unauthorized() -> Problem:
    """No token, or one that opens nothing."""
    return Problem(401, "unauthorized access")


def blocked() -> Response:
    """What whoever goes on after a 429 gets."""
    return Response(CLOUDFLARE, 403, content_type="text/html; charset=UTF-8")
