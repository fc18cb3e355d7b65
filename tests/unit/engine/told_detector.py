"""A detector that finds what the event tells it to find, and a hand that feeds an engine."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from detectors import techniques
from detectors.engine.account import load_account
from detectors.engine.account_engine import AccountEngine
from detectors.engine.detector import Context, Control, DetectorInfo, Evidence
from detectors.engine.effects import Effect
from detectors.engine.knowledge import Knowledge
from detectors.probe import NoFacts
from schemas.contracts.incident import Incident, Reason, Stage, Technique
from schemas.contracts.log import EntryKind, LogEntry, clock_bytes
from schemas.contracts.notice import Notice, encode_notice
from schemas.contracts.profile import Profile, encode_profile
from schemas.contracts.signal import Contribution
from schemas.records.event import AuditEvent, Source

TENANT, ADA = "tenant", "ada@home.example"
DAY_MS, HOUR_MS = 86_400_000, 3_600_000
DAY = 20_000  # 2024-10-04


def at(day: int, hour: float = 12.0) -> int:
    """Event time on the `day`-th day of the test."""
    return (DAY + day) * DAY_MS + int(hour * HOUR_MS)


@dataclass
class Told:
    """What to find; without a value of its own the stage is the value."""

    nats: float
    stage: Stage = Stage.EVASION
    control: Control = Control.MAILBOX
    value: str = ""
    certain: bool = True
    proof: bool = True
    repeat: bool = False
    technique: Technique = techniques.HIDING_RULE


@dataclass
class Learnt:
    """Days learnt and days told to forget, in order, and what the context said last."""

    days: list[int] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)
    late: int = 0


class ToldDetector:
    """Obeys; its state is the list of its days."""

    details = None

    def __init__(self, number: int = 900, name: str = "told") -> None:
        self.info = DetectorInfo(
            name, number, 1, "Told", "what it is told", "all else", "a test", "none", (techniques.HIDING_RULE,)
        )
        self.finds: dict[str, list[Told]] = {}
        self.contexts: list[tuple[bool, int, int, str]] = []

    def start(self) -> Learnt:
        """Nothing learnt."""
        return Learnt()

    def observe(self, state: Learnt, event: AuditEvent, context: Context) -> Sequence[Evidence]:
        """What it was told of this record."""
        state.late += context.late
        self.contexts.append((context.late, context.sealed_days, context.active_hours, context.profile.id))
        if context.ledger is not None:
            context.ledger.vote(context.number, "agent", "browser")
        return [self._evidence(told) for told in self.finds.get(event.record_id, ())]

    def _evidence(self, told: Told) -> Evidence:
        return Evidence(
            self.info.id,
            told.value or told.stage.value,
            told.stage,
            told.technique,
            told.control,
            told.nats,
            (Reason("told", "yes", "no", told.nats),),
            f"It was told {told.value or told.stage.value}.",
            "Do something.",
            certain=told.certain,
            proof=told.proof,
            repeat=told.repeat,
        )

    def notice(self, state: Learnt, notice: Notice, context: Context) -> Sequence[Evidence]:
        """Believes an entity at its word."""
        return [self._evidence(Told(notice.nats, Stage.ACCESS, value=f"notice-{notice.entity}"))]

    def seal(self, state: Learnt, day: int, learn: bool, context: Context) -> None:
        """Note the day."""
        (state.days if learn else state.skipped).append(day)

    def dump(self, state: Learnt) -> bytes:
        """`u16 late, u16 n, n x i32 learnt, n x i32 skipped`."""
        counts = (state.late, len(state.days), len(state.skipped))
        return struct.pack(f"<HHH{len(state.days) + len(state.skipped)}i", *counts, *state.days, *state.skipped)

    def load(self, data: bytes, version: int) -> Learnt:
        """ValueError when they are damaged."""
        try:
            late, days, skipped = struct.unpack_from("<HHH", data)
            found = struct.unpack(f"<{days + skipped}i", data[6:])
        except struct.error as error:
            raise ValueError("damaged") from error
        return Learnt(list(found[:days]), list(found[days:]), late)


class Hand:
    """Feeds one engine with a told detector."""

    def __init__(self, *detectors: ToldDetector) -> None:
        self.detectors = detectors or (ToldDetector(),)
        self.engine = AccountEngine(self.detectors, Knowledge(NoFacts()))
        self._ids = 0

    @property
    def told(self) -> ToldDetector:
        """The first detector."""
        return self.detectors[0]

    def record(
        self,
        time_ms: int,
        *finds: Told,
        account: str = ADA,
        role: str = "actor",
        uid: str | None = None,
        historical: bool = False,
    ) -> list[Effect]:
        """Fold one record of which the detector finds `finds`."""
        self._ids += 1
        uid = uid or f"r{self._ids:04d}"
        self.told.finds[uid] = list(finds)
        event = AuditEvent(Source.MANAGEMENT, uid, TENANT, time_ms, "Act", "Exchange", account, ok=True)
        return self.engine.fold(
            LogEntry(EntryKind.RECORD, TENANT, account, b"", "management", uid, role, 0, historical, event)
        )

    def clock(self, time_ms: int) -> list[Effect]:
        """Fold a clock."""
        return self._other(EntryKind.CLOCK, clock_bytes(time_ms))

    def gap(self, time_ms: int) -> list[Effect]:
        """Fold a gap of the day of this time."""
        return self._other(EntryKind.GAP, clock_bytes(time_ms))

    def profile(self, profile: Profile) -> list[Effect]:
        """Fold a profile."""
        return self._other(EntryKind.PROFILE, encode_profile(profile))

    def notice(self, notice: Notice, account: str = ADA) -> list[Effect]:
        """Fold an entity's answer."""
        return self.engine.fold(LogEntry(EntryKind.NOTICE, TENANT, account, encode_notice(notice)))

    def _other(self, kind: EntryKind, value: bytes) -> list[Effect]:
        return self.engine.fold(LogEntry(kind, TENANT, "", value))

    def state(self, account: str = ADA) -> bytes:
        """State bytes of an account."""
        return self.engine.states()[f"{TENANT}|{account}".encode()]

    def learnt(self, account: str = ADA) -> Learnt:
        """Days of the first detector's state, read back from the bytes."""
        return load_account(self.state(account), 0, self.detectors)[0].states[0]


def incidents(effects: Sequence[Effect]) -> list[Incident]:
    """The incidents among effects."""
    return [effect for effect in effects if isinstance(effect, Incident)]


def contributions(effects: Sequence[Effect]) -> list[Contribution]:
    """The contributions among effects."""
    return [effect for effect in effects if isinstance(effect, Contribution)]
