"""SOQL, as far as its users use it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connectors.salesforce.simulator.problems import Fault
from connectors.salesforce.simulator.schema import ENTITIES

_TOKEN = re.compile(
    r"\s*(?:('(?:\\.|[^'\\])*')|(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))|(\d{4}-\d\d-\d\d)"
    r"|(<=|>=|!=|=|<|>|\(|\)|,)|(-?\d+(?:\.\d+)?)|([A-Za-z_][\w.]*))"
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
Body = dict[str, Any]
Test = Callable[[Body], bool]
Follow = Callable[[Body, str], Any]


@dataclass
class Query:
    """A parsed query; `test` says whether an object matches."""

    entity: str
    fields: list[str]
    count: bool = False
    test: Test = lambda body: True
    order: list[tuple[str, bool]] = field(default_factory=list)
    limit: int | None = None


class Parser:
    """Reads one query. follow: the value of a field, across a relation too ("Owner.Email")."""

    def __init__(self, text: str, follow: Follow) -> None:
        self._text, self._at, self._follow = text, 0, follow
        self._tokens = self._split(text.strip())
        self._entity = ""

    def parse(self) -> Query:
        """The query; Fault when it cannot be read or asks for what is not there."""
        self._take("SELECT")
        count, fields = self._projection()
        self._take("FROM")
        self._entity = self._next()
        if self._entity not in ENTITIES:
            raise Fault("INVALID_TYPE", f"sObject type '{self._entity}' is not supported.")
        for name in fields:
            self._known(name)
        query = Query(self._entity, fields, count)
        if self._skip("WHERE"):
            query.test = self._any()
        if self._skip("ORDER"):
            self._take("BY")
            query.order.append(self._ordering())
            while self._skip(","):
                query.order.append(self._ordering())
        if self._skip("LIMIT"):
            query.limit = int(self._next())
        if self._word:
            raise self._unexpected()
        return query

    def _split(self, text: str) -> list[str]:
        tokens, position = [], 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if not match:
                raise Fault("MALFORMED_QUERY", f"unexpected token: '{text[position:][:30]}' in {text[:100]}")
            tokens.append(match[0].strip())
            position = match.end()
        return tokens

    @property
    def _word(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _unexpected(self) -> Fault:
        return Fault("MALFORMED_QUERY", f"unexpected token: '{self._word or '<EOF>'}' in {self._text[:100]}")

    def _next(self) -> str:
        if not self._word:
            raise self._unexpected()
        self._at += 1
        return self._tokens[self._at - 1]

    def _skip(self, word: str) -> bool:
        if self._word.upper() == word:
            self._at += 1
            return True
        return False

    def _take(self, word: str) -> None:
        if not self._skip(word):
            raise self._unexpected()

    def _projection(self) -> tuple[bool, list[str]]:
        names = [self._next()]
        if names[0].upper() == "COUNT" and self._skip("("):
            self._take(")")
            return True, []
        while self._skip(","):
            names.append(self._next())
        return False, names

    def _known(self, name: str) -> None:
        entity, fields = self._entity, ENTITIES[self._entity].fields
        *relations, last = name.split(".")
        for relation in relations:
            entity = next((one.target for one in fields.values() if one.relation == relation), "")
            if not entity:
                raise Fault("INVALID_FIELD", f"Didn't understand relationship '{relation}' in field path.")
            fields = ENTITIES[entity].fields
        if last not in fields:
            raise Fault("INVALID_FIELD", f"No such column '{last}' on entity '{entity}'.")

    def _any(self) -> Test:
        tests = [self._all()]
        while self._skip("OR"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda body: any(test(body) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._skip("AND"):
            tests.append(self._one())
        return lambda body: all(test(body) for test in tests)

    def _one(self) -> Test:
        if self._skip("("):
            inner = self._any()
            self._take(")")
            return inner
        name = self._next()
        self._known(name)
        operator = self._next().upper()
        if operator == "IN":
            self._take("(")
            wanted = [self._value()]
            while self._skip(","):
                wanted.append(self._value())
            self._take(")")
            return lambda body: any(_holds(self._follow(body, name), "=", one) for one in wanted)
        if operator not in ("=", "!=", "<", ">", "<=", ">=", "LIKE"):
            raise self._unexpected()
        value = self._value()
        return lambda body: _holds(self._follow(body, name), operator, value)

    def _value(self) -> Any:
        token = self._next()
        if token.startswith("'"):
            return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), token[1:-1])
        if "T" in token and token[:4].isdigit():
            return datetime.fromisoformat(token).astimezone(UTC)
        if re.fullmatch(r"\d{4}-\d\d-\d\d", token):
            return date.fromisoformat(token)
        if token.lower() in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[token.lower()]
        if re.fullmatch(r"-?\d+(\.\d+)?", token):
            return Decimal(token)
        raise Fault("MALFORMED_QUERY", f"unexpected token: '{token}'")

    def _ordering(self) -> tuple[str, bool]:
        name = self._next()
        self._known(name)
        descending = self._skip("DESC")
        if not descending:
            self._skip("ASC")
        return name, descending


def _holds(value: Any, operator: str, wanted: Any) -> bool:
    if operator == "LIKE":
        pattern = "".join({"%": ".*", "_": "."}.get(one, re.escape(one)) for one in str(wanted))
        return re.fullmatch(pattern, str(value or ""), re.IGNORECASE | re.DOTALL) is not None
    left, right = comparable(value), comparable(wanted)
    if isinstance(value, str) and isinstance(wanted, datetime):
        left = (3, datetime.fromisoformat(value).timestamp())
    elif isinstance(value, str) and isinstance(wanted, str) and len(value) == 18 and len(wanted) == 15:
        left = comparable(value[:15])
    if operator in ("=", "!="):
        return (left == right) == (operator == "=")
    if left[0] != right[0]:
        return False
    return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[operator]


def comparable(value: Any) -> tuple[int, Any]:
    """A value that sorts among others of its kind: nothing, numbers, days, instants, texts without regard to case."""
    if value is None:
        return 0, 0
    if isinstance(value, (bool, int, float, Decimal)):
        return 1, Decimal(str(float(value)))
    if isinstance(value, datetime):
        return 3, value.timestamp()
    return 4, (value.isoformat() if isinstance(value, date) else str(value)).casefold()
