"""The raw bytes of a call and its headers, whatever the caller claims about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from webhooks.inbound.refusals import Refusal

CHUNK = 64 * 1024


def headers_of(request: HttpRequest) -> dict[str, str]:
    """The headers by lower-case name; of a repeated one, the values joined by commas, as servers hand them over."""
    meta = request.META
    headers = {name[5:].replace("_", "-").lower(): str(meta[name]) for name in meta if name.startswith("HTTP_")}
    if meta.get("CONTENT_TYPE"):
        headers["content-type"] = meta["CONTENT_TYPE"]
    return headers


def media_type(request: HttpRequest) -> str:
    """The content type without its parameters, in lower case."""
    return str(request.META.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()


def announced_size(request: HttpRequest) -> int | None:
    """What Content-Length says, None when it is missing or no number."""
    given = str(request.META.get("CONTENT_LENGTH") or "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else None


def read_body(request: HttpRequest, limit: int) -> bytes:
    """The body; Refusal as soon as it is known to be longer than `limit`, or when it ends before its announced end.

    Not `request.body`: that knows no limit of ours, and takes a chunked body (which has no length) for an empty one.
    """
    size = announced_size(request)
    if size is not None and size > limit:
        raise Refusal("too_large")
    meta: Mapping[str, Any] = request.META
    if size is None and not meta.get("wsgi.input_terminated"):
        return b""
    wanted = limit + 1 if size is None else size
    parts: list[bytes] = []
    try:
        while wanted > 0 and (part := meta["wsgi.input"].read(min(CHUNK, wanted))):
            parts.append(part)
            wanted -= len(part)
    except OSError:  # what servers raise when the caller goes away or sends nonsense between chunks
        raise Refusal("cut_short") from None
    body = b"".join(parts)
    if len(body) > limit:
        raise Refusal("too_large")
    if size is not None and len(body) < size:
        raise Refusal("cut_short")
    return body
