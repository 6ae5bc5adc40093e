"""Fixtures: a real browser, one for each test process."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

INSTALLED = ("chromium", "chromium-browser", "google-chrome")
"""The system's own is used where there is one; else the one that `playwright install chromium` fetched."""
QUIET = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-smooth-scrolling",
)
"""It asks nobody else for anything, draws without a graphics card, and scrolls at once: its animation loses keys."""
PATIENCE_MS = 60_000
"""How long a busy machine may take to show something; nothing waits this long when all is well."""


def find_program() -> str | None:
    """Return the system's own browser; None where Playwright's is to be used."""
    return next((found for name in INSTALLED if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    # root, as in a container, may not use Chromium's own sandbox
    arguments = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else [*QUIET]
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        opened = playwright.chromium.launch(executable_path=find_program(), args=arguments)
        yield opened
        opened.close()
