"""What a person does again and again in a journey."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from integrations.models import Integration, SyncJob


def finished(page: Page) -> SyncJob:
    """Wait on a job's page until it is over."""
    expect(page.get_by_text(re.compile("^Terminée")).first).to_be_visible(timeout=60_000)
    return SyncJob.objects.order_by("-created_at")[0]


def synchronise(page: Page, site: str, integration: Integration) -> SyncJob:
    """Press the button on the integration's page, and wait on the job's page until it is over."""
    page.goto(f"{site}/integrations/{integration.pk}")
    page.get_by_role("button", name="Synchroniser").first.click()
    return finished(page)
