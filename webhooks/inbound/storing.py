"""A call and its events, written in one statement on PostgreSQL; what is known already is not written again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from connectors.base.webhooks import Handshake, Hint, Unreadable
from integrations.core.ids import uuid7
from integrations.records.values import BAD_TEXT
from webhooks.models import InboundEvent, InboundStatus

KEY_LIMIT = 200


@dataclass(frozen=True)
class NewEvent:
    """An event to store. `integration_id` is None for one that nobody owns."""

    integration_id: UUID | None
    hint: Hint
    dedupe_key: str
    digest: str
    code: str = ""

    @property
    def status(self) -> str:
        """Where it starts: what concerns nobody, or no object of ours, is only kept."""
        asks = self.integration_id and (self.hint.resource or self.hint.kind == InboundEvent.HANDSHAKE)
        return InboundStatus.PENDING if asks else InboundStatus.IGNORED


@dataclass(frozen=True)
class NewRequest:
    """The call that the events came with; `headers` and `body` without secrets."""

    provider: str
    integration_id: UUID | None
    path: str
    content_type: str
    headers: dict[str, str]
    body: bytes
    size: int


@dataclass(frozen=True)
class Outcome:
    """What became of the events: `conflicting` with one of the same key that said something else; `wakes`: whether any
    is to be followed."""

    conflicting: tuple[NewEvent, ...]
    wakes: bool


def check(hint: Hint) -> None:
    """Unreadable when the facts of a hint have no place in our columns."""
    ids = (hint.remote_id, hint.merged_into)
    texts = (hint.resource, *ids, hint.kind, hint.dedupe_key, hint.account, hint.at, hint.version)
    if not all(isinstance(text, str) for text in texts) or not isinstance(hint.deleted, bool):
        raise Unreadable("Une donnée n’est pas du type que le fournisseur documente.")
    if max(map(len, (*ids, hint.account))) > 200 or len(hint.resource) > 60 or not hint.dedupe_key:
        raise Unreadable("Un identifiant est vide ou trop long.")
    if BAD_TEXT.search("".join(texts)):
        raise Unreadable("Un identifiant contient des caractères qui n’ont pas de sens.")


def event_of(hint: Hint, integration_id: UUID | None, realm: str, body: bytes | None) -> NewEvent:
    """The event of a checked hint. `realm` keeps the keys of strangers apart where there is no integration. `body`: for
    providers that repeat a call byte for byte."""
    told = [hint.resource, hint.remote_id, hint.kind, hint.account, hint.deleted, hint.at, hint.version]
    facts = json.dumps([*told, hint.merged_into] if hint.merged_into else told)
    key = hint.dedupe_key if len(hint.dedupe_key) <= KEY_LIMIT else _digest(hint.dedupe_key.encode())
    scope = integration_id.hex if integration_id else realm
    return NewEvent(integration_id, hint, f"{scope}:{key}", _digest(facts.encode() if body is None else body))


def handshake_event(handshake: Handshake, integration_id: UUID) -> NewEvent:
    """The event by which the loop gives the code back; Unreadable when its facts have no place in our columns."""
    check(Hint("", handshake.remote_id, handshake.code, "key", handshake.account))
    if len(handshake.code) > KEY_LIMIT:
        raise Unreadable("Le code de vérification est trop long.")
    key = _digest(json.dumps([handshake.remote_id, handshake.code]).encode())
    kind = InboundEvent.HANDSHAKE
    hint = Hint("", handshake.remote_id, kind, f"{kind}:{key}", handshake.account)
    made = event_of(hint, integration_id, "", None)
    return NewEvent(integration_id, hint, made.dedupe_key, made.digest, handshake.code)


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _instant(text: str) -> str | None:
    """An ISO instant as the database takes it, None when it is none."""
    try:
        at = datetime.fromisoformat(text)
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at.isoformat() if connection.vendor == "postgresql" else at.replace(tzinfo=None).isoformat(" ")


def store(request: NewRequest, events: Sequence[NewEvent], to_note: Collection[UUID]) -> Outcome:
    """Write the call with those of its events that are new; nothing when none is. `to_note`: integrations whose last
    call is to be noted."""
    unique: dict[str, NewEvent] = {}
    conflicting = [event for event in events if unique.setdefault(event.dedupe_key, event).digest != event.digest]
    new = _insert(request, list(unique.values()), to_note)
    if known := [event for key, event in unique.items() if key not in new]:
        digests = _digests(request.provider, [event.dedupe_key for event in known])
        conflicting += [event for event in known if digests.get(event.dedupe_key, event.digest) != event.digest]
    wakes = any(unique[key].status == InboundStatus.PENDING for key in new)
    return Outcome(tuple(conflicting), wakes)


def _insert(request: NewRequest, events: Sequence[NewEvent], to_note: Collection[UUID]) -> set[str]:
    """The keys of the events that were written."""
    encrypt = InboundEvent._meta.get_field("handshake_code").encrypt
    call_id = uuid7().hex
    rows = [
        [
            uuid7().hex,
            event.integration_id.hex if event.integration_id else None,
            event.hint.account,
            event.hint.resource,
            event.hint.remote_id,
            event.hint.kind[:120],
            event.hint.deleted,
            _instant(event.hint.at),
            event.hint.version[:120],
            event.hint.merged_into,
            event.dedupe_key,
            event.digest,
            event.status,
            encrypt(event.code) if event.code else None,
        ]
        for event in events
    ]
    given = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    owner = request.integration_id.hex if request.integration_id else None
    head = json.dumps(request.headers, ensure_ascii=False)
    call = [
        call_id,
        request.provider,
        owner,
        request.path,
        request.content_type[:200],
        head,
        request.body,
        request.size,
    ]
    noted = [integration_id.hex for integration_id in to_note]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_POSTGRESQL, [call_id, request.provider, given, *call, json.dumps(noted)])
            return {row[0] for row in cursor.fetchall()}
    return _insert_sqlite(call, given, noted)


_COLUMNS = """
(id, integration_id, account, resource, remote_id, kind, deleted, happened_at, version, merged_into, dedupe_key,
 body_digest, status, handshake_code, next_at, request_id, provider, attempts, lease_owner, code, message)
"""
_CALL = "(id, provider, integration_id, path, content_type, headers, body, size)"

# The events' reference to the call is looked at when the transaction ends: their order is free.
_POSTGRESQL = f"""
WITH stored AS (
    INSERT INTO webhooks_inboundevent {_COLUMNS}
    SELECT (v->>0)::uuid, (v->>1)::uuid, v->>2, v->>3, v->>4, v->>5, (v->>6)::boolean, (v->>7)::timestamptz, v->>8,
           v->>9, v->>10, v->>11, v->>12, v->>13, CASE v->>12 WHEN 'pending' THEN statement_timestamp() END,
           %s::uuid, %s, 0, '', '', ''
    FROM jsonb_array_elements(%s::jsonb) AS given(v)
    ON CONFLICT (provider, dedupe_key) DO NOTHING
    RETURNING dedupe_key
), call AS (
    INSERT INTO webhooks_inboundrequest {_CALL}
    SELECT %s::uuid, %s, %s::uuid, %s, %s, %s::jsonb, %s::bytea, %s WHERE EXISTS (SELECT FROM stored)
), noted AS (
    UPDATE webhooks_inboundsubscription SET last_call_at = statement_timestamp()
    WHERE integration_id IN (SELECT v::uuid FROM jsonb_array_elements_text(%s::jsonb) AS given(v))
)
SELECT dedupe_key FROM stored
"""  # noqa: S608 - constants
_PICKED = ", ".join(f"json_extract(given.value, '$[{n}]')" for n in range(14))
_SQLITE_EVENTS = f"""
INSERT INTO webhooks_inboundevent {_COLUMNS}
SELECT {_PICKED}, CASE json_extract(given.value, '$[12]') WHEN 'pending' THEN %s END, %s, %s, 0, '', '', ''
FROM json_each(%s) AS given WHERE true
ON CONFLICT (provider, dedupe_key) DO NOTHING
RETURNING dedupe_key
"""  # noqa: S608 - constants
_SQLITE_CALL = f"INSERT INTO webhooks_inboundrequest {_CALL} VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"  # noqa: S608
_SQLITE_NOTED = """
UPDATE webhooks_inboundsubscription SET last_call_at = %s WHERE integration_id IN (SELECT value FROM json_each(%s))
"""


def _insert_sqlite(call: list[Any], given: str, noted: list[str]) -> set[str]:
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQLITE_EVENTS, [now, call[0], call[1], given])
        stored = {row[0] for row in cursor.fetchall()}
        if stored:
            cursor.execute(_SQLITE_CALL, call)
        if noted:
            cursor.execute(_SQLITE_NOTED, [now, json.dumps(noted)])
    return stored


def _digests(provider: str, known: Sequence[str]) -> dict[str, str]:
    rows = InboundEvent.objects.filter(provider=provider, dedupe_key__in=known)
    return dict(rows.values_list("dedupe_key", "body_digest"))
