"""The incident report in a real browser: inert, complete, readable, and what its script adds."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from streams.sinks.report import ReportExtras
from streams.sinks.report_model import Verdict
from tests.browser.cases import hostile, many, plain, record_uids
from tests.browser.conftest import Opener

LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, text of any size
# Every element with text of its own: its colour against what is painted behind it.
CONTRASTS = """() => {
  const numbers = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const [r, g, b, a = 1] = numbers(getComputedStyle(element).backgroundColor);
      if (a === 1 && r !== undefined) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.body.querySelectorAll("*")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || ["SCRIPT", "STYLE", "title", "OPTION"].includes(element.nodeName)) continue;
    const style = getComputedStyle(element);
    const [one, two] = [light(numbers(element instanceof SVGElement ? style.fill : style.color)), light(behind(element))];
    const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    found.push([contrast, element.nodeName, element.className, element.textContent]);
  }
  return found;
}"""


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def everything() -> list[dict[str, Any]]:
    """Harmless and hostile incidents on one page."""
    return [*plain(), *hostile()]


def test_nothing_is_asked_said_or_run(opened: Opener) -> None:
    shown = opened(everything())
    shown.page.locator("#find").fill("window.owned")
    shown.page.locator("#zone").select_option("Asia/Tokyo")
    assert shown.asked == [shown.address]
    assert shown.said == []
    assert shown.page.evaluate("window.owned") is None
    assert shown.page.evaluate("document.querySelectorAll('img, iframe, object, svg[onload]').length") == 0


def test_the_policy_stops_what_would_run_and_what_would_be_fetched(opened: Opener) -> None:
    shown = opened(plain())
    shown.page.evaluate("""() => {
      const script = document.createElement("script");
      script.textContent = "window.owned = 1";
      const image = document.createElement("img");
      image.src = "http://127.0.0.1:9/x.png";
      document.body.append(script, image);
    }""")
    assert shown.page.evaluate("window.owned") is None
    assert len([line for line in shown.said if "Content Security Policy" in line]) == 2


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("media", ["screen", "print"])
def test_nothing_is_wider_than_the_window(opened: Opener, width: int, media: Any) -> None:
    shown = opened(everything(), width=width)
    shown.page.emulate_media(media=media)
    assert overflow(shown.page) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(opened: Opener, scheme: str) -> None:
    extras = ReportExtras({plain()[0]["finding_info"]["uid"]: Verdict("benign", "ann")}, ("seen",), ("not seen",))
    shown = opened(plain(), color_scheme=scheme, extras=extras)
    found = shown.page.evaluate(CONTRASTS)
    assert len(found) > 100
    assert [row for row in found if row[0] < LEAST_CONTRAST] == []


def test_dark_is_dark_and_paper_is_white(opened: Opener) -> None:
    shown = opened(plain(), color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert shown.page.evaluate(ground) == "rgb(14, 19, 26)"
    shown.page.emulate_media(media="print")
    assert shown.page.evaluate(ground) == "rgb(255, 255, 255)"
    assert [row for row in shown.page.evaluate(CONTRASTS) if row[0] < LEAST_CONTRAST] == []


@pytest.mark.parametrize("incidents", [12, 60])
def test_a_link_of_the_list_leads_to_its_incident(opened: Opener, incidents: int) -> None:
    shown = opened(many(incidents))
    link = shown.page.locator("table.list a").nth(9)
    anchor = str(link.get_attribute("href"))
    link.click()
    assert shown.page.url == shown.address + anchor
    top = shown.page.locator(anchor).evaluate("element => element.getBoundingClientRect().top")
    assert -1 <= top < 300


def test_a_point_of_the_timeline_leads_to_its_record(opened: Opener) -> None:
    shown = opened(plain())
    first = shown.page.locator("svg.timeline a").first
    target = str(first.get_attribute("href"))
    first.click()
    assert shown.page.locator(target).is_visible()
    assert shown.page.url.endswith(target)


def test_paper_shows_every_record_folded_or_not(opened: Opener, tmp_path: Path) -> None:
    shown = opened(plain())
    shown.page.locator("#fold").click()
    assert shown.page.locator("code.uid").first.is_hidden()
    shown.page.emulate_media(media="print")
    printed = shown.page.locator("code.uid")
    assert sorted(printed.all_text_contents()) == sorted(record_uids(plain()))
    assert all(printed.nth(place).is_visible() for place in range(printed.count()))
    assert shown.page.locator("#tools").is_hidden()
    paper = shown.page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    assert paper.startswith(b"%PDF")


def test_without_script_the_page_is_complete(opened: Opener) -> None:
    shown = opened(plain(), java_script_enabled=False)
    ids = shown.page.locator("code.uid")
    assert sorted(ids.all_text_contents()) == sorted(record_uids(plain()))
    assert all(ids.nth(place).is_visible() for place in range(ids.count()))
    assert shown.page.locator("article.incident").count() == 2
    assert shown.page.locator("svg.timeline circle").count() == len(ids.all())
    assert shown.page.locator("#tools").is_hidden()


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "Europe/Berlin", "Pacific/Chatham", "UTC"])
def test_the_script_shows_a_zone_as_the_writer_would(opened: Opener, zone: str) -> None:
    places = ("time", "svg.timeline title")
    written = opened(plain(), zone=zone)
    expected = [written.texts(place) for place in places]
    shown = opened(plain(), zone="Pacific/Honolulu")
    before = [shown.texts(place) for place in places]
    shown.page.locator("#zone").select_option(zone)
    assert [shown.texts(place) for place in places] == expected
    assert all(one != other for one, other in zip(before[0], expected[0], strict=True))
    assert set(shown.texts(".zonename")) == {zone}
    shown.page.locator("#zone").select_option("Pacific/Honolulu")
    assert [shown.texts(place) for place in places] == before


def test_a_zone_that_the_browser_does_not_know_changes_nothing(opened: Opener) -> None:
    shown = opened(plain())
    before = shown.texts("time")
    shown.page.locator("#zone").evaluate(
        "select => { select.options[1].value = 'Nowhere/Nothing'; select.selectedIndex = 1; }"
    )
    shown.page.locator("#zone").dispatch_event("change")
    assert shown.texts("time") == before
    assert shown.said == []


def test_the_zone_of_this_computer_is_offered(opened: Opener) -> None:
    shown = opened(plain(), timezone_id="Asia/Kathmandu")
    shown.page.locator("#zone").select_option(label="Asia/Kathmandu (this computer)")
    assert "2026-03-04 14:38:58 +05:45" in shown.texts("time")


def test_filters_hide_what_does_not_fit(opened: Opener) -> None:
    shown = opened(plain())
    page, articles = shown.page, shown.page.locator("article.incident:visible")
    page.locator("#tier").select_option("review")
    assert articles.count() == 1 and "198.51.100.7" in str(articles.first.text_content())
    assert page.locator("table.list tbody tr:visible").count() == 1
    assert page.locator("#shown").text_content() == "1 of 2 shown"
    page.locator("#tier").select_option("")
    page.locator("#find").fill("RULE:97DDB3F8")
    assert articles.count() == 1 and "lea.noorman" in str(articles.first.text_content())
    page.locator("#find").fill("no such thing")
    assert articles.count() == 0
    page.locator("#find").fill("")
    assert articles.count() == 2
    assert page.locator("#shown").text_content() == "2 shown"


def test_ids_are_copied_line_by_line(opened: Opener) -> None:
    shown = opened(plain(), permissions=["clipboard-read", "clipboard-write"])
    button = shown.page.get_by_role("button", name="Copy ids").first
    button.click()
    shown.page.get_by_text("10 copied").wait_for()
    copied = shown.page.evaluate("navigator.clipboard.readText()")
    assert copied.split("\n") == record_uids(plain()[1:])


def test_keyboard_and_screen_reader_find_their_way(opened: Opener) -> None:
    shown = opened(plain())
    shown.page.keyboard.press("Tab")
    assert shown.page.evaluate("document.activeElement.className") == "skip"
    shown.page.keyboard.press("Enter")
    assert shown.page.url.endswith("#incidents")
    counts = {role: shown.page.get_by_role(role).count() for role in ("main", "banner", "contentinfo", "search")}
    assert counts == {"main": 1, "banner": 1, "contentinfo": 1, "search": 1}
    levels = [
        int(level)
        for level in shown.page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => h.localName[1])")
    ]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    labelled = (
        "[...document.querySelectorAll('input, select, button')].every(e => e.labels?.length || e.textContent.trim())"
    )
    assert shown.page.evaluate(labelled)


def test_hostile_text_is_shown_as_it_is(opened: Opener) -> None:
    shown = opened(hostile())
    words = " ".join(shown.texts("main"))
    for part in (
        "<script>window.owned = 1; alert(1)</script>",
        "{{ 7 * 7 }}{% raw %}",
        "\\u202egnp.exe\\u200b\\u2066\\ufeff",
    ):
        assert words.count(part) > 10
    anchors = Counter(shown.page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)"))
    assert anchors.most_common(1)[0][1] == 1


def test_five_hundred_incidents_are_still_a_page(opened: Opener) -> None:
    shown = opened(many(500), width=400)
    assert shown.page.locator("article.incident").count() == 500
    shown.page.locator("#find").fill("account490@")
    assert shown.page.locator("article.incident:not([hidden])").count() == 1
    assert overflow(shown.page) <= 0


def test_nothing_found_is_a_page_too(opened: Opener) -> None:
    shown = opened([], width=400, extras=ReportExtras(seen=("sign-ins of 7 days",), unseen=("message trace",)))
    assert shown.texts("h1") == ["Nothing found"]
    assert shown.page.get_by_text("sign-ins of 7 days").is_visible()
    assert shown.said == [] and shown.asked == [shown.address]
    assert overflow(shown.page) <= 0
