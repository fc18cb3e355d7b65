"""What the incident report shows of an incident: plain values, cleaned, in the order in which they are shown. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.contracts.incident import Reason, Resource, Stage, Tier

STAGES: tuple[str, ...] = tuple(stage.value for stage in Stage)
OTHER_STAGE = "other"  # a stage that contracts 2 does not know


@dataclass(slots=True, frozen=True)
class Verdict:
    """A person's judgement of an incident: `kind` as in contracts 3 ("malicious", "benign", "normal", "unsure")."""

    kind: str
    who: str = ""
    why: str = ""
    time_ms: int | None = None


@dataclass(slots=True, frozen=True)
class StoryStep:
    """One line of the story. `time_ms` is None where the line names no time; `stage` where none is known is empty."""

    sentence: str
    because: str = ""
    time_ms: int | None = None
    stage: str = ""


@dataclass(slots=True, frozen=True)
class Technique:
    """An ATT&CK technique: `uid` "T1564.008", its whole name, its tactic's name."""

    uid: str
    name: str
    tactic: str


@dataclass(slots=True, frozen=True)
class Record:
    """A vendor record that counts; `number` from 1 in order of time."""

    number: int
    uid: str
    detector: str
    time_ms: int | None
    operation: str
    ip: str
    session: str
    stage: str
    nats: float
    reasons: tuple[Reason, ...]


@dataclass(slots=True, frozen=True)
class HarmClock:
    """How many of the attacker's acts had happened at the alert's wall-clock time, and how many came after it."""

    alert_ms: int | None
    before: int
    after: int

    @property
    def ahead_percent(self) -> int:
        """Share of the acts that was still ahead at the alert, rounded down: 100 means all of them."""
        total = self.before + self.after
        return 100 * self.after // total if total else 0


@dataclass(slots=True, frozen=True)
class ReportIncident:
    """One incident in its latest state. Times are UTC milliseconds of event time; None where a message names none."""

    uid: str
    tenant: str
    tier: Tier
    severity: str
    status: str
    risk: int | None
    account: Resource
    others: tuple[Resource, ...]
    title: str
    story: tuple[StoryStep, ...]
    advice: tuple[str, ...]
    first_ms: int | None
    last_ms: int | None
    created_ms: int | None
    act_ms: int | None
    score_nats: float
    stages: tuple[str, ...]
    techniques: tuple[Technique, ...]
    detectors: tuple[str, ...]
    records: tuple[Record, ...]
    count: int
    maturity: str
    profile: str
    blind_spots: tuple[str, ...]
    historical: bool
    campaign: str
    delay: tuple[tuple[str, int], ...]  # (whose, milliseconds)
    harm: HarmClock | None

    @property
    def is_about_visibility(self) -> bool:
        """True for an incident on the tenant: something could not be seen, and no vendor record needs to say so."""
        return self.account.type == "Tenant"
