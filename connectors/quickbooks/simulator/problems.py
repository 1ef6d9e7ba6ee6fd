"""QuickBooks' error answers, in their two shapes."""

from __future__ import annotations

import json

from flask import Response

MESSAGES = {
    "500": "Unsupported Operation",
    "610": "Object Not Found",
    "2010": "Request has invalid or unsupported property",
    "2020": "Required param missing, need to supply the required value for the API",
    "2050": "String length is either shorter or longer than supported by specification",
    "2500": "Invalid Reference Id",
    "4000": "Error parsing query",
    "4001": "Invalid query",
    "5010": "Stale Object Error",
    "6000": "A business validation error has occurred while processing your request",
    "6140": "Duplicate Document Number Error",
    "6240": "Duplicate Name Exists Error",
    "10000": "An application error has occurred while processing your request",
    "3001": "message=ThrottleExceeded; errorCode=003001; statusCode=429",
    "3100": "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
}
STALE = "Stale Object Error : You and Marie were working on this at the same time. Marie finished before you did."
TAKEN = (
    "The name supplied already exists. : Another customer, vendor or employee is already using this name. "
    "Please use a different name."
)


class Fault(Exception):
    """A refusal: QuickBooks' code, its own words, and the element that it is about."""

    def __init__(self, code: str, detail: str = "", *, element: str = "", status: int = 400) -> None:
        super().__init__(detail)
        self.code, self.detail, self.element, self.status = code, detail, element, status

    @property
    def body(self) -> dict[str, object]:
        """The value of `Fault`."""
        kind = {429: "SERVICE", 500: "SystemFault", 503: "SystemFault", 403: "AUTHORIZATION"}
        message = MESSAGES[self.code]
        error = {"Message": message, "Detail": self.detail or message, "code": self.code, "element": self.element}
        return {"Error": [error], "type": kind.get(self.status, "ValidationFault")}


def fault_response(fault: Fault, time: str, headers: dict[str, str] | None = None) -> Response:
    """`{"Fault": …, "time": …}`."""
    body = json.dumps({"Fault": fault.body, "time": time}, ensure_ascii=False)
    response = Response(body, fault.status, content_type="application/json;charset=UTF-8")
    response.headers.extend(headers or {})
    return response


def unauthorized(millis: int, detail: str = "Token expired: the access token is not valid") -> Response:
    """401, in lower case and with everything around."""
    error = {
        "message": "message=AuthenticationFailed; errorCode=003200; statusCode=401",
        "detail": detail,
        "code": "3200",
        "element": None,
    }
    body: dict[str, object] = {
        "warnings": None,
        "intuitObject": None,
        "fault": {"error": [error], "type": "AUTHENTICATION"},
        "report": None,
        "queryResponse": None,
        "batchItemResponse": [],
        "attachableResponse": [],
        "syncErrorResponse": None,
        "requestId": None,
        "time": millis,
        "status": None,
        "cdcresponse": [],
    }
    response = Response(json.dumps(body), 401, content_type="application/json;charset=UTF-8")
    response.headers["WWW-Authenticate"] = 'Bearer realm="Intuit", error="invalid_token"'
    return response


def refusal(status: int, headers: dict[str, str], time: str, millis: int) -> Response:
    """The answer of a fault switch: an error without particulars."""
    if status == 401:
        return unauthorized(millis)
    code = {429: "3001", 403: "3100", 404: "610", 400: "6000", 405: "500"}.get(status, "10000")
    detail = "The request limit was reached." if status == 429 else ""
    return fault_response(Fault(code, detail, status=status), time, headers)
