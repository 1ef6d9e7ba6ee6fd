"""Stripe's own OpenAPI document as a judge of requests (forms) and answers."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft4Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from tests.connectors.traffic import Traffic

SPECIFICATION = Path(__file__).with_name("spec3.trimmed.json")
_STEP = re.compile(r"\[([^\]]*)\]")


class OffContract(AssertionError):
    """Something that the document does not allow."""


@cache
def document() -> Any:
    """The document, its `nullable` said in JSON Schema: Stripe also puts it beside `anyOf`."""
    return _plain(json.loads(SPECIFICATION.read_text(encoding="utf-8")))


def _plain(node: Any) -> Any:
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    inner = {name: _plain(value) for name, value in node.items() if name != "nullable"}
    return {"anyOf": [{"enum": [None]}, inner]} if node.get("nullable") is True else inner


@cache
def _registry() -> Registry[Any]:
    return Registry().with_resource("urn:spec", DRAFT4.create_resource(document()))


@cache
def _validator(pointer: str) -> Draft4Validator:
    return Draft4Validator({"$ref": f"urn:spec#{pointer}"}, registry=_registry())


def nested(text: str) -> dict[str, Any]:
    """A form or query with brackets as nested values."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        top = name.partition("[")[0]
        steps = [top, *_STEP.findall(name[len(top) :])]
        place = tree
        for step in steps[:-1]:
            place = place.setdefault(step, {})
        place[steps[-1]] = value
    return tree


def _typed(schema: Any, value: Any) -> Any:
    """The text values as the schema's types, as far as they can be."""
    if "anyOf" in schema:
        for branch in schema["anyOf"]:
            found = _typed(branch, value)
            if Draft4Validator(branch, registry=_registry()).is_valid(found):
                return found
        return value
    kind = schema.get("type")
    if kind == "integer" and isinstance(value, str) and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    if kind == "array" and isinstance(value, dict):
        return [_typed(schema["items"], value[name]) for name in sorted(value, key=int)]
    if kind == "object" and isinstance(value, dict):
        inner = schema.get("properties", {})
        return {name: _typed(inner.get(name, {}), part) for name, part in value.items()}
    return value


def operation(seen: Traffic) -> tuple[str, str, Any]:
    """Path template, method and operation of a request."""
    for template, methods in document()["paths"].items():
        pattern = re.sub(r"\{\w+\}", r"[^/]+", template)
        literal = "{" not in template
        if re.fullmatch(pattern, seen.path) and (literal or seen.path.rsplit("/", 1)[1] != "search"):
            method = seen.method.lower()
            if method in methods:
                return template, method, methods[method]
    raise OffContract(f"{seen.method} {seen.path} is not in the document")


def check(seen: Traffic) -> None:
    """Raise when the request or its answer leaves the contract. A request that was refused as wrong is not judged; an
    answer that a fault switch made is not the contract's."""
    template, method, found = operation(seen)
    if seen.status < 400:
        _check_request(seen, found)
    if "X-Simulator-Fault" in seen.answer_headers:
        return
    status = "200" if seen.status == 200 else "default"
    pointer = "/".join(
        part.replace("~", "~0").replace("/", "~1")
        for part in ("", "paths", template, method, "responses", status, "content", "application/json", "schema")
    ).replace("~1paths", "/paths", 1)
    errors = list(_validator(pointer).iter_errors(json.loads(seen.answer)))
    if errors:
        worst = min(errors, key=lambda error: len(error.absolute_path))
        raise OffContract(f"answer to {seen.method} {seen.path}: {list(worst.absolute_path)} {worst.message[:600]}")


def _check_request(seen: Traffic, found: Any) -> None:
    if seen.headers.get("Stripe-Version", "") not in ("", "2023-08-16"):
        raise OffContract("another version")
    allowed = {one["name"]: one["schema"] for one in found.get("parameters", []) if one["in"] == "query"}
    query = nested(seen.query)
    for name, value in query.items():
        if name not in allowed:
            raise OffContract(f"{seen.method} {seen.path}: parameter {name} is not in the document")
        _judge(allowed[name], _typed(allowed[name], value), f"{seen.path}?{name}")
    if seen.method == "POST":
        schema = found["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        _judge(schema, _typed(schema, nested(seen.body.decode())), f"POST {seen.path}")


def _judge(schema: Any, value: Any, where: str) -> None:
    errors = list(Draft4Validator(schema, registry=_registry()).iter_errors(value))
    if errors:
        raise OffContract(f"{where}: {errors[0].message[:600]}")
