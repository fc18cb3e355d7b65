"""The tenant's week: share of its mail by hour, shrunk to an office's. Layer: detectors."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.contracts.profile import office_season

WEIGHT_MESSAGES = 2_000.0  # messages of a week that the shipped shape is worth
WEEKEND_WEIGHT_DAYS = 2.0  # weekend days that the shipped ratio of weekend to working day is worth
_OFFICE = office_season()
_OFFICE_WORK, _OFFICE_WEEKEND = sum(_OFFICE[:24]), sum(_OFFICE[24:])
_OFFICE_RATIO = (_OFFICE_WEEKEND / 2) / (_OFFICE_WORK / 5)  # a weekend day's mail to a working day's


def season(work: Sequence[float], weekend: Sequence[float], work_days: float, weekend_days: float) -> tuple[float, ...]:
    """48 shares of a week (24 hours of five working days, 24 of two weekend days), sum 1.

    `work`, `weekend` are messages by hour over `work_days`, `weekend_days` days; the two kinds of day are levelled first,
    so that a history of three Mondays does not mean that nobody works at the weekend.
    """
    if not sum(work) and not sum(weekend):
        return _OFFICE
    level = sum(work) / work_days if work_days else sum(weekend) / weekend_days / _OFFICE_RATIO
    quiet = (sum(weekend) + WEEKEND_WEIGHT_DAYS * _OFFICE_RATIO * level) / (weekend_days + WEEKEND_WEIGHT_DAYS)
    cells = [5.0 * level * share for share in _shape(work, _OFFICE[:24])]
    cells += [2.0 * quiet * share for share in _shape(weekend, _OFFICE[24:])]
    total = sum(cells)
    return tuple(round(cell / total, 6) for cell in cells)


def _shape(counts: Sequence[float], office: Sequence[float]) -> list[float]:
    """Shares of a day's hours, sum 1."""
    total = sum(counts) + WEIGHT_MESSAGES * sum(office)
    return [(count + WEIGHT_MESSAGES * share) / total for count, share in zip(counts, office, strict=True)]
