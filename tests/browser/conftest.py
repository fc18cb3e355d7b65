"""A real browser, and pages in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

from streams.sinks.report import ReportExtras, write_report
from streams.sinks.sink import RunFacts
from tests.browser.chromium import BROWSER_VARIABLE, NoBrowser, chromium

WAIT_MS = 10_000
FACTS = RunFacts(
    facts=(("Tenant", "101ee0cc-028c-c6e0-c16a-7f469e19448b"), ("Records", "61067 distinct, 3020 repeated"))
)


class Shown:
    """A page that is open, and everything it did that a report must not do."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("dialog", self._dismiss)
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(address)

    def _dismiss(self, dialog: Dialog) -> None:
        self.said.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def texts(self, selector: str) -> list[str]:
        """Texts of the elements, in order."""
        return self.page.locator(selector).all_text_contents()


Opener = Callable[..., Shown]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser per module: its event loop must be gone before tests elsewhere start theirs."""
    try:
        place = chromium()
    except NoBrowser as missing:
        text = f"no Chromium for the tests: {missing}; name one in {BROWSER_VARIABLE}"
        if os.environ.get("CI"):
            pytest.fail(text)
        pytest.skip(text)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=place, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield running
        running.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Write a report, open it in a fresh context."""
    contexts = []

    def opener(
        messages: Sequence[dict[str, Any]],
        width: int = 1280,
        zone: str = "UTC",
        extras: ReportExtras | None = None,
        **options: Any,
    ) -> Shown:
        place = tmp_path / "report.html"
        with place.open("wb") as out:
            write_report(messages, out, FACTS, zone, extras)
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        return Shown(context.new_page(), place.as_uri())

    yield opener
    for context in contexts:
        context.close()
