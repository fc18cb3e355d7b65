"""What `watchpost try` says before and after. Layer: streams."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from schemas.contracts.incident import Tier
from streams.drivers.embedded.incidents import IncidentReader
from streams.sinks.alert_sink import Alert
from streams.sinks.alert_view import AlertView, view_of

_STORY_LINES_MAX = 8


def opening_words(accounts: int, speed: float, days: int, folder: Path) -> list[str]:
    """What is going to happen."""
    return [
        f"Watchpost on a practice tenant of {accounts} accounts, served over HTTPS on this machine as Microsoft 365's APIs"
        " serve a real one.",
        f"Its clock runs {speed:.0f} times as fast. First a look back over {days} days, then live. One account was taken over"
        " before anybody watched.",
        f"Everything is kept in {folder}/.",
    ]


def closing_words(folder: Path, store: str, report: str, alerts: str, found: bool) -> Iterator[str]:
    """What was found, and where to look."""
    with IncidentReader(folder / store) as reader:
        rows = reader.incidents()
        views = [view_of(Alert.of(reader.message(row.uid), row.told_ms)) for row in reversed(rows)]
    for row, view in zip(reversed(rows), views, strict=True):
        if row.tier == Tier.ACT:
            yield from _incident(view)
    acts = sum(row.tier == Tier.ACT for row in rows)
    yield f"{acts} incident of tier act, {len(rows) - acts} of tier review."
    if not found:
        yield "The attack did not reach tier act in the time that this trial takes; the report shows what was seen of it."
    yield ""
    yield f"The report:     {folder / report}"
    yield f"The alerts:     {folder / alerts} (OCSF, as a SIEM gets them)"
    yield f"The store:      watchpost incidents list --store {folder / store}"
    yield "Your own tenant: see `watchpost run` in the README."


def _incident(view: AlertView) -> Iterator[str]:
    yield ""
    yield view.headline
    yield f"Do now: {view.todo}"
    yield "What happened:"
    for line in view.story[:_STORY_LINES_MAX]:
        sentence, _, _ = line.partition(" Because: ")
        yield f"  {sentence}"
    yield ""
