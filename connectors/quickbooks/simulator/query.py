"""QuickBooks' query language, as far as its users use it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.quickbooks.simulator.problems import Fault
from connectors.quickbooks.simulator.schema import ENTITIES

MAXIMUM = 1000
_TOKEN = re.compile(r"\s*(?:('(?:\\.|[^'\\])*')|(<=|>=|=|<|>|\(|\)|,|\*)|([A-Za-z_][\w.]*|-?\d+(?:\.\d+)?))")


@dataclass
class Query:
    """A parsed query. conditions: (field, operator, value or values), all of which must hold."""

    entity: str
    count: bool = False
    fields: list[str] = field(default_factory=list)
    conditions: list[tuple[str, str, Any]] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)
    start: int = 1
    maximum: int = 100


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.tokens = self._split(text)

    def _split(self, text: str) -> list[str]:
        tokens, position = [], 0
        text = text.strip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if not match:
                raise self.error(text[position:])
            tokens.append(match[0].strip())
            position = match.end()
        return tokens

    def error(self, near: str) -> Fault:
        return Fault("4000", f'QueryParserError: Encountered " {near[:40]} " in: {self.text[:200]}')

    @property
    def word(self) -> str:
        return self.tokens[self.at].lower() if self.at < len(self.tokens) else ""

    def take(self, *words: str) -> str:
        """The next token, which must be one of the words when any are given."""
        if self.at >= len(self.tokens) or (words and self.word not in words):
            raise self.error(self.word or "<EOF>")
        self.at += 1
        return self.tokens[self.at - 1]

    def skip(self, word: str) -> bool:
        if self.word == word:
            self.at += 1
            return True
        return False

    def value(self) -> Any:
        token = self.take()
        if token.startswith("'"):
            return re.sub(r"\\(.)", r"\1", token[1:-1])
        if token.lower() in ("true", "false"):
            return token.lower() == "true"
        try:
            return Decimal(token)
        except InvalidOperation:
            raise self.error(token) from None


def parse(text: str) -> Query:
    """A query; Fault 4000 when it cannot be read, 4001 when it asks for what is not there."""
    parser = _Parser(text)
    parser.take("select")
    count, fields = _projection(parser)
    parser.take("from")
    name = parser.take()
    entity = next((known for known in ENTITIES if known.lower() == name.lower()), None)
    if entity is None:
        raise Fault("4001", f"QueryValidationError: invalid context declaration: {name}")
    query = Query(entity, count, fields)
    if parser.skip("where"):
        query.conditions.append(_condition(parser))
        while parser.skip("and"):
            query.conditions.append(_condition(parser))
    if parser.skip("orderby") or (parser.word == "order" and parser.take() and parser.take("by")):
        query.order.append(_ordering(parser))
        while parser.skip(","):
            query.order.append(_ordering(parser))
    if parser.skip("startposition"):
        query.start = _whole(parser)
    if parser.skip("maxresults"):
        query.maximum = _whole(parser)
    if parser.word:
        raise parser.error(parser.word)
    _check(query)
    return query


def _projection(parser: _Parser) -> tuple[bool, list[str]]:
    if parser.skip("count"):
        for token in ("(", "*", ")"):
            parser.take(token)
        return True, []
    names = [parser.take()]
    while parser.skip(","):
        names.append(parser.take())
    return False, [] if "*" in names else names


def _condition(parser: _Parser) -> tuple[str, str, Any]:
    name = parser.take()
    operator = parser.take("=", "<", ">", "<=", ">=", "in", "like").lower()
    if operator != "in":
        return name, operator, parser.value()
    parser.take("(")
    values = [parser.value()]
    while parser.skip(","):
        values.append(parser.value())
    parser.take(")")
    return name, operator, values


def _ordering(parser: _Parser) -> tuple[str, bool]:
    name = parser.take()
    if parser.skip("desc"):
        return name, True
    parser.skip("asc")
    return name, False


def _whole(parser: _Parser) -> int:
    token = parser.take()
    if not token.isdigit() or int(token) < 1:
        raise Fault("4001", f"QueryValidationError: {token} is not a valid position or number of results")
    return int(token)


def _check(query: Query) -> None:
    if query.maximum > MAXIMUM:
        raise Fault("4001", f"QueryValidationError: value {query.maximum} is too large. Max allowed value is 1000.")
    known = ENTITIES[query.entity].fields
    asked = [one[0] for one in query.conditions] + [one[0] for one in query.order] + query.fields
    for name in asked:
        if name.split(".")[0] not in known:
            raise Fault("4001", f"QueryValidationError: Property {name} not found for Entity {query.entity}")


def select(query: Query, objects: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The objects that match, in order; paging is left to the caller."""
    conditions = list(query.conditions)
    if ENTITIES[query.entity].names and not any(name == "Active" for name, *_ in conditions):
        conditions.append(("Active", "=", True))
    found = [one for one in objects if all(_holds(_value(one, name), *rest) for name, *rest in conditions)]
    found.sort(key=lambda one: int(one["Id"]))
    for name, descending in reversed(query.order):
        found.sort(key=lambda one, name=name: _sortable(_value(one, name)), reverse=descending)  # type: ignore[misc]
    return found


def _value(raw: Any, path: str) -> Any:
    for step in path.split("."):
        raw = raw.get(step) if isinstance(raw, dict) else None
    if isinstance(raw, dict):
        # References, e-mail addresses and phones are compared by what they hold.
        return raw.get("value") or raw.get("Address") or raw.get("FreeFormNumber")
    return raw


def _holds(value: Any, operator: str, wanted: Any) -> bool:
    if operator == "in":
        return any(_holds(value, "=", one) for one in wanted)
    if value is None:
        return False
    if operator == "like":
        pattern = ".*".join(re.escape(part) for part in str(wanted).split("%"))
        return re.fullmatch(pattern, str(value), re.IGNORECASE | re.DOTALL) is not None
    left, right = _sortable(value), _sortable(_like(value, wanted))
    if operator == "=":
        return left == right
    if left[0] != right[0]:
        return False
    return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[operator]


def _like(value: Any, wanted: Any) -> Any:
    """The wanted value in the form of the one that is there: numbers and flags may be quoted."""
    if isinstance(wanted, str) and isinstance(value, bool):
        return wanted.lower() == "true"
    if isinstance(wanted, str) and isinstance(value, (int, float)):
        try:
            return Decimal(wanted)
        except InvalidOperation:
            return wanted
    return str(wanted) if isinstance(wanted, Decimal) and isinstance(value, str) else wanted


def _sortable(value: Any) -> tuple[int, Any]:
    """Numbers, instants, then texts without regard to case."""
    if isinstance(value, bool):
        return 0, Decimal(value)
    if isinstance(value, (int, float, Decimal)):
        return 1, Decimal(str(value))
    text = str(value or "")
    if len(text) > 10 and text[4:5] == "-" and "T" in text:
        try:
            return 2, datetime.fromisoformat(text).timestamp()
        except ValueError:
            pass
    if text.isdigit():
        return 3, (len(text.lstrip("0")), text)
    return 4, text.casefold()
