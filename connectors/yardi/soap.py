"""SOAP 1.1 as Voyager speaks it: envelopes by template, answers as plain dictionaries.

An element without children or attributes is its text; any other is a dict of its children by name without namespace,
a list where a name repeats, attributes under "@name" and its own text under "#text".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from connectors.base.errors import Malformed
from connectors.base.resource import dig

NAMESPACE = "http://tempuri.org/YSI.Interfaces.WebServices"
SERVICE_REQUESTS, COMMON_DATA = "ItfServiceRequests", "ItfCommonData"
# On one line: a server was seen to fail on line breaks.
ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap:Envelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
    '<soap:Body><{operation} xmlns="{namespace}">{content}</{operation}></soap:Body></soap:Envelope>'
)
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "", "\n": "&#10;", "\t": "&#9;"}


def escape(value: Any) -> str:
    """A value as text of an element: without what XML cannot hold, line breaks as references."""
    return "".join(_ESCAPES.get(sign, sign) for sign in _FORBIDDEN.sub("", str(value)))


def elements(values: Mapping[str, Any], namespace: bool = False) -> str:
    """Elements in the order of the dict. `namespace`: undo the default namespace, for a document of its own."""
    mark = ' xmlns=""' if namespace else ""
    return "".join(
        f"<{name}{mark}>{elements(value) if isinstance(value, Mapping) else escape(value)}</{name}>"
        for name, value in values.items()
    )


def envelope(interface: str, operation: str, content: str) -> bytes:
    """The request of one operation."""
    namespace = f"{NAMESPACE}/{interface}"
    return ENVELOPE.format(operation=operation, namespace=namespace, content=content).encode()


def action(interface: str, operation: str) -> str:
    """The value of SOAPAction."""
    return f'"{NAMESPACE}/{interface}/{operation}"'


def parse(body: bytes) -> dict[str, Any]:
    """The content of an envelope; ValueError when the bytes are none."""
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException) as error:
        raise ValueError(str(error)) from error
    content = _value(root)
    if _name(root.tag) != "Envelope" or not isinstance(content, dict):
        raise ValueError("not an envelope")
    return content


def result(data: Any, operation: str) -> dict[str, Any]:
    """The document in the answer to an operation, {} when the result is empty. Malformed when there is no result."""
    answer = dig(data, f"Body.{operation}Response")
    if not isinstance(answer, dict):
        # An empty response element is an empty result.
        if answer == "":
            return {}
        raise Malformed(
            f"La réponse de Yardi à « {operation} » n’a pas la forme prévue. Vérifiez l’adresse de base, puis la "
            "version de l’interface avec Yardi."
        )
    found = answer.get(f"{operation}Result")
    if isinstance(found, str) and found.strip():
        # Some operations answer with a mere text: an error, or a message.
        return {"#text": found.strip()}
    return found if isinstance(found, dict) else {}


def fault(data: Any) -> str | None:
    """The words of a SOAP fault, None when there is none."""
    found = dig(data, "Body.Fault")
    if found is None:
        return None
    return text(dig(found, "faultstring")) or "SOAP Fault"


def error_texts(data: Any) -> list[str]:
    """What stands in elements named Error…, wherever they are."""
    if isinstance(data, list):
        return [said for one in data for said in error_texts(one)]
    if not isinstance(data, dict):
        return []
    found: list[str] = []
    for name, value in data.items():
        if name.lower().startswith("error"):
            found += list(_texts(value))
        else:
            found += error_texts(value)
    return found


def messages(data: Any) -> list[str]:
    """Errors of an answer, and a result that is a mere text: no operation that we call answers well with one."""
    body = data.get("Body") if isinstance(data, dict) else None
    answers = [one for one in body.values() if isinstance(one, dict)] if isinstance(body, dict) else []
    bare = [value for one in answers for value in one.values() if isinstance(value, str) and value.strip()]
    return error_texts(data) or bare


def every(data: Any, name: str) -> list[dict[str, Any]]:
    """All elements of that name, however deep, as dicts; none is looked for inside another of the same name."""
    if isinstance(data, list):
        return [found for one in data for found in every(one, name)]
    if not isinstance(data, dict):
        return []
    found = []
    for key, value in data.items():
        if key == name:
            found += [one if isinstance(one, dict) else {"#text": one} for one in as_list(value)]
        else:
            found += every(value, name)
    return found


def as_list(value: Any) -> list[Any]:
    """An element that may repeat: none, one or many."""
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def text(value: Any) -> str:
    """The text of an element, with or without attributes."""
    return str(value.get("#text") or "") if isinstance(value, dict) else str(value or "")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value.strip():
            yield value.strip()
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)


def _value(element: Element) -> Any:
    content: dict[str, Any] = {f"@{_name(name)}": value for name, value in element.attrib.items()}
    for child in element:
        name, value = _name(child.tag), _value(child)
        if name in content:
            before = content[name]
            content[name] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            content[name] = value
    own = (element.text or "").strip()
    if not content:
        return own
    return {**content, "#text": own} if own else content


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]
