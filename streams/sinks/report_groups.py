"""What the records of an incident have in common: what was unusual, addresses, sessions. Layer: streams."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from schemas.contracts.incident import Reason
from streams.sinks.report_model import Record

_FIGURES = re.compile(r"\d+(?:[.,]\d+)*")
_LEADING_FIGURE = re.compile(r"(\d+(?:\.\d+)?)(?=\s|$)")
_USUAL_FIGURE = re.compile(r"about (\d+(?:\.\d+)?)")
_TIMES_SHOWN_MIN = 2.0


@dataclass(slots=True, frozen=True)
class Unusual:
    """One observation beside the account's normal, from the record where it weighs most.

    `observed_percent` and `normal_percent` put both figures on one scale; both are None where they are words.
    """

    reason: Reason
    detector: str
    records: int
    time_ms: int | None
    observed_percent: float | None
    normal_percent: float | None
    times: str


@dataclass(slots=True, frozen=True)
class Shared:
    """An address or a session, and the records in which it appears."""

    name: str
    detail: str
    first_ms: int | None
    last_ms: int | None
    records: int
    stages: tuple[str, ...]
    operations: tuple[str, ...]
    others: tuple[str, ...]  # the sessions of an address, the addresses of a session


def unusual(records: Iterable[Record]) -> tuple[Unusual, ...]:
    """Every kind of reason once, with its heaviest observation; the heaviest first, what speaks against last.

    Reasons are of one kind when detector, feature and wording agree apart from their figures.
    """
    kinds: dict[tuple[str, str, str], list[tuple[Reason, Record]]] = {}
    for record in records:
        for reason in record.reasons:
            kind = (record.detector, reason.feature, _FIGURES.sub("#", reason.observed))
            kinds.setdefault(kind, []).append((reason, record))
    rows = [_heaviest(found) for found in kinds.values()]
    return tuple(sorted(rows, key=lambda row: (-row.reason.nats, row.reason.feature, row.reason.observed)))


def addresses(records: Iterable[Record]) -> tuple[Shared, ...]:
    """Each network address with what came from it, the busiest first."""
    return _shared(records, lambda record: record.ip, lambda record: record.session, _place)


def sessions(records: Iterable[Record]) -> tuple[Shared, ...]:
    """Each session with what was done in it, the busiest first."""
    return _shared(records, lambda record: record.session, lambda record: record.ip, lambda _, __: "")


def _heaviest(found: list[tuple[Reason, Record]]) -> Unusual:
    reason, record = max(found, key=lambda pair: abs(pair[0].nats))
    observed, normal = _figure(_LEADING_FIGURE, reason.observed), _figure(_USUAL_FIGURE, reason.expected)
    records = len({record.number for _, record in found})
    if observed is None or normal is None:
        return Unusual(reason, record.detector, records, record.time_ms, None, None, "")
    scale = 100 / (max(observed, normal) or 1.0)
    shown = (round(observed * scale, 1), round(normal * scale, 1))
    return Unusual(reason, record.detector, records, record.time_ms, *shown, _times(observed, normal))


def _figure(pattern: re.Pattern[str], text: str) -> float | None:
    found = pattern.match(text)
    return float(found.group(1)) if found else None


def _times(observed: float, normal: float) -> str:
    """`28 times the normal`; nothing where the normal is (nearly) none or the ratio is small."""
    if normal <= 0 or observed / normal < _TIMES_SHOWN_MIN:
        return ""
    ratio = observed / normal
    return f"{ratio:,.0f} times the normal" if ratio >= 10 else f"{ratio:.1f} times the normal"


def _shared(
    records: Iterable[Record],
    name: Callable[[Record], str],
    other: Callable[[Record], str],
    detail: Callable[[str, list[Record]], str],
) -> tuple[Shared, ...]:
    found: dict[str, list[Record]] = {}
    for record in records:
        if name(record):
            found.setdefault(name(record), []).append(record)
    rows = [_one_shared(key, group, detail(key, group), other) for key, group in found.items()]
    return tuple(sorted(rows, key=lambda row: (-row.records, row.name)))


def _one_shared(name: str, group: list[Record], detail: str, other: Callable[[Record], str]) -> Shared:
    times = [record.time_ms for record in group if record.time_ms is not None]
    return Shared(
        name=name,
        detail=detail,
        first_ms=min(times, default=None),
        last_ms=max(times, default=None),
        records=len(group),
        stages=tuple(dict.fromkeys(record.stage for record in group)),
        operations=tuple(dict.fromkeys(record.operation for record in group if record.operation)),
        others=tuple(dict.fromkeys(other(record) for record in group if other(record))),
    )


def _place(address: str, group: list[Record]) -> str:
    """What a reason says of the address beside its figures: `AS64867, Saint Petersburg, RU`."""
    pattern = re.compile(re.escape(address) + r" \(([^()]{1,120})\)")
    for record in group:
        for reason in record.reasons:
            found = pattern.search(reason.observed)
            if found:
                return found.group(1)
    return ""
