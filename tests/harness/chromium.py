"""Debian's Chromium."""

from __future__ import annotations

import contextlib
import shutil

import pytest

CHROMIUM = shutil.which("chromium")
# Chromium by itself asks the network for things, and waits for what a closed one never says.
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]


@contextlib.contextmanager
def chromium():
    """A browser without a window; the test is skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def browser():
    """Chromium; for a module, as its loop of events would be in the way of others'."""
    with chromium() as browser:
        yield browser
