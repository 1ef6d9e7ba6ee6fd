"""FreshBooks' refusals, in the style that goes without X-API-VERSION."""

from __future__ import annotations

import json
from typing import Any

from flask import Response

NOT_FOUND, NO_RIGHT, BAD_VALUE, READ_ONLY = 1012, 1003, 1015, 1038
# Not documented: whatever number it has, the field tells.
DUPLICATE = 1017


class Refused(Exception):
    """A refusal: status, FreshBooks' number, the field and its words."""

    def __init__(self, errno: int, message: str, *, field: str = "", obj: str = "", status: int = 422) -> None:
        super().__init__(message)
        self.errno, self.message, self.field, self.object, self.status = errno, message, field, obj, status

    def response(self) -> Response:
        """The answer."""
        error = {"errno": self.errno, "field": self.field, "message": self.message, "object": self.object, "value": ""}
        return answer(self.status, {"response": {"errors": [error]}})


def missing(name: str, field: str) -> Refused:
    """Nothing has that id."""
    return Refused(NOT_FOUND, f"{name.capitalize()} not found.", field=field, obj=name, status=404)


def answer(status: int, body: Any, headers: dict[str, str] | None = None) -> Response:
    """JSON."""
    response = Response(json.dumps(body, ensure_ascii=False), status, content_type="application/json")
    response.headers.extend(headers or {})
    return response


def auth(status: int, error: str, description: str) -> Response:
    """Token, scope."""
    return answer(status, {"error": error, "error_description": description})


def refusal(status: int, headers: dict[str, str]) -> Response:
    """The answer of a fault switch."""
    if status == 401:
        return auth(401, "unauthenticated", "This action requires authentication to continue.")
    if status == 403:
        return auth(403, "insufficient_scope", "This request requires a scope that the token does not have.")
    if status == 404:
        return missing("resource", "").response()
    return answer(status, {"error": "unavailable", "error_description": "Please try again later."}, headers)
