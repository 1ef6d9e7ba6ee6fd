"""How FreshBooks calls: a form about one object. Not the body is signed, but a JSON text of its fields."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from urllib.parse import parse_qsl

from connectors.base import hints
from connectors.base.signatures import HmacBase64
from connectors.base.webhooks import Call, Handshake, Hint, Unreadable, Webhooks

MOST_FIELDS = 50
VERIFY = "callback.verify"
NOUNS = {"client": "clients", "invoice": "invoices", "payment": "payments"}
"""A callback for a noun is told of all its verbs."""
WINDOW = 1.0
"""Seconds within which the same words are the same event: they hold neither an id nor a time."""


@dataclass(frozen=True)
class HmacOfForm(HmacBase64):
    """HMAC-SHA256 in base64 of the form's fields as a flat JSON object, in the order received, every value a text,
    non-ASCII escaped. The key is the verifier code of one callback; a secret is "<callback's id>:<code>"."""

    header: str = "X-FreshBooks-Hmac-SHA256"

    def key(self, secret: str) -> bytes:
        """The verifier code."""
        return secret.removeprefix(f"{own_id_of(secret)}:").encode()

    def signed(self, body: bytes, url: str) -> bytes:
        """The JSON text."""
        return signed_text(body)


def secret_of(own_id: str, code: str) -> str:
    """A callback's code, with the callback that it is of."""
    return f"{own_id}:{code}"


def own_id_of(secret: str) -> str:
    """The callback that a secret is of, "" when it does not say."""
    own_id, colon, _ = secret.partition(":")
    return own_id if colon and own_id.isascii() and own_id.isdigit() else ""


def signed_text(body: bytes) -> bytes:
    """What is signed of a form body; ValueError when it has more fields than any event."""
    pairs = parse_qsl(body.decode("utf-8", errors="replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    return json.dumps(dict(pairs)).encode()


def parse(call: Call) -> list[Hint]:
    """One event about one object. Two changes of an object look alike, and the second must not be lost: only what comes
    at the same moment is taken for a repetition."""
    form = _form(call.body)
    name, own, account = (hints.word(form.get(one)) for one in ("name", "object_id", "account_id"))
    noun, _, verb = name.partition(".")
    if not name or not own:
        raise Unreadable("L’événement de FreshBooks ne dit pas son nom ou son objet.")
    if name == VERIFY:
        return []
    resource = NOUNS.get(noun, "")
    at = str(int(time.time() / WINDOW))
    return [
        Hint(
            resource=resource,
            remote_id=own if resource else "",
            kind=name,
            dedupe_key=hints.key(account, name, own, at),
            account=account,
            deleted=bool(resource) and verb == "delete",
        )
    ]


def handshake(call: Call) -> Handshake | None:
    """The post that follows a registration: its verifier is to be given back. It may be unsigned."""
    try:
        form = _form(call.body)
    except Unreadable:
        return None
    own, account, code = (hints.word(form.get(one)) for one in ("object_id", "account_id", "verifier"))
    return Handshake(account, own, code) if form.get("name") == VERIFY and own and account and code else None


def _form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise Unreadable("Le contenu de l’appel n’est pas un formulaire que l’on sait lire.") from None


WEBHOOKS = Webhooks(
    scheme=HmacOfForm(),
    parse=parse,
    secret="subscribed",
    resources=tuple(NOUNS.values()),
    subscribes=True,
    content_types=("application/x-www-form-urlencoded",),
    handshake=handshake,
)
