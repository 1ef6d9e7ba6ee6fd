"""What a start refuses: weak, missing or mixed-up keys, and a production set-up that would lose or leak data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import structlog
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError

from . import keys, secrets

log = structlog.get_logger(__name__)

SHORTEST_SECRET_KEY = 50
# Random keys have about 30 different bytes out of 32: fewer than this is a placeholder.
FEWEST_DISTINCT_BYTES = 16
PLACEHOLDERS = ("django-insecure", "change", "secret", "example", "default")


def is_production() -> bool:
    """Say whether real data and credentials are expected here."""
    return not settings.DEBUG and not settings.DEMO


@register(Tags.security)
def check_keys(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Check `CREDENTIALS_KEYS` and, in production, that no key is a placeholder."""
    try:
        parsed = keys.parse(settings.CREDENTIALS_KEYS)
    except keys.KeyRingError as error:
        hint = 'Write "id:<base64 of 32 random bytes>", several separated by commas; the first one writes.'
        return [Error(f"CREDENTIALS_KEYS: {error}.", hint=hint, id="core.E001")]
    messages: list[CheckMessage] = []
    if len(set(parsed.values())) < len(parsed):
        messages.append(Error("CREDENTIALS_KEYS holds the same key under two ids.", id="core.E002"))
    if len({key_id.casefold() for key_id in parsed}) < len(parsed):
        messages.append(Error("CREDENTIALS_KEYS has two ids that differ only by case.", id="core.E002"))
    if _repeats_secret_key(parsed):
        messages.append(Error("CREDENTIALS_KEYS repeats SECRET_KEY: use keys of their own.", id="core.E003"))
    if is_production():
        messages += _placeholder_keys(parsed)
    return messages


def _repeats_secret_key(parsed: dict[str, bytes]) -> bool:
    encoded = {entry.strip().partition(":")[2].strip() for entry in settings.CREDENTIALS_KEYS.split(",")}
    return settings.SECRET_KEY in encoded or settings.SECRET_KEY.encode() in parsed.values()


def _placeholder_keys(parsed: dict[str, bytes]) -> Iterable[CheckMessage]:
    secret = settings.SECRET_KEY
    if len(secret) < SHORTEST_SECRET_KEY or len(set(secret)) < FEWEST_DISTINCT_BYTES:
        yield Error(f"SECRET_KEY must have at least {SHORTEST_SECRET_KEY} varied characters.", id="core.E004")
    elif secret.lower().startswith(PLACEHOLDERS):
        yield Error("SECRET_KEY is a placeholder.", id="core.E004")
    for key_id, key in parsed.items():
        if len(set(key)) < FEWEST_DISTINCT_BYTES:
            yield Error(f"The key {key_id} of CREDENTIALS_KEYS is a placeholder.", id="core.E005")


@register(Tags.security)
def check_production(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Check what production needs besides keys."""
    if not is_production():
        return []
    messages: list[CheckMessage] = []
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3") and not settings.ALLOW_SQLITE:
        hint = "Set DATABASE_URL to a PostgreSQL database, or ALLOW_SQLITE=1 on one small machine."
        messages.append(Error("SQLite is refused in production.", hint=hint, id="core.E006"))
    if not settings.SITE_URL.startswith("https://"):
        hint = "Cookies are not marked secure and providers refuse such a redirect address."
        messages.append(checks.Warning("SITE_URL does not begin with https://.", hint=hint, id="core.W001"))
    return messages


@register(Tags.database)
def check_stored_key_ids(app_configs: Any = None, databases: Sequence[str] | None = None, **kwargs: Any) -> list[Error]:
    """Check that every key id that a row still uses is in `CREDENTIALS_KEYS`."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    try:
        missing = secrets.missing_key_ids()
    except keys.KeyRingError:
        return []  # check_keys says so
    return [
        Error(f"CREDENTIALS_KEYS lacks the key {key_id}, which {', '.join(columns)} still need.", id="core.E007")
        for key_id, columns in missing.items()
    ]


def refuse_unsafe_start() -> None:
    """Raise ImproperlyConfigured, naming every fault: web and worker call this once, before they serve or work.

    gunicorn and resident processes run no system check on their own. A database that is away refuses nothing: a web
    process that starts meanwhile must not end all of them (gunicorn stops when one fails to boot).
    """
    messages: list[CheckMessage] = [*check_keys(), *check_production()]
    try:
        messages += check_stored_key_ids(databases=[DEFAULT_DB_ALIAS])
    except (InterfaceError, OperationalError) as error:
        log.warning("start.keys_not_compared", error=type(error).__name__)
    faults = [str(message.msg) for message in messages if isinstance(message, Error)]
    if faults:
        raise ImproperlyConfigured(" ".join(faults))
