"""Headless Chromium for the browser tests: the distribution's own, cut off from everything but this machine."""

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]


def path() -> str | None:
    """Path of the Chromium to use, or None when there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def missing_packages() -> list[str]:
    """Debian's packages without which no browser test can run here; empty when all is there."""
    packages = [] if path() else ["chromium", "fonts-dejavu-core"]
    if sys.platform == "linux":
        try:
            ctypes.CDLL("libatomic.so.1")  # Playwright's driver is linked with it; a small system has none
        except OSError:
            packages.append("libatomic1")
    return packages


@contextmanager
def launched() -> "Iterator[Browser]":
    """Start Chromium and yield it. The caller's thread may use Django's ORM meanwhile."""
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop running in this thread; Django would refuse every query from it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path(), args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def watched_page(browser: "Browser") -> "Iterator[Page]":
    """A page in its own fresh session; on leaving, script crashes and refusals by the policy are errors."""
    context = browser.new_context(
        locale="fr-CA", timezone_id="America/Toronto", viewport={"width": 1280, "height": 900}
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    faults: list[str] = []

    def note(message: "ConsoleMessage") -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", note)
    yield page
    context.close()
    assert not faults, f"the page reported: {faults}"
