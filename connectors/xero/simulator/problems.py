"""Xero's refusals, each in its own shape."""

from __future__ import annotations

import json
from typing import Any

from flask import Response

NAME_TAKEN = (
    "The contact name {name} is already assigned to another contact. The contact name must be unique across all active "
    "contacts."
)
NUMBER_TAKEN = "Invoice # must be unique."
NOT_FOUND = "The resource you're looking for cannot be found"
NO_ID = "00000000-0000-0000-0000-000000000000"


class Invalid(Exception):
    """Rows that are refused: (row, messages) pairs, in the order given."""

    def __init__(self, *messages: str, row: dict[str, Any] | None = None) -> None:
        super().__init__(" ".join(messages))
        self.messages, self.row = messages, row or {}


class Missing(Exception):
    """Nothing has that id."""


class BadQuery(Exception):
    """A filter that cannot be read."""


def answer(status: int, body: Any, headers: dict[str, str] | None = None) -> Response:
    """JSON."""
    text = json.dumps(body, ensure_ascii=False)
    response = Response(text, status, content_type="application/json; charset=utf-8")
    response.headers.extend(headers or {})
    return response


def element(row: dict[str, Any], messages: tuple[str, ...], id_name: str) -> dict[str, Any]:
    """The refused row with its messages."""
    problems = [{"Message": message} for message in messages]
    return {id_name: NO_ID, **row, "HasValidationErrors": True, "ValidationErrors": problems}


def validation(elements: list[dict[str, Any]]) -> Response:
    """400 for all."""
    body: dict[str, Any] = {
        "ErrorNumber": 10,
        "Type": "ValidationException",
        "Message": "A validation exception occurred",
        "Elements": elements,
    }
    return answer(400, body)


def bad_query(message: str) -> Response:
    """400 for a filter."""
    return answer(400, {"ErrorNumber": 16, "Type": "QueryParseException", "Message": message})


def missing() -> Response:
    """404 is plain text."""
    return Response(NOT_FOUND, 404, content_type="text/plain; charset=utf-8")


def refused(status: int, title: str, detail: str, instance: str) -> Response:
    """401 and 403."""
    body: dict[str, Any] = {
        "Type": None,
        "Title": title,
        "Status": status,
        "Detail": detail,
        "Instance": instance,
        "Extensions": {},
    }
    return answer(status, body)


def too_many(problem: str, headers: dict[str, str]) -> Response:
    """429, with what was too much."""
    return Response(status=429, headers={"X-Rate-Limit-Problem": problem, **headers})


def refusal(status: int, headers: dict[str, str], now: str, instance: str) -> Response:
    """The answer of a fault switch."""
    if status == 401:
        return refused(401, "Unauthorized", f"TokenExpired: token expired at {now}", instance)
    if status == 403:
        return refused(403, "Forbidden", "AuthenticationUnsuccessful", instance)
    if status == 404:
        return missing()
    if status == 429:
        return too_many("minute", headers)
    if status == 400:
        return validation([])
    return Response("An error occurred in Xero.", status, headers, content_type="text/plain; charset=utf-8")
