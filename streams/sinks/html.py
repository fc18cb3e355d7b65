"""Incidents as one self-contained HTML file: readable without scripts, network or style, and on paper. Layer: streams.

The page is built as a tree of elements and escaped by the serialiser of the standard library: no text is ever pasted into
markup. A content security policy forbids scripts and every request, should a browser see one anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO
from xml.etree.ElementTree import Element, SubElement, tostring

from schemas.contracts.incident import EvidenceRecord, Incident, Reason, Technique, Tier
from schemas.text import printable
from streams.sinks.html_style import STYLE
from streams.sinks.sink import RunFacts
from streams.sinks.wording import closing_line, time_text

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_TEXT_CHARACTERS_MAX = 1_000
_REASONS_MAX = 3


class HtmlReport:
    """Summary on top, then one section per incident."""

    def write(self, incidents: Sequence[Incident], out: IO[bytes], run: RunFacts) -> None:
        """Write the page."""
        out.write(b"<!DOCTYPE html>\n")
        out.write(tostring(_page(incidents, run), encoding="utf-8", method="html"))
        out.write(b"\n")


def _page(incidents: Sequence[Incident], run: RunFacts) -> Element:
    page = Element("html", lang="en")
    head = SubElement(page, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY})
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    SubElement(head, "meta", name="referrer", content="no-referrer")
    _add(head, "title", run.title)
    SubElement(head, "style").text = STYLE
    body = SubElement(page, "body")
    _add_summary(body, incidents, run)
    for incident in incidents:
        _add_incident(body, incident)
    return page


def _add_summary(body: Element, incidents: Sequence[Incident], run: RunFacts) -> None:
    header = SubElement(body, "header")
    _add(header, "h1", run.title)
    _add(header, "p", closing_line(incidents), "total")
    facts = SubElement(header, "dl")
    for name, value in run.facts:
        _add(facts, "dt", name)
        _add(facts, "dd", value)
    if incidents:
        _add_index(header, incidents)


def _add_index(header: Element, incidents: Sequence[Incident]) -> None:
    rows = _add_table(header, ("Tier", "Account", "First seen", "Last seen", "Records", "What happened"))
    for incident in incidents:
        row = SubElement(rows, "tr")
        _add_badge(SubElement(row, "td"), incident.tier)
        _add(row, "td", incident.resources[0].name)
        _add(row, "td", time_text(incident.first_ms))
        _add(row, "td", time_text(incident.last_ms))
        _add(row, "td", str(incident.count), "number")
        link = SubElement(SubElement(row, "td"), "a", href=f"#{_anchor(incident)}")
        link.text = _shown(incident.title)


def _add_incident(body: Element, incident: Incident) -> None:
    card = SubElement(body, "section", {"id": _anchor(incident), "class": incident.tier.value})
    title = SubElement(card, "h2")
    _add_badge(title, incident.tier)
    _add(title, "span", incident.title)
    _add(card, "p", _when(incident), "when")
    _add(card, "h3", "What happened")
    story = SubElement(card, "ul", {"class": "story"})
    for line in incident.story.splitlines():
        _add(story, "li", line)
    _add(card, "h3", "What to do")
    _add(card, "p", incident.remediation, "advice")
    _add_techniques(card, incident.techniques)
    _add_others(card, incident)
    _add(card, "h3", f"Evidence: {len(incident.evidence)} of {incident.count} records")
    _add_evidence(card, incident.evidence)
    _add(card, "p", f"Incident {incident.uid}, profile {incident.profile}", "small")


def _when(incident: Incident) -> str:
    parts = [
        f"First seen {time_text(incident.first_ms)}, last {time_text(incident.last_ms)}",
        f"score {incident.score_nats:.1f} nats",
        f"the account's own normal: {incident.maturity}",
    ]
    if incident.historical:
        parts.append("from a back-fill")
    if incident.campaign is not None:
        parts.append(f"campaign {incident.campaign}")
    return "; ".join(parts) + "."


def _add_techniques(card: Element, techniques: Sequence[Technique]) -> None:
    _add(card, "h3", "MITRE ATT&CK")
    listed = SubElement(card, "ul")
    for technique in techniques:
        _add(listed, "li", f"{technique.uid} {technique.name} ({technique.tactic})")


def _add_others(card: Element, incident: Incident) -> None:
    if len(incident.resources) > 1:
        _add(card, "h3", "Also touched")
        listed = SubElement(card, "ul")
        for resource in incident.resources[1:]:
            _add(listed, "li", f"{resource.type}: {resource.name}")
    if incident.blind_spots:
        _add(card, "h3", "What could not be seen")
        listed = SubElement(card, "ul")
        for spot in incident.blind_spots:
            _add(listed, "li", spot)


def _add_evidence(card: Element, evidence: Sequence[EvidenceRecord]) -> None:
    columns = ("Time", "Operation", "Address", "Stage", "Detector", "Nats", "Because", "Record")
    rows = _add_table(card, columns)
    for record in evidence:
        row = SubElement(rows, "tr")
        _add(row, "td", time_text(record.time_ms, seconds=True))
        _add(row, "td", record.operation)
        _add(row, "td", record.ip or "")
        _add(row, "td", record.stage.value)
        _add(row, "td", record.detector)
        _add(row, "td", f"{record.nats:.1f}", "number")
        _add(row, "td", _because(record.reasons))
        _add(row, "td", record.uid, "id")


def _because(reasons: Sequence[Reason]) -> str:
    ranked = sorted(reasons, key=lambda reason: -reason.nats)[:_REASONS_MAX]
    return "; ".join(_reason(reason) for reason in ranked)


def _reason(reason: Reason) -> str:
    usual = f", usual: {reason.expected}" if reason.expected else ""
    return f"{reason.feature.replace('_', ' ')} {reason.observed}{usual} ({reason.nats:+.1f})"


def _add_table(parent: Element, columns: Sequence[str]) -> Element:
    """A table with its head; returns the body that takes the rows."""
    table = SubElement(SubElement(parent, "div", {"class": "wide"}), "table")
    head = SubElement(SubElement(table, "thead"), "tr")
    for column in columns:
        SubElement(head, "th", scope="col").text = column
    return SubElement(table, "tbody")


def _add_badge(parent: Element, tier: Tier) -> None:
    _add(parent, "span", tier.value, f"badge {tier.value}")


def _add(parent: Element, tag: str, text: str, style: str = "") -> None:
    SubElement(parent, tag, {"class": style} if style else {}).text = _shown(text)


def _shown(text: str) -> str:
    return printable(text, _TEXT_CHARACTERS_MAX)


def _anchor(incident: Incident) -> str:
    return "incident-" + "".join(char for char in incident.uid if char.isascii() and char.isalnum())
