"""Financeit's error answers: problem details, and the vendor's own list of texts at the token call."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping

from flask import Response

CODES = {
    400: ("invalid_request", "Invalid request"),
    401: ("unauthorized", "Unauthorized"),
    403: ("forbidden", "Forbidden"),
    404: ("not_found", "Not found"),
    405: ("invalid_request", "Method not allowed"),
    409: ("conflict", "Conflict"),
    412: ("version_conflict", "Version conflict"),
    422: ("validation_failed", "Validation failed"),
    429: ("rate_limited", "Too many requests"),
    500: ("internal_error", "Internal error"),
    503: ("unavailable", "Unavailable"),
}
Errors = Mapping[str, tuple[str, str]]
"""Field → (code, message)."""


class Problem(Exception):
    """An error to answer. `code` when it is not the status's usual one."""

    def __init__(
        self,
        status: int,
        detail: str = "",
        *,
        code: str = "",
        errors: Errors | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.code = status, detail, code
        self.errors, self.headers = errors, dict(headers or {})

    def response(self) -> Response:
        """As problem+json."""
        code, title = CODES.get(self.status, CODES[500 if self.status >= 500 else 400])
        body: dict[str, object] = {
            "type": "about:blank",
            "title": title,
            "status": self.status,
            "code": self.code or code,
            "detail": self.detail or title,
            "request_id": f"req_{uuid.uuid4().hex[:16]}",
        }
        if self.errors:
            body["errors"] = [
                {"field": field, "code": reason, "message": message} for field, (reason, message) in self.errors.items()
            ]
        response = Response(json.dumps(body), self.status, content_type="application/problem+json")
        response.headers.extend(self.headers)
        return response


def invalid(errors: Errors) -> Problem:
    """422 for these fields."""
    return Problem(422, f"{len(errors)} {'field is' if len(errors) == 1 else 'fields are'} wrong", errors=errors)


def vendor(status: int, *texts: str) -> Response:
    """The vendor's own form."""
    return Response(json.dumps({"errors": list(texts)}), status, content_type="application/json")
