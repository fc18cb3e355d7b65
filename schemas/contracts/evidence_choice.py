"""Which vendor records stand for an incident when there are more than a message holds (contracts 2). Layer: schemas."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from schemas.contracts.incident import EvidenceRecord, Stage

EVIDENCES_MAX: Final = 64
_Group = tuple[str, Stage]


def choose_evidence(records: Iterable[EvidenceRecord], limit: int = EVIDENCES_MAX) -> tuple[EvidenceRecord, ...]:
    """At most `limit` records: first, last and peak per detector and stage, then by nats, time, uid; in order of time, uid.

    Never by arrival: any order of `records` gives the same answer. A record appears once per detector, with its greatest
    nats.
    """
    distinct = _distinct(records)
    pillars = _pillars(distinct)
    ranked = sorted(distinct, key=lambda record: ((record.detector, record.uid) not in pillars, _rank(record)))
    return tuple(sorted(ranked[:limit], key=_place))


def finite(nats: float) -> float:
    """Nats as they are compared and told: 0 for what is no finite number."""
    return nats if math.isfinite(nats) else 0.0


def _distinct(records: Iterable[EvidenceRecord]) -> list[EvidenceRecord]:
    kept: dict[tuple[str, str], EvidenceRecord] = {}
    for record in records:
        key = (record.detector, record.uid)
        held = kept.get(key)
        if held is None or _rank(record) < _rank(held):
            kept[key] = record
    return list(kept.values())


def _pillars(records: list[EvidenceRecord]) -> set[tuple[str, str]]:
    groups: dict[_Group, list[EvidenceRecord]] = {}
    for record in records:
        groups.setdefault((record.detector, record.stage), []).append(record)
    return {
        (record.detector, record.uid)
        for group in groups.values()
        for record in (min(group, key=_place), max(group, key=_place), min(group, key=_rank))
    }


def _place(record: EvidenceRecord) -> tuple[int, str, str]:
    return (record.time_ms, record.uid, record.detector)


def _rank(record: EvidenceRecord) -> tuple[float, int, str, str, Stage]:
    return (-finite(record.nats), record.time_ms, record.uid, record.detector, record.stage)
