"""Square’s own OpenAPI document as a judge of requests and answers."""

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

SPECIFICATION = Path(__file__).with_name("api.trimmed.json")


class OffContract(AssertionError):
    """Something that the document does not allow."""


@cache
def document() -> Any:
    """The document, its `nullable` said in JSON Schema."""
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


def operation(seen: Traffic) -> tuple[str, str, Any]:
    """Path template, method and operation of a request; literal paths before those with ids."""
    templates = sorted(document()["paths"], key=lambda template: template.count("{"))
    for template in templates:
        if re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", template), seen.path):
            method = seen.method.lower()
            if method in document()["paths"][template]:
                return template, method, document()["paths"][template][method]
    raise OffContract(f"{seen.method} {seen.path} is not in the document")


def check(seen: Traffic) -> None:
    """Raise when the request or its answer leaves the contract. A request that was refused as wrong is not judged; an
    answer that a fault switch made is not the contract's. Errors have one form everywhere."""
    _, _, found = operation(seen)
    if seen.status < 400:
        _check_request(seen, found)
    if "X-Simulator-Fault" in seen.answer_headers:
        return
    body = json.loads(seen.answer)
    if seen.status == 200:
        _judge(_schema(found["responses"]["200"]), body, f"answer to {seen.method} {seen.path}")
        return
    if not body.get("errors"):
        raise OffContract(f"answer to {seen.method} {seen.path}: no errors in {seen.status}")
    for error in body["errors"]:
        _judge({"$ref": "urn:spec#/components/schemas/Error"}, error, f"error of {seen.method} {seen.path}")


def _schema(holder: Any) -> Any:
    schema = holder["content"]["application/json"]["schema"]
    return {"$ref": f"urn:spec{schema['$ref']}"} if "$ref" in schema else schema


def _known(schema: Any) -> set[str]:
    """The members that a schema names; the document closes none of its objects."""
    while "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return set(schema.get("properties", {}))


def _check_request(seen: Traffic, found: Any) -> None:
    if seen.path.startswith("/v2/") and seen.headers.get("Square-Version", "2025-08-20") != "2025-08-20":
        raise OffContract("another version")
    allowed = {one["name"] for one in found.get("parameters", []) if one["in"] == "query"}
    for name, _ in parse_qsl(seen.query, keep_blank_values=True):
        if name not in allowed:
            raise OffContract(f"{seen.method} {seen.path}: parameter {name} is not in the document")
    if "requestBody" not in found:
        if seen.body.strip():
            raise OffContract(f"{seen.method} {seen.path}: a body where none is taken")
        return
    body, schema = json.loads(seen.body or b"{}"), _schema(found["requestBody"])
    if strange := set(body) - _known(schema):
        raise OffContract(f"{seen.method} {seen.path}: {strange} is not in the document")
    _judge(schema, body, f"{seen.method} {seen.path}")


def _judge(schema: Any, value: Any, where: str) -> None:
    errors = list(Draft4Validator(schema, registry=_registry()).iter_errors(value))
    if errors:
        worst = min(errors, key=lambda error: len(error.absolute_path))
        raise OffContract(f"{where}: {list(worst.absolute_path)} {worst.message[:600]}")
