"""Geometry of the timelines: where on the axis a record, a mark or a tick stands. Layer: streams.

Horizontal places are percent of the width, so that one drawing fits every screen and paper; vertical ones are pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from streams.sinks.report_model import Record, ReportIncident
from streams.sinks.report_times import Zone

LANE_PX, HEAD_PX, FOOT_PX = 52, 34, 26
_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000
_STEPS = (
    *(_MINUTE * count for count in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * count for count in (1, 2, 3, 6, 12)),
    *(_DAY * count for count in (1, 2, 7, 14, 28, 91, 365)),
)
_TICKS_MAX = 6
_LEFT, _RIGHT = 3.0, 97.0  # percent between which records stand
_SPAN_MS_MIN = 60_000
_NOMINAL_PX = 1_000  # width at which neighbours are told apart
_OFFSETS_PX = (0, -8, 8, -16, 16)
_RADIUS_PX_MIN, _RADIUS_PX_MORE, _NATS_MAX = 3.0, 4.5, 20.0
_NEIGHBOURS_MAX = 64
_LABELS_APART_PERCENT = 14.0


@dataclass(slots=True, frozen=True)
class Axis:
    """A stretch of time, in milliseconds, laid over the width."""

    first_ms: int
    last_ms: int

    def percent(self, time_ms: int) -> float:
        """Place of a time; times outside stand at the edge."""
        inside = min(max(time_ms, self.first_ms), self.last_ms)
        return round(_LEFT + (_RIGHT - _LEFT) * (inside - self.first_ms) / (self.last_ms - self.first_ms), 2)


@dataclass(slots=True, frozen=True)
class Point:
    """One record in its lane."""

    record: Record
    x_percent: float
    y_px: int
    radius_px: float


@dataclass(slots=True, frozen=True)
class Lane:
    """The records of one stage."""

    stage: str
    top_px: int
    height_px: int
    points: tuple[Point, ...]


@dataclass(slots=True, frozen=True)
class Mark:
    """A moment across all lanes, or a tick of the axis; `anchor` keeps its text inside the drawing."""

    label: str
    time_ms: int
    x_percent: float
    anchor: str
    y_px: int = 0
    minor: bool = False


@dataclass(slots=True, frozen=True)
class Timeline:
    """The drawing of one incident."""

    height_px: int
    head_px: int
    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Mark, ...]


def axis_over(times: Iterable[int | None]) -> Axis | None:
    """The axis that holds all of these times, at least a minute long; None where there is no time."""
    known = [time for time in times if time is not None]
    if not known:
        return None
    first, last = min(known), max(known)
    missing = max(_SPAN_MS_MIN - (last - first), 0)
    return Axis(first - missing // 2, last + missing - missing // 2)


def draw(incident: ReportIncident, zone: Zone) -> Timeline | None:
    """The timeline of an incident; None where no record has a time."""
    records = [record for record in incident.records if record.time_ms is not None]
    if not records:
        return None
    axis = axis_over([record.time_ms for record in records] + [incident.created_ms, incident.act_ms])
    assert axis is not None
    present = [stage for stage in incident.stages if any(record.stage == stage for record in records)]
    lanes = tuple(
        _lane(stage, HEAD_PX + place * LANE_PX, [record for record in records if record.stage == stage], axis)
        for place, stage in enumerate(present)
    )
    height = HEAD_PX + len(lanes) * LANE_PX + FOOT_PX
    return Timeline(height, HEAD_PX, lanes, _tier_marks(incident, axis), ticks(axis, zone))


def ticks(axis: Axis, zone: Zone) -> tuple[Mark, ...]:
    """At most six ticks at round local times."""
    span = axis.last_ms - axis.first_ms
    step = next((step for step in _STEPS if span // step < _TICKS_MAX), span)
    ahead = zone.offset_ms(axis.first_ms)
    start = -((axis.first_ms + ahead) // -step) * step - ahead
    return tuple(
        Mark("", time_ms, axis.percent(time_ms), _anchor(axis.percent(time_ms)), minor=place % 2 == 1)
        for place, time_ms in enumerate(range(start, axis.last_ms + 1, step))
    )


def _lane(stage: str, top_px: int, records: Sequence[Record], axis: Axis) -> Lane:
    taken: list[tuple[float, int]] = []
    points = []
    for record in records:
        x_percent = axis.percent(record.time_ms or 0)
        radius = _radius(record.nats)
        x_px = x_percent * _NOMINAL_PX / 100
        free = [offset for offset in _OFFSETS_PX if not _is_taken(taken, x_px, offset, radius)]
        offset = free[0] if free else _OFFSETS_PX[record.number % len(_OFFSETS_PX)]
        taken.append((x_px, offset))
        points.append(Point(record, x_percent, top_px + LANE_PX // 2 + offset, radius))
    return Lane(stage, top_px, LANE_PX, tuple(points))


def _is_taken(taken: Sequence[tuple[float, int]], x_px: float, offset: int, radius: float) -> bool:
    return any(other == offset and abs(x_px - place) < 2 * radius for place, other in taken[-_NEIGHBOURS_MAX:])


def _radius(nats: float) -> float:
    return round(_RADIUS_PX_MIN + _RADIUS_PX_MORE * min(max(nats, 0.0), _NATS_MAX) / _NATS_MAX, 1)


def _tier_marks(incident: ReportIncident, axis: Axis) -> tuple[Mark, ...]:
    """When the incident was first reported, and when it became certain enough to act."""
    marks: list[Mark] = []
    for label, time_ms in (("reported", incident.created_ms), ("act", incident.act_ms)):
        if time_ms is None:
            continue
        if marks and marks[0].time_ms == time_ms:
            return (Mark("reported, act", time_ms, marks[0].x_percent, marks[0].anchor, 12),)
        place = axis.percent(time_ms)
        close = bool(marks) and abs(place - marks[0].x_percent) < _LABELS_APART_PERCENT
        marks.append(Mark(label, time_ms, place, _anchor(place), 26 if close else 12))
    return tuple(marks)


def _anchor(x_percent: float) -> str:
    return "end" if x_percent > 88 else "middle"
