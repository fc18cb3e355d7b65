"""What an account holds against itself: evidence of the last days, and the open incident. Layer: detectors.

At most 32 evidences are kept, one per detector, value and day. Which records of an evidence are kept (first, last, peak)
is decided by nats, time and record id, never by arrival.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from detectors.engine.detector import Accused, Control, Evidence, RecordRef
from detectors.incidents.one_place import place_of, score_with_places
from detectors.incidents.score import ACT_ABOVE_REVIEW_NATS, CAP_ACT_NATS, CAP_NATS, capped, score
from detectors.models.categories import hash32
from schemas.contracts.incident import EvidenceRecord, Reason, Resource, Stage, Technique
from schemas.records.event import AuditEvent

EVIDENCE_MAX = 32
QUIET_MS = 72 * 3_600_000  # an incident closes this long after its last evidence
GRAVE_NATS = 5.0
SURE_NATS = 8.0  # certain content of this weight lets behaviour count in full towards `act`
STRANGE_PLACE_NATS = 2.0  # of an address that is a surprise by itself
GUESSING = "T1110"  # ATT&CK: Brute Force, with its sub-techniques
PLACE_FEATURES = frozenset({"network", "country", "velocity"})
SAMPLE_MAX, WEAK_SAMPLE_MAX = 8, 4
HEARD_MAX = 1_024  # records of one evidence that answers named; of more, one that comes again is counted again
DAY_MS = 86_400_000


@dataclass(slots=True)
class Ref:
    """A vendor record, as far as a story needs it."""

    time_ms: int
    uid: str
    operation: str
    ip: str | None
    session: str | None
    nats: float

    @property
    def order(self) -> tuple[int, str, str]:
        """Event time, id, then operation (two feeds may tell of one record): the same in every arrival order."""
        return (self.time_ms, self.uid, self.operation)


@dataclass(slots=True)
class Held:
    """One evidence in state: its best score with the reasons, and three of its records."""

    detector: str
    value: str
    day: int
    stage: Stage
    technique: Technique
    control: Control
    nats: float
    reasons: tuple[Reason, ...]
    sentence: str
    advice: str
    certain: bool
    adds: bool
    proof: bool
    resources: tuple[Resource, ...]
    time_ms: int  # event time at which the best score was reached
    first: Ref
    last: Ref
    peak: Ref
    count: int = 1
    sample: list[Ref] = field(
        default_factory=list
    )  # the records with the least hashes of their ids: the same in any order
    heard: set[int] = field(
        default_factory=set
    )  # 32-bit hashes of the records that entities named: several name the same

    @property
    def key(self) -> tuple[str, str, int]:
        """One evidence per detector, value and day."""
        return (self.detector, self.value, self.day)

    @property
    def place(self) -> str:
        """Where its strongest record was done from; of a feed without addresses, where most of its records were.

        Empty for access whose surprise is not the place: of a session by turns at two networks one may be the owner's.
        """
        if self.stage is Stage.ACCESS and sum(map(_of_place, self.reasons)) < STRANGE_PLACE_NATS:
            return ""
        if self.peak.ip:
            return place_of(self.peak.ip)
        found = Counter(place_of(ref.ip) for ref in (self.first, self.last, *self.sample) if ref.ip)
        return min(found, key=lambda place: (-found[place], place), default="")

    @property
    def surcharge(self) -> float:
        """Nats that an account's youth took off."""
        return -sum(reason.nats for reason in self.reasons if reason.feature == "history")

    def records(self) -> list[EvidenceRecord]:
        """First, last, peak and sample as evidence records, each once."""
        refs = _each_once((*self.sample, self.first, self.last, self.peak))
        return [
            EvidenceRecord(
                ref.uid,
                self.detector,
                ref.time_ms,
                ref.operation,
                ref.ip,
                ref.session,
                self.stage,
                ref.nats,
                self.reasons,
            )
            for ref in refs
        ]


@dataclass(slots=True)
class OpenIncident:
    """The incident being told. Times are event times in milliseconds."""

    uid: str
    created_ms: int
    tier_times: dict[str, int]
    told: int = 0  # messages sent so far
    told_count: int = 0
    told_detectors: tuple[str, ...] = ()
    told_stages: tuple[Stage, ...] = ()
    historical: bool = False


@dataclass(slots=True)
class Book:
    """Evidence and incident of one account."""

    held: dict[tuple[str, str, int], Held] = field(default_factory=dict)
    incident: OpenIncident | None = None

    def hear(self, evidence: Evidence, ref: Ref, day: int) -> Held | None:
        """`add` of a record that an entity named, which is counted once however many entities name it."""
        found = self.add(evidence, ref, day)
        held = self.held.get((evidence.detector, evidence.value, day))
        if held is not None:
            mark = hash32(ref.uid)
            if mark in held.heard:
                held.count -= 1
            elif len(held.heard) < HEARD_MAX:
                held.heard.add(mark)
        return found

    def add(self, evidence: Evidence, ref: Ref, day: int) -> Held | None:
        """Merge one evidence; None when it changed only a count."""
        key = (evidence.detector, evidence.value, day)
        held = self.held.get(key)
        if held is None:
            if evidence.repeat:
                return None
            held = _held(evidence, ref, day)
            self.held[key] = held
            self._trim()
            return held
        held.count += 1
        held.sample = _sample_with(held.sample, ref, SAMPLE_MAX if held.nats >= GRAVE_NATS else WEAK_SAMPLE_MAX)
        if (ref.order, -ref.nats) < (
            held.first.order,
            -held.first.nats,
        ):  # of one record that is named again, the most nats
            held.first = ref
        if (ref.order, ref.nats) > (held.last.order, held.last.nats):
            held.last = ref
        if evidence.repeat or not _outranks(evidence, ref, held):
            return None
        held.nats, held.reasons, held.sentence = evidence.nats, evidence.reasons, evidence.sentence
        held.stage, held.technique, held.advice = evidence.stage, evidence.technique, evidence.advice
        held.adds, held.resources = evidence.adds, evidence.resources
        held.certain = held.certain or evidence.certain
        held.proof = held.proof or evidence.proof
        held.control = max(held.control, evidence.control)
        held.peak, held.time_ms = ref, ref.time_ms
        return held

    def _trim(self) -> None:
        while len(self.held) > EVIDENCE_MAX:
            weakest = min(self.held.values(), key=lambda held: (held.nats, held.time_ms, held.key))
            del self.held[weakest.key]

    def forget(self, before_ms: int) -> None:
        """Drop evidence whose last record is older than this."""
        for key in [key for key, held in self.held.items() if held.last.time_ms < before_ms]:
            del self.held[key]

    def score(self) -> float:
        """Score of all evidence, in nats."""
        return score_with_places(list(self.held.values()))

    def act_score(self) -> float:
        """Score of what only somebody with a session can do; 0 without proof of a used one.

        Surprises of behaviour alone are capped lower: two of them never answer by themselves.
        """
        inside = [held for held in self.held.values() if held.control >= Control.SESSION]
        if not any(held.proof for held in inside):
            return 0.0
        sure = any(held.certain and held.nats >= SURE_NATS for held in inside)
        return score(inside, CAP_NATS if sure else CAP_ACT_NATS)

    def guessed(self) -> tuple[int, float]:
        """Event time of the last certain evidence that somebody guessed the password, and the score of all such.

        Certain is a password that was seen accepted where many were tried. Behaviour, however strange, is not, and what content
        shows may have been done with a stolen session.
        """
        found = [
            held
            for held in self.held.values()
            if held.certain and held.control >= Control.PASSWORD and held.technique.uid.startswith(GUESSING)
        ]
        return max((held.last.time_ms for held in found), default=0), score(found)

    def reached(self, review_nats: float) -> tuple[str, ...]:
        """Tiers reached now."""
        tiers = ["review"] if self.score() >= review_nats else []
        if tiers and self.act_score() >= review_nats + ACT_ABOVE_REVIEW_NATS:
            tiers.append("act")
        return tuple(tiers)

    def reported(self, time_ms: int) -> None:
        """A network was accused at this time: of several entities that accuse it the earliest counts, whoever is heard first."""
        incident = self.incident
        if incident is not None and time_ms < incident.created_ms:
            incident.created_ms = time_ms
            incident.tier_times["review"] = min(time_ms, incident.tier_times.get("review", time_ms))

    def last_ms(self) -> int:
        """Event time of the latest evidence, 0 without any."""
        return max((held.last.time_ms for held in self.held.values()), default=0)

    def last_grave_ms(self) -> int:
        """Event time of the latest evidence that alone is worth a look (at least of the incident's creation): what is weaker
        keeps no incident open."""
        created = self.incident.created_ms if self.incident is not None else 0
        return max((held.last.time_ms for held in self.held.values() if held.nats >= GRAVE_NATS), default=created)

    def shown(self) -> list[Held]:
        """Evidence that is told, the strongest first: what alone is worth a look, and the best of each stage."""
        ranked = self.strongest()
        best = {held.stage: held.key for held in reversed(ranked)}
        return [held for held in ranked if held.nats >= GRAVE_NATS or best[held.stage] == held.key]

    def count(self) -> int:
        """Vendor records behind the evidence that is told."""
        return sum(held.count for held in self.shown())

    def days(self) -> set[int]:
        """Days that evidence touches (they are not learnt while the incident is open)."""
        return {
            day
            for held in self.held.values()
            for day in range(held.first.time_ms // DAY_MS, held.last.time_ms // DAY_MS + 1)
        }

    def accused(self) -> Accused:
        """What the open incident holds against the account."""
        if self.incident is None:
            return Accused.NOTHING
        grave = [held for held in self.held.values() if held.nats >= GRAVE_NATS]
        places = all(held.stage is Stage.ACCESS and not held.certain and not held.adds for held in grave)
        return Accused.PLACES if places and "act" not in self.incident.tier_times else Accused.ACTS

    def strongest(self) -> list[Held]:
        """Evidence, the strongest first."""
        return sorted(self.held.values(), key=lambda held: (-capped(held), held.time_ms, held.key))


def _of_place(reason: Reason) -> float:
    return reason.nats if reason.feature in PLACE_FEATURES else 0.0


def _outranks(evidence: Evidence, ref: Ref, held: Held) -> bool:
    """More nats, else the earlier record; between equals (two networks tell of one success) words decide, not the arrival."""
    peak = held.peak
    new, old = (evidence.nats, -ref.time_ms, ref.uid), (held.nats, -peak.time_ms, peak.uid)
    return new > old or (new == old and (evidence.sentence, ref.operation) < (held.sentence, peak.operation))


def sampled(refs: list[Ref], most: int = SAMPLE_MAX) -> list[Ref]:
    """The records with the least hashes of their ids, each once."""
    if len(refs) <= 1:
        return refs
    return sorted(_each_once(refs), key=lambda ref: (hash32(ref.uid), ref.uid))[:most]


def _each_once(refs: Iterable[Ref]) -> Iterable[Ref]:
    """Of one record its first operation (two feeds may tell of it) with the most nats, in whatever order they came."""
    ranked = sorted(refs, key=lambda ref: (ref.operation, -ref.nats), reverse=True)
    return {ref.uid: ref for ref in ranked}.values()


def _sample_with(sample: list[Ref], ref: Ref, most: int) -> list[Ref]:
    """`sampled` of a sample and one record more, most of which do not change it."""
    if len(sample) == most and most > 1:
        last = sample[-1]
        if (hash32(ref.uid), ref.uid) > (hash32(last.uid), last.uid):
            return sample
    return sampled([*sample, ref], most)


def _held(evidence: Evidence, ref: Ref, day: int) -> Held:
    return Held(
        evidence.detector,
        evidence.value,
        day,
        evidence.stage,
        evidence.technique,
        evidence.control,
        evidence.nats,
        evidence.reasons,
        evidence.sentence,
        evidence.advice,
        evidence.certain,
        evidence.adds,
        evidence.proof,
        evidence.resources,
        ref.time_ms,
        ref,
        ref,
        ref,
        sample=[ref],
    )


def ref_of(event: AuditEvent | RecordRef, nats: float) -> Ref:
    """The record's part in a story."""
    if isinstance(event, RecordRef):
        return Ref(event.time_ms, event.uid, event.operation, event.ip, event.session, nats)
    return Ref(event.time_ms, event.record_id, event.operation, event.ip, event.session, nats)
