"""Pictures of the incident report, to be looked at: `python -m tests.browser.pictures FOLDER [REPORT.html]`."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from streams.sinks.report import write_report
from tests.browser.cases import hostile, plain
from tests.browser.chromium import chromium
from tests.browser.conftest import FACTS

LOOKS = (("light", 1280), ("dark", 1280), ("narrow", 400))


def main(folder: Path, report: Path | None) -> None:
    """Write light, dark and narrow pictures and a printed PDF of a report, or of the tests' own cases."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = [report.resolve()] if report else _cases(folder)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for page in pages:
            _take(browser, page, folder)
        browser.close()


def _cases(folder: Path) -> list[Path]:
    pages = []
    for name, messages in (("plain", plain()), ("hostile", hostile()), ("nothing", [])):
        place = folder.resolve() / f"{name}.html"
        with place.open("wb") as out:
            write_report(messages, out, FACTS, "Europe/Berlin")
        pages.append(place)
    return pages


def _take(browser: Browser, place: Path, folder: Path) -> None:
    for look, width in LOOKS:
        page = browser.new_page(
            viewport={"width": width, "height": 900}, color_scheme="dark" if look == "dark" else "light"
        )
        page.goto(place.as_uri())
        page.screenshot(path=folder / f"{place.stem}-{look}.png", full_page=True)
        if look == "light":
            page.pdf(path=folder / f"{place.stem}.pdf", prefer_css_page_size=True)
        page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
