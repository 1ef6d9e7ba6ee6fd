"""Zoho's error answers: of a whole call, and of one row of it."""

from __future__ import annotations

import json
from typing import Any

from flask import Response

BY_STATUS = {
    400: ("INVALID_DATA", "invalid data"),
    401: ("INVALID_TOKEN", "invalid oauth token"),
    403: ("NO_PERMISSION", "permission denied"),
    404: ("INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one"),
    405: ("INVALID_REQUEST_METHOD", "The http request method type is not a valid one"),
    429: ("TOO_MANY_REQUESTS", "You have made too many requests continuously"),
    500: ("INTERNAL_ERROR", "Internal Server Error"),
    503: ("INTERNAL_ERROR", "Internal Server Error"),
}


class Problem(Exception):
    """A refusal: code, words, details, and the status of a call that fails as a whole."""

    def __init__(self, code: str, message: str = "", *, status: int = 400, details: dict[str, Any] | None = None):
        super().__init__(message)
        self.code, self.message, self.status, self.details = code, message or code, status, details or {}

    @property
    def body(self) -> dict[str, Any]:
        """The problem as JSON."""
        return {"code": self.code, "details": self.details, "message": self.message, "status": "error"}


def of_status(status: int) -> Problem:
    """The problem that a status stands for."""
    code, message = BY_STATUS.get(status, ("INTERNAL_ERROR", "Internal Server Error"))
    return Problem(code, message, status=status)


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The answer of a call that fails as a whole."""
    response = Response(json.dumps(problem.body, ensure_ascii=False), problem.status, content_type="application/json")
    response.headers.extend(headers or {})
    return response
