"""Reading the body of a provider's call: whatever it holds gives values that can be stored, or Unreadable.

An authentic call may still be strange: a new kind of event, a missing id, a text that no database takes. What a single
event lacks must not cost the other ones of its call, so that a value which is none is "" here, never an exception.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.base import jsontext
from connectors.base.webhooks import Unreadable

WORD = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def json_of(body: bytes) -> Any:
    """The JSON of a body in UTF-8."""
    try:
        return jsontext.loads(body.decode())
    except (ValueError, RecursionError):
        raise Unreadable("Le contenu de l’appel n’est pas du JSON valable en UTF-8.") from None


def objects(value: Any) -> list[dict[str, Any]]:
    """A list of JSON objects."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Unreadable("Le contenu de l’appel n’a pas la forme que le fournisseur documente.")
    return value


def member(value: Any, name: str) -> dict[str, Any]:
    """The object that stands under a name, {} when there is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def word(value: Any, limit: int = WORD) -> str:
    """An id or a name as text, "" when it is none: empty, too long, or with signs that are not written."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.isprintable() or len(value) > limit:
        return ""
    return value.strip()


def instant(value: Any) -> str:
    """An ISO 8601 text as one in UTC, "" when it is none. Without an offset it is taken to be in UTC."""
    try:
        moment = datetime.fromisoformat(value)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return ""
    return _text(moment)


def of_milliseconds(value: Any) -> str:
    """Milliseconds since 1970 as ISO 8601, "" when they are none."""
    if not isinstance(value, int) or isinstance(value, bool):
        return ""
    try:
        return _text(_EPOCH + timedelta(milliseconds=value))
    except OverflowError:
        return ""


def key(*parts: str) -> str:
    """A dedupe key of these parts; of their digest where it would be too long to store."""
    whole = ":".join(parts)
    return whole if len(whole) <= WORD else digest(whole)


def digest(value: Any) -> str:
    """The same for the same JSON value, whatever the order of its members: the key of an event that has none."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
