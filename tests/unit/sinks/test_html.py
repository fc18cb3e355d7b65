"""The HTML report: one file, readable, inert."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from schemas.contracts.incident import Incident, Resource, Tier
from schemas.contracts.ocsf import to_ocsf
from streams.sinks.html import HtmlReport
from streams.sinks.report import ReportExtras, write_report
from streams.sinks.report_model import Verdict
from streams.sinks.report_times import UnknownZone
from streams.sinks.sink import RunFacts
from tests.unit.sinks.conftest import HOSTILE, incident, written

VOID = {"meta", "br", "input"}
TEMPLATE_TEXT = ("{{ 7 * 7 }}", "{% raw %}", "{# gone #}", "{{ script }}")


class Page(HTMLParser):
    """Elements, attributes and text of a page; fails on elements that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.inline: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element of a drawing that holds nothing."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """It must be the innermost."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text; style and script apart."""
        if self._open[-1:] in (["style"], ["script"]):
            self.inline[self._open[-1]] = data
        else:
            self.text.append(data)

    def names(self) -> set[str]:
        """Names of all elements."""
        return {name for name, _ in self.tags}

    def words(self) -> str:
        """All text, blanks as one."""
        return " ".join(" ".join(self.text).split())

    def values(self, key: str) -> list[str]:
        """Values of an attribute, in order."""
        return [str(attributes[key]) for _, attributes in self.tags if key in attributes]


def page(*incidents: Incident, facts: RunFacts | None = None, zone: str = "UTC") -> Page:
    """The page of these incidents."""
    return Page(written(HtmlReport(zone), incidents, facts))


def reported(*messages: Any, extras: ReportExtras | None = None, facts: RunFacts | None = None) -> Page:
    """The page of these stored messages."""
    out = io.BytesIO()
    write_report(messages, out, facts or RunFacts(), extras=extras)
    return Page(out.getvalue().decode("utf-8"))


def test_news_on_top_then_a_list_then_an_article_per_incident() -> None:
    facts = RunFacts(title="Report", facts=(("Tenant", "contoso"),))
    shown = page(incident(uid="a"), incident(uid="b", tier=Tier.ACT), facts=facts)
    articles = [attributes["id"] for name, attributes in shown.tags if name == "article"]
    assert articles == ["incident-b", "incident-a"]  # to act on comes first
    assert [value for value in shown.values("data-for")] == articles
    assert {f"#{anchor}" for anchor in articles} <= set(shown.values("href"))
    text = shown.words()
    assert "2 incidents: 1 to act on, 1 to review" in text
    assert text.index("contoso") < text.index("What to do now")
    for part in ("T1564.008", "Hide Artifacts: Email Hiding Rules", "Records 1 of 3", "2026-03-03 14:03:55 UTC"):
        assert part in text


def test_a_stored_message_gives_the_page_of_its_incident() -> None:
    told = incident("plain")
    out = io.BytesIO()
    write_report([to_ocsf(told)], out, RunFacts())
    assert out.getvalue().decode("utf-8") == written(HtmlReport(), [told])


def test_every_link_leads_somewhere_and_every_id_is_there_once() -> None:
    shown = page(incident(uid="a-b"), incident(uid="ab"), incident(uid=""), incident(uid="é"))
    ids = shown.values("id")
    assert len(ids) == len(set(ids))
    assert {value.removeprefix("#") for value in shown.values("href")} <= set(ids)
    for reference in (*shown.values("aria-labelledby"), *shown.values("for")):
        assert set(reference.split()) <= set(ids)


def test_nothing_is_fetched_and_only_the_named_style_and_script_apply() -> None:
    shown = page(incident())
    assert shown.names() & {"img", "link", "iframe", "form", "object", "base", "embed", "audio", "video"} == set()
    for name, attributes in shown.tags:
        assert not {"src", "srcset", "style", "action", "background", "xlink:href"} & attributes.keys()
        assert not any(key.startswith("on") for key in attributes)
        assert "href" not in attributes or (name == "a" and str(attributes["href"]).startswith("#"))
    policy = next(str(attributes["content"]) for _, attributes in shown.tags if "http-equiv" in attributes)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for name in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(shown.inline[name].encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert not re.search(r"url\(|@import|https?:", shown.inline["style"])


@pytest.mark.parametrize("text", [*HOSTILE, *TEMPLATE_TEXT])
def test_hostile_text_is_only_text(text: str) -> None:
    facts = RunFacts(title=text, facts=((text, text),))
    verdict = Verdict(kind=text, who=text, why=text)
    raw = io.BytesIO()
    write_report([to_ocsf(incident(text))], raw, facts, extras=ReportExtras({"0a1b": verdict}, (text,), (text,)))
    shown = Page(raw.getvalue().decode("utf-8"))
    harmless = page(incident(), facts=RunFacts(title="plain", facts=(("plain", "plain"),)))
    assert shown.names() == harmless.names()
    assert shown.inline == harmless.inline
    assert all(char.isprintable() or char == "\n" for char in raw.getvalue().decode("utf-8"))


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", *TEMPLATE_TEXT])
def test_hostile_text_stays_readable(text: str) -> None:
    assert page(incident(text)).words().count(text) >= 5


def test_a_stored_message_is_not_trusted_to_be_clean() -> None:
    message = to_ocsf(incident())
    message["finding_info"]["title"] = message["evidences"][0]["uid"] = "\u202egnp.exe\u200b\x1b[2J<b>"
    text = reported(message).words()
    assert "\\u202egnp.exe\\u200b\\x1b[2J<b>" in text


@pytest.mark.parametrize("value", [None, 3, "x", [], {}, [None], [{"data": 1}], float("nan"), 10**30, True, {"": {}}])
def test_a_message_of_another_shape_is_shown_as_far_as_it_goes(value: Any) -> None:
    whole = to_ocsf(incident())
    for key in (
        *whole,
        "finding_info.title",
        "finding_info.attacks",
        "unmapped.tier_times",
        "finding_info.first_seen_time",
    ):
        message = to_ocsf(incident())
        outer, _, inner = key.partition(".")
        if inner:
            message[outer][inner] = value
        else:
            message[outer] = value
        assert "1 incident" in reported(message).words()
    assert "1 incident" in reported({}).words()


def test_an_uid_cannot_leave_its_attribute() -> None:
    shown = page(incident(uid='x" onload="y'))
    assert [attributes["id"] for name, attributes in shown.tags if name == "article"] == ["incident-xonloady"]


def test_the_last_message_of_an_incident_counts() -> None:
    shown = reported(to_ocsf(incident(uid="a", title="old news")), to_ocsf(incident(uid="a", title="fresh news")))
    text = shown.words()
    assert "1 incident to review" in text
    assert "fresh news" in text and "old news" not in text


def test_nothing_found_says_what_could_be_seen() -> None:
    extras = ReportExtras(
        seen=("sign-ins of 7 days",), unseen=("message trace: no licence",), made_ms=1_772_546_635_697
    )
    text = reported(extras=extras, facts=RunFacts(facts=(("Records", "12"),))).words()
    for part in ("Nothing found", "this is what could be seen", "Records 12", "sign-ins of 7 days"):
        assert part in text
    assert text.index("What could not be seen") < text.index("message trace: no licence")
    assert "Made 2026-03-03 14:03 UTC" in text


def test_times_are_in_the_chosen_zone_with_utc_in_their_title() -> None:
    shown = page(incident(), zone="Asia/Kolkata")
    assert "2026-03-03 19:33:55 +05:30" in shown.words()
    assert "2026-03-03 14:03:55 UTC" in shown.values("title")
    assert "2026-03-03T14:03:55.697Z" in shown.values("datetime")


@pytest.mark.parametrize("name", ["Nowhere/Nothing", "../../etc/passwd", "", "\x00", "America", "Europe/Berlin\n"])
def test_a_zone_that_is_none_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(UnknownZone, match="no time zone is called") as refused:
        HtmlReport(name)
    assert "\n" not in str(refused.value)
    out = io.BytesIO()
    with pytest.raises(UnknownZone):
        write_report([], out, RunFacts(), name)
    assert out.getvalue() == b""


def test_what_is_known_of_an_incident_is_told() -> None:
    told = incident(
        historical=True,
        campaign="campaign-7",
        delay_ms={"vendor_ms": 243_000, "collector_ms": 20_000, "watchpost_ms": 820},
        harm_clock={"alert_wall_ms": 1_772_546_695_697, "acts_before": 120, "acts_after": 8_880},
    )
    verdict = Verdict("malicious", "ann@contoso.example", "she did not do it", 1_772_546_695_697)
    text = reported(to_ocsf(told), extras=ReportExtras({"0a1b": verdict})).words()
    for part in (
        "Microsoft 4 min 3 s, the collector 20 s, Watchpost 820 ms",
        "120 of the attacker's acts had happened and 8,880 came after it: 98 % were still ahead",
        "malicious by ann@contoso.example , 2026-03-03 14:04 UTC : she did not do it",
        "campaign-7",
        "from a back-fill",
    ):
        assert part in text


def test_incidents_of_one_campaign_lead_to_each_other() -> None:
    told = [
        incident(uid=uid, campaign=campaign, resources=(Resource("User", uid, f"{uid}@contoso.example"),))
        for uid, campaign in (("a", "one"), ("b", "one"), ("c", "two"))
    ]
    shown = page(*told)
    assert [shown.values("href").count(f"#incident-{uid}") for uid in "abc"] == [2, 2, 1]  # the list, and the campaign


def test_an_incident_of_visibility_needs_no_record() -> None:
    message = to_ocsf(incident(evidence=(), stages=(), count=0))
    message["resources"] = [{"type": "Tenant", "uid": "t-1", "name": "contoso"}]
    text = reported(message).words()
    assert "Nothing was recorded: that is what this incident is about." in text
    assert "persistence" not in text and "still being learnt" not in text


def test_the_same_incidents_give_the_same_bytes() -> None:
    told = [incident(uid=uid) for uid in "abc"]
    assert written(HtmlReport(), told) == written(HtmlReport(), told)
