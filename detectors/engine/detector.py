"""What a detector is. Layer: detectors.

A detector judges one account from its own records. It scores now (`observe`) against the baseline of sealed days and
learns when a day is sealed (`seal`). It owns its state and the bytes of it; it never reads a clock, a file or another
account: everything it may know is in the event, the state and the `Context`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol, TypeVar

from detectors.engine.exposure import Exposure
from detectors.engine.knowledge import Knowledge
from detectors.engine.ledger import DayLedger
from schemas.contracts.incident import Reason, Resource, Stage, Technique
from schemas.contracts.notice import Notice
from schemas.contracts.profile import Profile
from schemas.contracts.signal import Signal
from schemas.records.event import AuditEvent

DAY_MS = 86_400_000
HOUR_MS = 3_600_000


class Control(IntEnum):
    """What the evidence proves that the attacker holds. What an outsider can provoke never adds up to `act`."""

    OUTSIDER = 0
    PASSWORD = 1
    SESSION = 2
    MAILBOX = 3


@dataclass(slots=True, frozen=True)
class DetectorInfo:
    """Who a detector is, in words for people. `number` and `version` are on-disk format (state envelope)."""

    id: str
    number: int
    version: int
    title: str
    catches: str
    misses: str
    needs: str
    false_positives: str
    techniques: tuple[Technique, ...]
    entity: bool = False


@dataclass(slots=True, frozen=True)
class RecordRef:
    """An earlier record of the account, as far as a story needs it."""

    time_ms: int
    uid: str
    operation: str
    ip: str | None
    session: str | None


@dataclass(slots=True)
class Evidence:
    """One surprise of one detector. `value` says about what: there is one evidence per detector, value and day.

    `nats` is the sum of the reasons. `certain` content needs no baseline: no surcharge while an account is young, a
    higher cap. `adds` is added to the best evidence of its stage instead of competing with it (a spray's answer).
    `proof` is a successful act in the account's own name. `sentence` is one true sentence in plain words, without the
    time and without the account's name. `repeat` marks a record that belongs to evidence already given. `record` names the
    record that counts when it is an earlier one than the record at hand.
    """

    detector: str
    value: str
    stage: Stage
    technique: Technique
    control: Control
    nats: float
    reasons: tuple[Reason, ...]
    sentence: str
    advice: str
    certain: bool = False
    adds: bool = False
    proof: bool = True
    repeat: bool = False
    resources: tuple[Resource, ...] = ()
    record: RecordRef | None = None


class Accused(IntEnum):
    """What an open incident holds against an account."""

    NOTHING = 0
    PLACES = 1  # strange places, clients and sessions, and nothing that was done there
    ACTS = 2


class Place(IntEnum):
    """What is known of the address a record came from, for detectors that come after the one that knows places."""

    UNKNOWN = 0
    TRUSTED = 1  # the account's own or one that the tenant shares
    STRANGE = 2  # never met before


class Heard(Protocol):
    """What the account's own records told of addresses."""

    def told_country(self, address: int, country: int) -> int:
        """Hash of the country of an address (hash), of which the network data say `country`."""
        ...


@dataclass(slots=True)
class Context:
    """What a detector may know beside the event: one object per engine, refilled for each entry."""

    knowledge: Knowledge
    profile: Profile
    account: str = ""
    role: str = ""
    number: int = 0  # the account's index in the partition, for the ledger
    day: int = 0  # event day, days since 1970-01-01 UTC
    late: bool = False  # the event's day is already sealed: score content, learn nothing
    first_ms: int = 0  # event time of the account's first record
    sealed_days: int = 0
    active_hours: int = 0
    place: Place = Place.UNKNOWN
    heard: Heard | None = None  # who knows what the account's sign-ins told of addresses, with `place`
    exposure: Exposure | None = None  # what a guessed password left behind
    held: Mapping[tuple[str, str, int], object] = field(default_factory=dict)  # the account's evidence
    ledger: DayLedger | None = None  # of the event's day; None when late
    accused: Accused = Accused.NOTHING  # at sealing: why an incident keeps the day from being learnt
    signals: list[Signal] = field(default_factory=list)

    @property
    def own(self) -> bool:
        """The record is the account's own act."""
        return self.role == "actor"

    def holds(self, detector: str, value: str) -> bool:
        """The account holds evidence of this detector and value for the event's day: a further record may only repeat it."""
        return (detector, value, self.day) in self.held

    def is_home(self, address: str) -> bool:
        """The address belongs to one of the tenant's own domains."""
        domain = address.rpartition("@")[2]
        return domain in self.profile.home_domains or domain == self.account.rpartition("@")[2]


S = TypeVar("S")


class Detector(Protocol[S]):
    """The shape of an account detector; `detectors.checks.check_detector` tests whether a class keeps the promises."""

    info: DetectorInfo
    details: frozenset[type] | None  # detail types it reads; None: every record

    def start(self) -> S:
        """State of an account never seen."""
        ...

    def observe(self, state: S, event: AuditEvent, context: Context) -> Sequence[Evidence]:
        """Score an event now, note it in the open day."""
        ...

    def notice(self, state: S, notice: Notice, context: Context) -> Sequence[Evidence]:
        """Weigh an entity's answer."""
        ...

    def seal(self, state: S, day: int, learn: bool, context: Context) -> None:
        """Learn a closed day (or, when `learn` is false, only forget it)."""
        ...

    def dump(self, state: S) -> bytes:
        """State to bytes of the current version."""
        ...

    def load(self, data: bytes, version: int) -> S:
        """Bytes of any released version to state; ValueError when they are damaged."""
        ...
