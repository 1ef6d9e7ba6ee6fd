"""The simulator's memory: one SQLite file, so that it survives a restart."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    provider TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    reference TEXT, updated_at TEXT NOT NULL, deleted_at TEXT, body TEXT NOT NULL,
    PRIMARY KEY (provider, kind, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS objects_by_change ON objects (provider, kind, updated_at, id);
CREATE UNIQUE INDEX IF NOT EXISTS objects_by_reference ON objects (provider, kind, reference)
    WHERE reference IS NOT NULL AND deleted_at IS NULL;
CREATE TABLE IF NOT EXISTS settings (provider TEXT, name TEXT, value TEXT, PRIMARY KEY (provider, name));
CREATE TABLE IF NOT EXISTS answers (
    provider TEXT, key TEXT, fingerprint TEXT, at TEXT, status INTEGER, body TEXT, PRIMARY KEY (provider, key)
);
CREATE TABLE IF NOT EXISTS requests (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, provider TEXT, at TEXT, method TEXT, path TEXT, query TEXT, status INTEGER
);
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY AUTOINCREMENT, provider TEXT, path TEXT, method TEXT, kind TEXT, remaining INTEGER,
    options TEXT
);
CREATE TABLE IF NOT EXISTS deliveries (
    id TEXT PRIMARY KEY, provider TEXT, endpoint TEXT, body BLOB, attempts INTEGER, next_at TEXT, status INTEGER,
    content_type TEXT
);
"""
_TABLES = ("objects", "settings", "answers", "requests", "faults", "deliveries")


class Store:
    """Objects of every provider, and what the kit keeps beside them. Safe for threads: one statement at a time."""

    def __init__(self, path: str) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA busy_timeout=5000;" + _SCHEMA)
        if "content_type" not in [row["name"] for row in self._db.execute("PRAGMA table_info(deliveries)")]:
            self._db.execute("ALTER TABLE deliveries ADD COLUMN content_type TEXT")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and nobody else in between. Not to be nested."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def execute(self, sql: str, values: Iterable[Any] = ()) -> list[sqlite3.Row]:
        """Run one statement and answer its rows."""
        with self._lock:
            return self._db.execute(sql, tuple(values)).fetchall()

    def clear(self, provider: str) -> None:
        """Forget everything about a provider."""
        with self._lock:
            for table in _TABLES:
                self._db.execute(f"DELETE FROM {table} WHERE provider = ?", (provider,))  # noqa: S608 - our own names

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    # Objects

    def put(self, provider: str, kind: str, *bodies: dict[str, Any]) -> None:
        """Insert or replace objects; each has at least id and updated_at."""
        with self._lock:
            self._db.executemany(
                "INSERT INTO objects (provider, kind, id, reference, updated_at, deleted_at, body) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (provider, kind, id) DO UPDATE SET "
                "reference = excluded.reference, updated_at = excluded.updated_at, "
                "deleted_at = excluded.deleted_at, body = excluded.body",
                [
                    (
                        provider,
                        kind,
                        body["id"],
                        body.get("reference_id"),
                        body["updated_at"],
                        body.get("deleted_at"),
                        json.dumps(body, ensure_ascii=False),
                    )
                    for body in bodies
                ],
            )

    def get(self, provider: str, kind: str, object_id: str) -> dict[str, Any] | None:
        """The object, tombstone or not."""
        return self._one("id = ?", (provider, kind, object_id))

    def by_reference(self, provider: str, kind: str, reference: str) -> dict[str, Any] | None:
        """The live object that carries the caller's reference."""
        return self._one("reference = ? AND deleted_at IS NULL", (provider, kind, reference))

    def _one(self, where: str, values: tuple[str, ...]) -> dict[str, Any] | None:
        rows = self.execute(f"SELECT body FROM objects WHERE provider = ? AND kind = ? AND {where}", values)  # noqa: S608
        return json.loads(rows[0]["body"]) if rows else None

    def select(
        self, provider: str, kind: str, where: str = "1", values: Iterable[Any] = (), limit: int = -1
    ) -> list[dict[str, Any]]:
        """Objects in order of change then id. `where` is our own SQL, never a caller's text."""
        rows = self.execute(
            f"SELECT body FROM objects WHERE provider = ? AND kind = ? AND {where} "  # noqa: S608
            "ORDER BY updated_at, id LIMIT ?",
            (provider, kind, *values, limit),
        )
        return [json.loads(row["body"]) for row in rows]

    def counts(self, provider: str) -> dict[str, int]:
        """Live objects by kind."""
        rows = self.execute(
            "SELECT kind, COUNT(*) AS n FROM objects WHERE provider = ? AND deleted_at IS NULL GROUP BY kind",
            (provider,),
        )
        return {row["kind"]: row["n"] for row in rows}

    # Named values

    def get_value(self, provider: str, name: str, default: Any = None) -> Any:
        """A named JSON value."""
        rows = self.execute("SELECT value FROM settings WHERE provider = ? AND name = ?", (provider, name))
        return json.loads(rows[0]["value"]) if rows else default

    def set_value(self, provider: str, name: str, value: Any) -> None:
        """Keep a named JSON value."""
        self.execute("INSERT OR REPLACE INTO settings VALUES (?, ?, ?)", (provider, name, json.dumps(value)))

    def next_number(self, provider: str, name: str) -> int:
        """1, 2, 3… for each name."""
        with self._lock:
            number = int(self.get_value(provider, name, 0)) + 1
            self.set_value(provider, name, number)
            return number
