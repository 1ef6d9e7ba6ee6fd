"""Salesforce's error answers: a JSON array, even for one error."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import Response

JSON = "application/json;charset=UTF-8"


class Fault(Exception):
    """A refusal: Salesforce's code, its words, the fields that it is about; more: further members of the error."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        fields: Sequence[str] = (),
        status: int = 400,
        more: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.fields, self.status = code, message, list(fields), status
        self.more = more or {}

    def entry(self, name: str = "errorCode") -> dict[str, Any]:
        """The error as an object; in collections its code is called statusCode."""
        fields = {"fields": self.fields} if self.fields or name == "statusCode" else {}
        return {**self.more, "message": self.message, name: self.code, **fields}


def fault_response(fault: Fault, headers: dict[str, str] | None = None) -> Response:
    """`[{"message": …, "errorCode": …}]`."""
    body = json.dumps([fault.entry()], ensure_ascii=False)
    response = Response(body, fault.status, content_type=JSON)
    response.headers.extend(headers or {})
    return response


def expired() -> Fault:
    """401."""
    return Fault("INVALID_SESSION_ID", "Session expired or invalid", status=401)


def over_limit() -> Fault:
    """The allowance of the day is used up: 403, not 429."""
    return Fault("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)


def by_status(status: int) -> Fault:
    """The error that a fault switch asks for."""
    known = {
        401: expired(),
        403: Fault("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", status=403),
        404: Fault("NOT_FOUND", "The requested resource does not exist", status=404),
        429: over_limit(),
        503: Fault("SERVER_UNAVAILABLE", "Server unavailable", status=503),
    }
    return known.get(status) or Fault("UNKNOWN_EXCEPTION", "An unexpected error occurred.", status=status)
