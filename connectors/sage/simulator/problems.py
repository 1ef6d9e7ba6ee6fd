"""Intacct's error answers, in their wrappers."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from flask import Response

CODES = {
    400: ("invalidRequest", "REST-1028"),
    401: ("tokenInvalid", "REST-2102"),
    403: ("forbidden", "XL03000006"),
    404: ("resourceNotFound", "REST-1063"),
    405: ("methodNotAllowed", "REST-1029"),
    409: ("conflict", "REST-1051"),
    422: ("businessRule", "REST-1052"),
    429: ("throttled", "GW-0010"),
}


class Refused(Exception):
    """An error to answer. details: (error id, message, name of the property or "")."""

    def __init__(self, status: int, message: str, *details: tuple[str, str, str]) -> None:
        super().__init__(message)
        self.status, self.message, self.details = status, message, details


def refusal(refused: Refused, headers: Mapping[str, str] | None = None) -> Response:
    """At the gate (token, throttle, failure): bare. Inside: in the result."""
    code, error_id = CODES.get(refused.status, ("internalError", "REST-1000"))
    error: dict[str, Any] = {"code": code, "message": refused.message, "errorId": error_id} | _rest({})
    error["details"] = [
        {"code": code, "message": said, "errorId": one} | _rest({name: ""} if name else {})
        for one, said, name in refused.details
    ]
    if refused.status in (401, 403, 429) or refused.status >= 500:
        body: dict[str, Any] = {"error": error}
    else:
        body = {"ia::result": {"ia::error": error}, "ia::meta": {"totalCount": 1, "totalSuccess": 0, "totalError": 1}}
    response = Response(json.dumps(body, ensure_ascii=False), refused.status, content_type="application/json")
    response.headers.extend(dict(headers or {}))
    return response


def _rest(properties: dict[str, str]) -> dict[str, Any]:
    info = {"messageId": "IA.DEMO", "placeholders": {}, "propertySet": properties}
    return {"additionalInfo": info, "supportId": secrets.token_hex(4)}
