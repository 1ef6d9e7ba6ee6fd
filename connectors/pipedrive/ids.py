"""A set of ids as a short text, to be kept in a cursor."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable

from connectors.base.errors import CursorExpired


def pack(ids: Iterable[int]) -> str:
    """Runs of ids ("1-30,35"), compressed: tens of thousands of ids take a few kilobytes."""
    runs: list[list[int]] = []
    for one in sorted(set(ids)):
        if runs and one == runs[-1][1] + 1:
            runs[-1][1] = one
        else:
            runs.append([one, one])
    text = ",".join(f"{first}-{last}" if last > first else str(first) for first, last in runs)
    return base64.b64encode(zlib.compress(text.encode())).decode() if text else ""


def unpack(packed: str) -> set[int]:
    """What pack() wrote; CursorExpired when it is anything else."""
    if not packed:
        return set()
    try:
        runs = [run.partition("-") for run in zlib.decompress(base64.b64decode(packed)).decode().split(",")]
        return {one for first, _, last in runs for one in range(int(first), int(last or first) + 1)}
    except (ValueError, zlib.error) as error:
        raise CursorExpired(
            "Le repère de lecture de Pipedrive est illisible. Relancez une synchronisation complète."
        ) from error
