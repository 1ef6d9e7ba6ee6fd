"""SOAP on the fake's side: what a request asks, and documents as XML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from defusedxml.ElementTree import ParseError, fromstring
from flask import Response

NAMESPACES = "http://tempuri.org/YSI.Interfaces.WebServices"
_OPEN = (
    '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body>'
)
_CLOSE = "</soap:Body></soap:Envelope>"
_ROOT = re.compile(r"^<(\w+)")


@dataclass
class Asked:
    """One operation: its interface, name, text arguments, and the element of a document argument."""

    interface: str
    operation: str
    arguments: dict[str, str]
    document: Any = None


def read(interface: str, action: str, body: bytes) -> Asked:
    """What the request asks; ValueError with a server's words when it cannot be served."""
    try:
        envelope = fromstring(body)
    except ParseError as error:
        raise ValueError(f"Unable to read the request: {error}") from error
    content = next((one for one in envelope if local(one.tag) == "Body"), None)
    element = next(iter(content), None) if content is not None else None
    namespace = f"{NAMESPACES}/{interface}"
    if element is None or element.tag != f"{{{namespace}}}{local(element.tag)}":
        raise ValueError("Server did not recognize the request element.")
    operation = local(element.tag)
    if action.strip('"') != f"{namespace}/{operation}":
        raise ValueError(f"Server did not recognize the value of HTTP Header SOAPAction: {action}.")
    texts = {local(one.tag): (one.text or "") for one in element if not len(one)}
    document = next((one[0] for one in element if len(one)), None)
    return Asked(interface, operation, texts, document)


def text_of(value: Any) -> str:
    """The text of an element that may have attributes."""
    return str(value.get("#text", "") if isinstance(value, dict) else value or "")


def fields(element: Any) -> dict[str, str]:
    """The texts of an element's children."""
    return {local(one.tag): (one.text or "").strip() for one in element}


def xml(name: str, value: Any) -> str:
    """An element: texts, dicts of children (attributes as @name, own text as #text), lists of elements."""
    if isinstance(value, list):
        return "".join(xml(name, one) for one in value)
    if not isinstance(value, dict):
        return f"<{name}>{escape(str(value))}</{name}>" if value not in (None, "") else f"<{name}/>"
    marks = "".join(f" {key[1:]}={quoteattr(str(one))}" for key, one in value.items() if key.startswith("@"))
    inner = escape(str(value.get("#text", "")))
    inner += "".join(xml(key, one) for key, one in value.items() if key[0] not in "@#")
    return f"<{name}{marks}>{inner}</{name}>" if inner else f"<{name}{marks}/>"


def answer(asked: Asked, result: str) -> Response:
    """The envelope around a result: a document, a mere text, or nothing."""
    name, namespace = asked.operation, f"{NAMESPACES}/{asked.interface}"
    # The document has no namespace of its own.
    inner = f"<{name}Result>{_named(result)}</{name}Result>"
    return _response(f'{_OPEN}<{name}Response xmlns="{namespace}">{inner}</{name}Response>{_CLOSE}', 200)


def fault(words: str, code: str = "soap:Server") -> Response:
    """A SOAP fault, with its status 500."""
    inner = f"<faultcode>{code}</faultcode><faultstring>{escape(words)}</faultstring><detail/>"
    return _response(f"{_OPEN}<soap:Fault>{inner}</soap:Fault>{_CLOSE}", 500)


def local(tag: str) -> str:
    """A name without its namespace."""
    return tag.rpartition("}")[2]


def _response(text: str, status: int) -> Response:
    return Response(text, status, content_type="text/xml; charset=utf-8")


def _named(result: str) -> str:
    return _ROOT.sub(r'<\1 xmlns=""', result, count=1)
