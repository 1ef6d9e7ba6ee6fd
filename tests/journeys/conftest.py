"""What journeys share: a real worker, and a look for secrets wherever something is kept or shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Page, Response, expect

from integrations.models import Integration
from tests.conftest import PASSWORD
from tests.journeys.steps import finished
from tests.worker.conftest import start_worker  # noqa: F401 - a fixture


@pytest.fixture
def shown(page: Page) -> list[str]:
    """The text of every answer that the browser got, in order."""
    answers: list[str] = []

    def keep(response: Response) -> None:
        kind = response.headers.get("content-type", "")
        if response.status < 300 and ("html" in kind or "json" in kind):
            answers.append(response.text())

    page.on("response", keep)
    return answers


@pytest.fixture
def sign_in(page: Page, administrator: Any) -> Callable[[str], None]:
    """sign_in(site): sign the administrator in."""

    def go(site: str) -> None:
        page.goto(f"{site}/")
        page.get_by_label("Adresse courriel").fill(administrator.email)
        page.get_by_label("Mot de passe").fill(PASSWORD)
        page.get_by_role("button", name="Se connecter").click()
        page.wait_for_url(f"{site}/integrations")

    return go


@pytest.fixture
def worker_log(tmp_path: Path) -> Path:
    """Where the journey's worker writes (see tests.worker.conftest)."""
    return tmp_path / "worker-0.log"


@pytest.fixture
def rows_as_text() -> Callable[[], Iterator[tuple[str, str]]]:
    """(table, its rows as text) of the whole database, as somebody with a copy of it would read it."""

    def read() -> Iterator[tuple[str, str]]:
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
                yield table, "\n".join(map(str, cursor.fetchall()))

    return read


@pytest.fixture
def release(page: Page) -> Callable[[str], None]:
    """release(site): let the only integration take everything, once its first records are there, and wait for it."""

    def go(site: str) -> None:
        integration = Integration.objects.get()
        page.goto(f"{site}/integrations/{integration.pk}")
        expect(page.get_by_text("Premiers enregistrements seulement")).to_be_visible()
        page.get_by_role("button", name="Libérer").click()
        page.get_by_role("heading", name=re.compile("^Synchronisation du")).wait_for()
        finished(page)

    return go
