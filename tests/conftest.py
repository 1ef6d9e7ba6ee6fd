"""Fixtures for every test: people, a clean cache, child processes and a browser."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection
from django.test import Client

from tests import browser as chromium
from tests.simulator import simulator, simulator_server  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PASSWORD = "Un-mot-de-passe-9-pour-les-tests"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what this machine cannot run."""
    from django.conf import settings

    on_postgres = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
    missing = " ".join(chromium.missing_packages())
    for item in items:
        if item.get_closest_marker("postgres") and not on_postgres:
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL: `make test` starts one"))
        if item.get_closest_marker("browser") and missing:
            item.add_marker(pytest.mark.skip(reason=f"needs a browser: `apt-get install {missing}`"))


TOLD = pytest.StashKey[list[str]]()


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Adds a line to the summary of long runs at the end of pytest's output: what was done, seeds, figures, losses."""
    told = request.config.stash.setdefault(TOLD, [])
    return told.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show what tests told."""
    if told := config.stash.get(TOLD, []):
        terminalreporter.section("what the long runs found")
        for line in told:
            terminalreporter.write_line(f"* {line}")


KEPT = ("django_content_type", "auth_permission")
"""Tables that every test finds filled and that none changes."""


@pytest.fixture(scope="session", autouse=True)
def _empty_quickly() -> Iterator[None]:
    """Empty PostgreSQL's tables by deleting rows: TRUNCATE makes a new file for each of them, and filling permissions
    anew takes as long again. Django's foreign keys are checked at the end of the transaction, so any order does."""

    def sql_flush(operations: Any, style: Any, tables: Any, **options: Any) -> list[str]:
        return [f"DELETE FROM {operations.quote_name(table)};" for table in tables if table not in KEPT]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.backends.postgresql.operations.DatabaseOperations.sql_flush", sql_flush)
        yield


@pytest.fixture(autouse=True)
def _clean_cache(request: pytest.FixtureRequest) -> None:
    """Empty the database cache (sign-in throttling counts there) before tests whose writes are really committed."""
    marker = request.node.get_closest_marker("django_db")
    if "transactional_db" in request.fixturenames or (marker and marker.kwargs.get("transaction")):
        request.getfixturevalue("transactional_db")
        cache.clear()


@pytest.fixture(autouse=True)
def pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """No request of this process waits for a provider's rhythm, which alone made some tests last seconds. Pauses and
    the day's budget hold; tests of the rhythm itself have a `pace` of their own."""
    from integrations.sync import bucket, gateway

    def hurried(integration_id: Any, label: str, limits: Any) -> Any:
        quick = replace(limits, rate=max(limits.rate, 200), burst=max(limits.burst, 2000))
        return bucket.bucket_of(integration_id, label, quick)

    monkeypatch.setattr(gateway, "bucket_of", hurried)


# --- People -------------------------------------------------------------------------------------------------------
@pytest.fixture
def administrator(db: None) -> Any:
    """A user who may do everything; the password is `tests.conftest.PASSWORD`."""
    return get_user_model().objects.create_user(
        email="administratrice@example.com", password=PASSWORD, role="administrator"
    )


@pytest.fixture
def support(db: None) -> Any:
    """A user of the support staff: the Django admin, not the console's actions."""
    return get_user_model().objects.create_user(email="soutien@example.com", password=PASSWORD, role="support")


@pytest.fixture
def administrator_client(administrator: Any) -> Client:
    """A test client signed in as the administrator."""
    client = Client()
    client.force_login(administrator)
    return client


@pytest.fixture
def support_client(support: Any) -> Client:
    """A test client signed in as the support user."""
    client = Client()
    client.force_login(support)
    return client


# --- Child processes ----------------------------------------------------------------------------------------------
@pytest.fixture
def child_environment(transactional_db: None) -> dict[str, str]:
    """Environment for `manage.py …` started by a test: the product's settings on the test's own database."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "lacoste_integrations.settings",
        "DATABASE_URL": database_url(),
        "PYTHONUNBUFFERED": "1",
    }


def database_url() -> str:
    """URL of the database that the tests write to (not the one that they were given)."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    user, password = settings["USER"], settings["PASSWORD"]
    return f"postgres://{user}:{password}@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"


# --- Browser ------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def chromium_browser() -> "Iterator[Browser]":
    """One headless Chromium for the whole run."""
    with chromium.launched() as browser:
        yield browser


@pytest.fixture
def page(chromium_browser: "Browser") -> "Iterator[Page]":
    """A fresh French page; the test fails if a script crashed or the content security policy refused something."""
    with chromium.watched_page(chromium_browser) as page:
        yield page
