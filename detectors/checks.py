"""Does a detector keep its promises? Layer: detectors.

Shipped, so that whoever writes a detector runs the same check as the detectors of this repository:
`check_detector(MyDetector(), events)` with a few days of events among which are some that it finds strange.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from detectors.engine.detector import DAY_MS, Control, Detector, Evidence
from detectors.engine.envelope import STATE_BYTES_MAX
from detectors.hostile import hostile_events
from detectors.probe import HOME_DOMAIN, Probe
from schemas.contracts.incident import Stage, Technique
from schemas.contracts.notice import Notice
from schemas.records.event import AuditEvent

NUMBER_MIN, NUMBER_MAX = 16, 65_535  # section numbers below are the engine's own
ROUNDING_NATS = 0.05
TEXT_MAX = 600  # characters of a sentence or an advice
DAMAGES_MAX = 200  # places at which bytes are cut or flipped
ROLES = ("actor", "mailbox", "target", "grantee", "system")
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_FEATURE = re.compile(r"[a-z][a-z0-9_]*")
_WORDS = ("title", "catches", "misses", "needs", "false_positives")


class DetectorDefect(Exception):
    """A detector breaks a promise; the message is one line: detector, promise, what was seen."""


def check_detector(detector: Detector[Any], events: Sequence[AuditEvent], notices: Sequence[Notice] = ()) -> None:
    """DetectorDefect when a promise is broken.

    `events` are one account's own acts over some days, among them what the detector is there to find; `notices` answers of
    entities about them, where the detector weighs any.
    """
    _check_info(detector)
    ordered = sorted(events, key=lambda event: (event.time_ms, event.record_id))
    read = [event for event in ordered if detector.details is None or type(event.detail) in detector.details]
    if not read:
        raise _defect(detector, "is given events it reads", "none of the events has a detail that it names")
    account = read[0].user or f"someone@{HOME_DOMAIN}"
    for check in (_check_walk, _check_damage, _check_hostile, _check_seal, _check_unlearnt):
        check(detector, account, read)
    _check_notices(detector, account, read, notices)


def check_registry(detectors: Iterable[Detector[Any]]) -> None:
    """DetectorDefect when two detectors share an id or a number."""
    seen: dict[str | int, str] = {}
    for detector in detectors:
        for name in (detector.info.id, detector.info.number):
            if name in seen:
                raise _defect(detector, "has an id and a number of its own", f"{name!r} is taken by {seen[name]}")
            seen[name] = detector.info.id


def _defect(detector: Detector[Any], promise: str, seen: str) -> DetectorDefect:
    return DetectorDefect(f"{detector.info.id}: a detector {promise}; {seen}")


def _check_info(detector: Detector[Any]) -> None:
    info = detector.info
    if not _ID.fullmatch(info.id):
        raise _defect(detector, "has a kebab-case id", f"it is {info.id!r}")
    if not NUMBER_MIN <= info.number <= NUMBER_MAX or not 1 <= info.version <= 255:
        seen = f"they are {info.number} and {info.version}"
        raise _defect(detector, f"has a number from {NUMBER_MIN} to {NUMBER_MAX} and a version from 1 to 255", seen)
    empty = [name for name in _WORDS if not getattr(info, name).strip()]
    if empty or not info.techniques:
        raise _defect(detector, "says what it is", f"empty: {', '.join(empty) or 'techniques'}")
    if not (type(detector).__doc__ or "").strip():
        raise _defect(detector, "has a docstring", "its class has none")


def _check_walk(detector: Detector[Any], account: str, events: Sequence[AuditEvent]) -> None:
    """Same state and event, same evidence; a restart at every event changes nothing; the state stays small."""
    plain = Probe(detector, account, detector.start())
    again = Probe(detector, account, detector.start())
    day = events[0].time_ms // DAY_MS
    for event in events:
        while day < event.time_ms // DAY_MS:
            plain.seal(day, True)
            again.seal(day, True)
            day += 1
        again, twin = again.reloaded(), again.reloaded()
        before = repr(event)
        found, restarted, repeated = plain.observe(event), again.observe(event), twin.observe(event)
        if repr(restarted) != repr(repeated) or again.dump() != twin.dump():
            raise _defect(detector, "observes as a pure function", f"{event.operation} was judged in two ways")
        if repr(event) != before:
            raise _defect(detector, "leaves the event as it is", f"{event.operation} was changed")
        if repr(found) != repr(restarted) or plain.dump() != again.dump():
            raise _defect(detector, "judges alike after a restart", f"{event.operation} on day {day} was not")
        if len(plain.dump()) > STATE_BYTES_MAX:
            raise _defect(detector, f"keeps at most {STATE_BYTES_MAX} bytes", f"{len(plain.dump())} bytes")
        for evidence in found:
            _check_evidence(detector, evidence, account)


def _check_evidence(detector: Detector[Any], evidence: Evidence, account: str | None) -> None:
    """`account` None: the event was hostile and may have put the account's name where it is quoted."""
    if evidence.detector != detector.info.id:
        raise _defect(detector, "signs its evidence", f"signed {evidence.detector!r}")
    if not evidence.value or not evidence.value.isprintable() or len(evidence.value) > 200:
        raise _defect(detector, "names a value of at most 200 printable characters", repr(evidence.value[:60]))
    kinds = (type(evidence.stage), type(evidence.technique), type(evidence.control))
    if kinds != (Stage, Technique, Control):
        raise _defect(detector, "gives stage, technique and control", f"types {kinds}")
    if evidence.repeat:
        return
    total = sum(reason.nats for reason in evidence.reasons)
    if not evidence.reasons or not math.isfinite(evidence.nats) or not abs(evidence.nats - total) <= ROUNDING_NATS:
        raise _defect(detector, "explains its score by its reasons", f"{evidence.nats} nats, reasons sum to {total}")
    for reason in evidence.reasons:
        shown = reason.observed + reason.expected
        if not _FEATURE.fullmatch(reason.feature) or not shown.isprintable() or len(shown) > TEXT_MAX:
            raise _defect(detector, "gives reasons that can be shown", f"feature {reason.feature!r}: {shown[:60]!r}")
    for text in (evidence.sentence, evidence.advice):
        if not text.endswith(".") or not text.isprintable() or len(text) > TEXT_MAX:
            raise _defect(detector, "speaks in printable sentences that end with a full stop", repr(text[:80]))
    for resource in evidence.resources:
        if not (resource.type + resource.uid + resource.name).isprintable():
            raise _defect(detector, "names resources that can be shown", repr(resource.uid[:60]))
    if account is not None and account in evidence.sentence.lower():
        raise _defect(detector, "leaves the account's name to the story", repr(evidence.sentence[:80]))


def _walked(detector: Detector[Any], account: str, events: Sequence[AuditEvent]) -> Probe:
    """All but the last open day sealed."""
    probe = Probe(detector, account, detector.start())
    day = events[0].time_ms // DAY_MS
    for event in events:
        while day < event.time_ms // DAY_MS:
            probe.seal(day, True)
            day += 1
        probe.observe(event)
    return probe


def _check_damage(detector: Detector[Any], account: str, events: Sequence[AuditEvent]) -> None:
    """Cut, lengthened and empty bytes are refused; flipped bits are refused or give a state that works."""
    data = _walked(detector, account, events).dump()
    step = max(1, len(data) // DAMAGES_MAX)
    for length in {*range(0, len(data), step), max(0, len(data) - 1)}:
        if not _refused(detector, data[:length]):
            raise _defect(detector, "refuses damaged bytes with ValueError", f"{length} of {len(data)} were accepted")
    if not _refused(detector, data + b"\0"):
        raise _defect(detector, "refuses damaged bytes with ValueError", "a byte too many was accepted")
    for place in range(0, len(data), step):
        for bit in (0, 7):
            flipped = bytearray(data)
            flipped[place] ^= 1 << bit
            if not _refused(detector, bytes(flipped)):
                _use(detector, account, bytes(flipped), events)


def _refused(detector: Detector[Any], data: bytes) -> bool:
    try:
        detector.load(data, detector.info.version)
    except ValueError:
        return True
    except Exception as error:
        raise _defect(detector, "refuses damaged bytes with ValueError", f"{error!r} was raised") from error
    return False


def _use(detector: Detector[Any], account: str, data: bytes, events: Sequence[AuditEvent]) -> None:
    probe = Probe(detector, account, detector.load(data, detector.info.version))
    last = events[-1]
    try:
        found = probe.observe(last)
        probe.seal(last.time_ms // DAY_MS, True)
        found += probe.observe(replace(last, time_ms=last.time_ms + DAY_MS))
        probe.dump()
    except Exception as error:
        raise _defect(detector, "refuses damaged bytes, or works on", f"{error!r} was raised later") from error
    for evidence in found:
        _check_evidence(detector, evidence, account)


def _check_hostile(detector: Detector[Any], account: str, events: Sequence[AuditEvent]) -> None:
    """No event of the contract's types makes it raise, whatever the role, late or not."""
    samples = {type(event.detail): event for event in events}
    probe = _walked(detector, account, events)
    for sample in samples.values():
        for role in ROLES:
            _endure(detector, probe, sample, role, late=False)
        for event in hostile_events(sample):
            _endure(detector, probe, event, "actor", late=False)
            _endure(detector, probe, event, "actor", late=True)
            probe = probe.reloaded() if len(probe.dump()) <= STATE_BYTES_MAX else _walked(detector, account, events)


def _endure(detector: Detector[Any], probe: Probe, event: AuditEvent, role: str, late: bool) -> None:
    try:
        found = probe.observe(event, role, late)
        probe.dump()
    except Exception as error:
        seen = f"{error!r} came of {event.operation[:40]!r} as {role}"
        raise _defect(detector, "never raises on an event", seen) from error
    for evidence in found:
        _check_evidence(detector, evidence, None)


def _check_notices(
    detector: Detector[Any], account: str, events: Sequence[AuditEvent], notices: Sequence[Notice]
) -> None:
    """Notices are weighed soundly, those of kinds unknown today too; something is found in events or notices."""
    found_any = bool(_found(detector, account, events))
    for notice in notices:
        found = _weighed(detector, account, events, notice)
        found_any = found_any or bool(found)
        if found != _weighed(detector, account, events, notice):
            raise _defect(detector, "weighs a notice as a pure function", f"{notice.kind} was weighed in two ways")
    if not found_any:
        raise _defect(detector, "finds something in its example events and notices", "it found nothing")
    at = events[-1].time_ms
    unknown = Notice("of-tomorrow", "unknown", "", 4, 9, 1, 0.1, 9.0, at, at, at, "id", "signin", "", None, False)
    for notice in (unknown, *(replace(notice, ip=None, what="unknown") for notice in notices)):
        _weighed(detector, account, events, notice)


def _weighed(detector: Detector[Any], account: str, events: Sequence[AuditEvent], notice: Notice) -> Sequence[Evidence]:
    probe = _walked(detector, account, events)
    found = list(detector.notice(probe.state, notice, probe.context(notice.time_ms)))
    for evidence in found:
        _check_evidence(detector, evidence, account)
    return found


def _found(detector: Detector[Any], account: str, events: Sequence[AuditEvent]) -> list[Evidence]:
    probe = Probe(detector, account, detector.start())
    return [evidence for event in events for evidence in probe.observe(event) if not evidence.repeat]


def _check_seal(detector: Detector[Any], account: str, events: Sequence[AuditEvent]) -> None:
    """Sealing a day that it never saw, or saw long ago, or twice, is harmless."""
    last = events[-1].time_ms // DAY_MS
    for day in (last + 1, last + 400, last, last, last - 1, last - 400, 0, -1):
        for learn in (False, True):
            probe = _walked(detector, account, events)
            try:
                probe.seal(day, learn)
                probe.seal(day, learn)
                probe.reloaded().observe(events[-1])
            except Exception as error:
                raise _defect(detector, "survives the seal of any day", f"{error!r} on day {day - last:+d}") from error


def _check_unlearnt(detector: Detector[Any], account: str, events: Sequence[AuditEvent]) -> None:
    """What a day contained that was sealed without learning does not change how the day after the next is judged."""
    first, last = events[0].time_ms // DAY_MS, events[-1].time_ms // DAY_MS
    day = last + 1
    later = [_moved(event, day + 2 - first) for event in events if event.time_ms // DAY_MS == first]
    later += [_moved(event, day + 3 - last) for event in events if event.time_ms // DAY_MS == last]
    for source in (first, last):
        unlearnt = [_moved(event, day - source) for event in events if event.time_ms // DAY_MS == source]
        judged = []
        for seen in (unlearnt, []):
            probe = _walked(detector, account, events)
            probe.seal(last, True)
            for event in seen:
                probe.observe(event)
            probe.seal(day, False)
            probe.seal(day + 1, True)
            judged.append([probe.observe(event) for event in later])
        if judged[0] != judged[1]:
            seen_then = f"what was in day {source - first} of the examples changed a later score"
            raise _defect(detector, "forgets a day sealed without learning", seen_then)


def _moved(event: AuditEvent, days: int) -> AuditEvent:
    return replace(event, time_ms=event.time_ms + days * DAY_MS)
