"""Record ids: UUIDv7, so that rows made together lie together in the index."""

import uuid

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> uuid.UUID:
    """Return a new time-ordered id."""
    return _uuid7()
