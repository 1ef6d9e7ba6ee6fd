"""HubSpot's error answers."""

from __future__ import annotations

import json
import uuid
from typing import Any

from flask import Response

JSON = "application/json;charset=utf-8"


class Fault(Exception):
    """A refusal: status, category, words; errors: particulars by property."""

    def __init__(
        self, status: int, category: str, message: str, *, errors: list[dict[str, Any]] | None = None, **more: Any
    ) -> None:
        super().__init__(message)
        self.status, self.category, self.message, self.errors, self.more = status, category, message, errors, more

    @property
    def body(self) -> dict[str, Any]:
        """The whole error."""
        found: dict[str, Any] = {"status": "error", "message": self.message, "correlationId": str(uuid.uuid4())}
        found |= {"category": self.category} if self.category else {}
        return found | ({"errors": self.errors} if self.errors else {}) | self.more


def invalid(name: str, code: str, message: str) -> Fault:
    """A property's value that is refused."""
    particulars = {"message": message, "code": code, "in": name, "context": {"propertyName": [name]}}
    return Fault(400, "VALIDATION_ERROR", f"Property values were not valid: {message}", errors=[particulars])


def not_found() -> Fault:
    """404."""
    return Fault(404, "OBJECT_NOT_FOUND", "resource not found")


def fault_response(fault: Fault, headers: dict[str, str] | None = None) -> Response:
    """The error as an answer."""
    response = Response(json.dumps(fault.body, ensure_ascii=False), fault.status, content_type=JSON)
    response.headers.extend(headers or {})
    return response


def over_limit(policy: str = "TEN_SECONDLY_ROLLING") -> Fault:
    """429."""
    message = f"You have reached your {policy.lower()} limit."
    return Fault(429, "RATE_LIMITS", message, errorType="RATE_LIMIT", policyName=policy, requestId=str(uuid.uuid4()))


def unauthorized(expired: bool = True) -> Fault:
    """401."""
    category = "EXPIRED_AUTHENTICATION" if expired else "INVALID_AUTHENTICATION"
    return Fault(401, category, "The OAuth token used to make this call expired or is not valid.")


def by_status(status: int) -> Fault:
    """The error that a fault switch asks for."""
    known = {
        401: unauthorized(),
        403: Fault(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes to make this call."),
        404: not_found(),
        429: over_limit(),
    }
    return known.get(status) or Fault(status, "", "internal error")
