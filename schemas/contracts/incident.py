"""An incident as it is told: the typed form behind the OCSF message of contracts 2. Layer: schemas."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Stage(StrEnum):
    """Stage of an attack, in the order in which a story is told."""

    ACCESS = "access"
    PERSISTENCE = "persistence"
    EVASION = "evasion"
    COLLECTION = "collection"
    EXFILTRATION = "exfiltration"
    IMPACT = "impact"


class Tier(StrEnum):
    """How sure an incident is: `review` asks a person, `act` may be answered at once."""

    REVIEW = "review"
    ACT = "act"


class Activity(StrEnum):
    """Which message of an incident this is; the value is OCSF's activity name."""

    CREATE = "create"
    UPDATE = "update"
    CLOSE = "close"


@dataclass(slots=True, frozen=True)
class Technique:
    """An ATT&CK technique: `uid` "T1564.008", `tactic_uid` "TA0005"; names as ATT&CK v17 prints them."""

    uid: str
    name: str
    tactic_uid: str
    tactic: str


@dataclass(slots=True, frozen=True)
class Reason:
    """One term of a score: what was observed, what was expected, and the surprise in nats. The explanation is the score."""

    feature: str
    observed: str
    expected: str
    nats: float


@dataclass(slots=True, frozen=True)
class EvidenceRecord:
    """A vendor record that counts."""

    uid: str
    detector: str
    time_ms: int
    operation: str
    ip: str | None
    session: str | None
    stage: Stage
    nats: float
    reasons: tuple[Reason, ...]


@dataclass(slots=True, frozen=True)
class Resource:
    """Something touched: OCSF resource `type` ("User", "Service", "Network", "Tenant", "Mailbox", "Rule"), uid, name."""

    type: str
    uid: str
    name: str


@dataclass(slots=True, frozen=True)
class StoryLine:
    """A sentence of the story: event time of its first record (UTC milliseconds), its stage, records behind it."""

    time_ms: int
    stage: Stage
    detector: str
    sentence: str
    count: int


@dataclass(slots=True, frozen=True)
class Incident:
    """One message about an incident. Times are UTC milliseconds of event time."""

    uid: str
    message_uid: str
    activity: Activity
    tenant: str
    resources: tuple[Resource, ...]  # the first is the account
    title: str
    story: str
    time_ms: int
    first_ms: int
    last_ms: int
    created_ms: int
    tier: Tier
    tier_times: dict[str, int]
    score_nats: float
    stages: tuple[Stage, ...]
    techniques: tuple[Technique, ...]
    detectors: tuple[str, ...]  # the strongest first
    evidence: tuple[EvidenceRecord, ...]
    count: int
    remediation: str
    maturity: str
    profile: str
    lines: tuple[
        StoryLine, ...
    ] = ()  # the story's sentences, in order; for views in the same process, not in the message
    blind_spots: tuple[str, ...] = ()
    historical: bool = False
    campaign: str | None = None
    delay_ms: dict[str, int] = field(default_factory=dict)
    harm_clock: dict[str, int] = field(default_factory=dict)
