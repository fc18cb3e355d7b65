"""The incident report: one self-contained HTML page for the screen and for paper. Layer: streams.

The page is complete without its script, asks nothing of any network, and treats every text of a record as text: it is
made printable (`schemas.text`), then escaped by the template.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, Any

from schemas.contracts.incident import Tier
from streams.sinks.report_groups import addresses, sessions, unusual
from streams.sinks.report_model import STAGES, ReportIncident, Verdict
from streams.sinks.report_overview import overview
from streams.sinks.report_page import page_template, policy, script, style, time_tags
from streams.sinks.report_reading import read_incident
from streams.sinks.report_timeline import draw
from streams.sinks.report_times import Zone
from streams.sinks.report_values import text
from streams.sinks.sink import RunFacts

_ANCHOR_CHARACTERS_MAX = 80


@dataclass(frozen=True, slots=True)
class ReportExtras:
    """What a report may know beside its incidents.

    `verdicts` by incident uid. `seen` and `unseen` are lines about the whole run: what could be looked at, what could
    not. `made_ms` is the wall-clock time of the report, UTC milliseconds; without it the page is the same every time.
    """

    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    seen: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    made_ms: int | None = None


def write_report(
    incidents: Sequence[Mapping[str, Any]],
    out: IO[bytes],
    facts: RunFacts,
    zone: str = "UTC",
    extras: ReportExtras | None = None,
) -> None:
    """Write the page of these OCSF messages (contracts 2) to `out`, UTF-8.

    The last message of each incident counts. Times are shown in `zone`, a name of the IANA database; UnknownZone
    before anything is written when there is none of that name. Errors of the stream are the caller's.
    """
    shown_zone = Zone(zone)
    extras = extras or ReportExtras()
    ordered = _ordered(incidents)
    anchored = list(zip(_anchors(ordered), ordered, strict=True))
    context = {
        "facts": [(text(name), text(value)) for name, value in facts.facts],
        "title": text(facts.title) or "Watchpost",
        "overview": overview(ordered),
        "incidents": anchored,
        "campaigns": _campaigns(anchored),
        "verdicts": {uid: _clean(verdict) for uid, verdict in extras.verdicts.items()},
        "seen": [text(line) for line in extras.seen],
        "unseen": [text(line) for line in extras.unseen],
        "made_ms": extras.made_ms,
        "zone": shown_zone.name,
        "stages": STAGES,
        "draw": lambda incident: draw(incident, shown_zone),
        "unusual": unusual,
        "addresses": addresses,
        "sessions": sessions,
        "policy": policy(),
        "style": style(),
        "script": script(),
        **time_tags(shown_zone),
    }
    for part in page_template().generate(context):
        out.write(part.encode("utf-8"))


def _ordered(messages: Sequence[Mapping[str, Any]]) -> list[ReportIncident]:
    """The incidents as they last stood: to act on first, then by risk, then by time."""
    latest = {incident.uid or f"#{place}": incident for place, incident in enumerate(map(read_incident, messages))}
    return sorted(
        latest.values(),
        key=lambda item: (item.tier is not Tier.ACT, -(item.risk or 0), item.first_ms or 0, item.uid),
    )


def _anchors(incidents: Sequence[ReportIncident]) -> list[str]:
    """One id per incident, of letters and digits, the same in every report unless two would be equal."""
    anchors: dict[str, None] = {}
    for place, incident in enumerate(incidents):
        plain = "".join(char for char in incident.uid if char.isascii() and char.isalnum())[:_ANCHOR_CHARACTERS_MAX]
        anchor = f"incident-{plain}"
        anchors[anchor if plain and anchor not in anchors else f"{anchor}-{place}"] = None
    return list(anchors)


def _campaigns(anchored: Sequence[tuple[str, ReportIncident]]) -> dict[str, list[tuple[str, str]]]:
    """By campaign, the incidents that one operation links: their anchor and account."""
    linked: dict[str, list[tuple[str, str]]] = {}
    for anchor, incident in anchored:
        if incident.campaign:
            linked.setdefault(incident.campaign, []).append((anchor, incident.account.name))
    return linked


def _clean(verdict: Verdict) -> Verdict:
    return replace(verdict, kind=text(verdict.kind, 40), who=text(verdict.who), why=text(verdict.why))
