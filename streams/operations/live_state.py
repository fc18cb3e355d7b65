"""A snapshot of a run for people's eyes: feeds, counts, incidents as they unfold, sinks. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from schemas.contracts.incident import Tier


class FeedState(StrEnum):
    """How a feed is; the worst first."""

    FAILING = "failing"
    LATE = "late"
    THROTTLED = "throttled"
    STARTING = "starting"
    CATCHING_UP = "catching up"
    UNAVAILABLE = "not available"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class FeedView:
    """A feed: records so far, and how far its completeness is behind the clock (None: nothing complete yet)."""

    name: str
    state: FeedState
    records: int = 0
    lag_seconds: float | None = None
    tenant: str = ""
    note: str = ""  # why, when it is not live: one line

    @property
    def full_name(self) -> str:
        """Tenant, where there are several, and name."""
        return f"{self.tenant} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class StageView:
    """A stage of an incident: event time of its first evidence, UTC milliseconds, and what happened in one sentence."""

    time_ms: int
    stage: str
    sentence: str


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident as it stands. `advice` is what to do now."""

    uid: str
    account: str
    tier: Tier
    stages: tuple[StageView, ...]
    advice: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True)
class SinkView:
    """A sink: alerts delivered and waiting; `trouble` is the last failure, empty when it works."""

    name: str
    delivered: int = 0
    waiting: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class ViewState:
    """A snapshot. `now_ms` is the clock of the run, UTC milliseconds; `speed` how fast it goes (1: real time)."""

    now_ms: int
    title: str = "Watchpost"
    phase: str = ""  # what is being done, in a few words
    speed: float = 1.0
    feeds: tuple[FeedView, ...] = ()
    records: int = 0
    accounts: int = 0
    incidents: tuple[IncidentView, ...] = ()  # the oldest first
    sinks: tuple[SinkView, ...] = ()


def clock_text(time_ms: int) -> str:
    """`2026-03-02 09:12:05`, UTC; a time beyond the calendar as its number."""
    try:
        return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return f"{time_ms} ms"


def span_text(seconds: float) -> str:
    """`12 s`, `3 min`, `2 h 5 min`, `4 d`."""
    whole = max(0, round(seconds))
    if whole < 120:
        return f"{whole} s"
    if whole < 7_200:
        return f"{whole // 60} min"
    if whole < 172_800:
        hours, rest = divmod(whole, 3_600)
        return f"{hours} h {rest // 60} min"
    return f"{whole // 86_400} d"
