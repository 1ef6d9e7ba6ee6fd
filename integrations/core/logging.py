"""One log stream with one scrubber: every record, also those of libraries, passes the redaction at the root handler.

Plain Python: settings import it before Django's apps are loaded.
"""

from __future__ import annotations

import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from .masking import mask

# They log tokens and whole exchanges at DEBUG: never, whatever the root level is.
FIXED_AT_INFO = ("requests_oauthlib", "oauthlib", "urllib3")

# Django and gunicorn give these handlers of their own, which would go round the redaction.
WITH_OWN_HANDLERS = ("django", "django.server", "gunicorn.access", "gunicorn.error")

# OAuth answers, tokens of links and personal data travel there: a log line keeps the path only.
_QUERY_STRING = re.compile(r"(?<=[\w/%.~-])\?[\w%.~+\[\]-]+=[^\s\"'<>)]*")


def redact(logger: Any, method: str, event: EventDict) -> EventDict:
    """Hide secrets and query strings in everything that the line will show; must stay last before the renderer."""
    redacted: EventDict = _without_queries(mask(event))
    return redacted


def _without_queries(value: Any) -> Any:
    if isinstance(value, str):
        return _QUERY_STRING.sub("?…", value)
    if isinstance(value, dict):
        return {key: _without_queries(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_queries(item) for item in value]
    return value


def _drop_request(logger: Any, method: str, event: EventDict) -> EventDict:
    """Django attaches the request (or a socket) to its records: its `repr` would only repeat the line."""
    event.pop("request", None)
    return event


def logging_config(*, json_lines: bool) -> dict[str, Any]:
    """Return a `logging.config.dictConfig` dictionary, and point structlog at the standard loggers.

    `json_lines`: one JSON object a line (production), else lines for people.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "redacted": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*shared, structlog.stdlib.ExtraAdder()],
                "processors": _final_processors(json_lines),
            }
        },
        "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "redacted"}},
        "root": {"handlers": ["stream"], "level": "INFO"},
        "loggers": {
            **{name: {"handlers": [], "level": "INFO", "propagate": True} for name in WITH_OWN_HANDLERS},
            **{name: {"level": "INFO"} for name in FIXED_AT_INFO},
        },
    }


def _final_processors(json_lines: bool) -> list[Processor]:
    """Exceptions become text first, so that the redaction sees them; the renderer comes right after it."""
    renderer: Processor
    if json_lines:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    else:
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        _drop_request,
        redact,
        renderer,
    ]
