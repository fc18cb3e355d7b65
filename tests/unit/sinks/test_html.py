"""The HTML report: one file, readable, inert."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from schemas.contracts.incident import Tier
from streams.sinks.html import HtmlReport
from streams.sinks.sink import RunFacts
from tests.unit.sinks.conftest import HOSTILE, incident, written

VOID = {"meta"}


class Page(HTMLParser):
    """Elements, attributes and text of a page; fails on elements that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """It must be the innermost."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text outside the style."""
        if self._open[-1:] != ["style"]:
            self.text.append(data)

    def names(self) -> set[str]:
        """Names of all elements."""
        return {name for name, _ in self.tags}


def test_summary_on_top_then_a_section_per_incident() -> None:
    facts = RunFacts(title="Report", facts=(("Tenant", "contoso"),))
    page = Page(written(HtmlReport(), [incident(uid="a"), incident(uid="b", tier=Tier.ACT)], facts))
    assert [attributes["id"] for name, attributes in page.tags if name == "section"] == ["incident-a", "incident-b"]
    assert [attributes["href"] for name, attributes in page.tags if name == "a"] == ["#incident-a", "#incident-b"]
    text = " ".join(page.text)
    assert "2 incidents: 1 act, 1 review." in text
    assert text.index("contoso") < text.index("What happened")
    for part in ("MITRE ATT&CK", "T1564.008", "What to do", "Evidence: 1 of 3 records", "2026-03-03 14:03:55 UTC"):
        assert part in text


def test_nothing_runs_and_nothing_is_fetched() -> None:
    page = Page(written(HtmlReport(), [incident()]))
    assert page.names() & {"script", "img", "link", "iframe", "form", "object", "base"} == set()
    for name, attributes in page.tags:
        assert "src" not in attributes
        assert not any(key.startswith("on") for key in attributes)
        assert name != "a" or str(attributes["href"]).startswith("#")
    policy = [attributes["content"] for _, attributes in page.tags if attributes.get("http-equiv")]
    assert str(policy[0]).startswith("default-src 'none'")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text(text: str) -> None:
    raw = written(HtmlReport(), [incident(text)], RunFacts(title=text, facts=((text, text),)))
    page = Page(raw)
    harmless = Page(written(HtmlReport(), [incident()], RunFacts(title="plain", facts=(("plain", "plain"),))))
    assert page.names() == harmless.names()
    assert all(char.isprintable() or char == "\n" for char in raw)


def test_hostile_text_stays_readable() -> None:
    page = Page(written(HtmlReport(), [incident("<script>alert(1)</script>")]))
    assert page.text.count("<script>alert(1)</script>") >= 5


def test_an_uid_cannot_leave_its_attribute() -> None:
    page = Page(written(HtmlReport(), [incident(uid='x" onload="y')]))
    assert [attributes for name, attributes in page.tags if name == "section"] == [
        {"id": "incident-xonloady", "class": "review"}
    ]


def test_no_incident_is_said() -> None:
    assert "No incidents." in Page(written(HtmlReport(), [])).text
