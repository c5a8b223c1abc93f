"""A browser for the tests of pages: Debian's Chromium. Where CI runs it has to be there."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Without Chromium the test is skipped on one's own machine, and fails under CI."""
    chromium = shutil.which("chromium")
    if chromium is None and os.environ.get("CI"):
        pytest.fail("CI has no Chromium: .ci/run installs it")
    if chromium is None:
        pytest.skip("needs Chromium (apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()
