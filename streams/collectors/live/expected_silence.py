"""How improbable a feed's silence is, given its own past. Layer: streams.

Time is cut into bins of five minutes; a bin is busy when a record arrived in it (a blob of a thousand records is one
arrival). The rate of busy bins is learnt by hour of the week, each hour shrunk towards the same hour of the other working days,
or of the weekend, and that towards the whole (gamma-Poisson, empirical Bayes); an hour that was never lived through expects
nothing. Whole days differ (holidays), so that the count over a silence is a gamma-Poisson mixture whose shape A grows with the
days seen and is bounded: P(none) = (1 + E/A)^-A for E expected busy bins. A feed that hardly speaks is never expected.
"""

from __future__ import annotations

import math
from typing import Any, Final

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
BIN_MS: Final = 5 * MINUTE_MS
SHAPE_MAX: Final = 8.0
_HOURS: Final = 168
_EPOCH_HOUR: Final = 72  # 1970-01-01 was a Thursday; weeks begin on Monday
_WEEKS_MAX: Final = 8.0  # exposure of an hour of the week; then older weeks fade
_WORKING_HOURS: Final = 120  # Monday to Friday
_HOUR_PRIOR: Final = 0.5  # hours of exposure that the coarser rate is worth
_DAY_PRIOR: Final = 1.0
_LIVED_MIN: Final = 0.75  # hours of exposure


class ArrivalModel:
    """One feed's arrivals. Times are UTC milliseconds of the collector's clock and do not go back."""

    def __init__(self) -> None:
        self._busy = [0.0] * _HOURS
        self._hours = [0.0] * _HOURS  # exposure
        self.last_ms = 0
        self._bin = -1

    def arrived(self, time_ms: int, learn: bool = True) -> None:
        """Records came. `learn` false: the silence before was an outage, and is not what to expect."""
        if not self.last_ms:
            self.last_ms, self._bin = time_ms, time_ms // BIN_MS
            return
        number = time_ms // BIN_MS
        if number <= self._bin:
            self.last_ms = max(self.last_ms, time_ms)
            return
        if learn:
            self._expose(self._bin * BIN_MS, number * BIN_MS)
            self._busy[_hour(time_ms)] += 1.0
        self.last_ms, self._bin = time_ms, number

    def resumed(self, time_ms: int) -> None:
        """Nobody listened until now: silence counts from here on."""
        if self.last_ms:
            self.last_ms, self._bin = time_ms, time_ms // BIN_MS

    def improbability(self, time_ms: int) -> float:
        """Nats: -ln P(no record since the last one). 0 while too little is known."""
        days = sum(self._hours) / 24.0
        if days < 1.0 or not self.last_ms:
            return 0.0
        shape = min(SHAPE_MAX, days)
        return shape * math.log1p(self.expected(self.last_ms, time_ms) / shape)

    def expected(self, from_ms: int, to_ms: int) -> float:
        """Expected busy bins of a span; a span beyond a week counts as a week."""
        to_ms = min(to_ms, from_ms + 7 * DAY_MS)
        overall = (sum(self._busy) + 0.1) / (sum(self._hours) + 24.0)
        total = 0.0
        at = from_ms
        while at < to_ms:
            end = min(to_ms, at // HOUR_MS * HOUR_MS + HOUR_MS)
            total += self._rate(_hour(at), overall) * (end - at) / HOUR_MS
            at = end
        return total

    def _rate(self, hour: int, overall: float) -> float:
        """Busy bins per hour. One hour that was quiet is believed at once: to expect too little is the lesser evil."""
        kind = range(_WORKING_HOURS) if hour < _WORKING_HOURS else range(_WORKING_HOURS, _HOURS)
        same = range(kind.start + hour % 24, kind.stop, 24)
        lived = sum(self._hours[one] for one in same)
        if lived < _LIVED_MIN:
            return 0.0
        usual = (sum(self._busy[one] for one in same) + _DAY_PRIOR * overall) / (lived + _DAY_PRIOR)
        rate = (self._busy[hour] + _HOUR_PRIOR * usual) / (self._hours[hour] + _HOUR_PRIOR)
        own = (self._busy[hour] + 1.0) / self._hours[hour] if self._hours[hour] >= _LIVED_MIN else rate
        return min(rate, own)

    def _expose(self, from_ms: int, to_ms: int) -> None:
        at = max(from_ms, to_ms - 7 * DAY_MS)
        while at < to_ms:
            end = min(to_ms, at // HOUR_MS * HOUR_MS + HOUR_MS)
            hour = _hour(at)
            self._hours[hour] += (end - at) / HOUR_MS
            if self._hours[hour] > _WEEKS_MAX:
                self._hours[hour] /= 2
                self._busy[hour] /= 2
            at = end

    def dump(self) -> list[Any]:
        """As JSON."""
        busy, hours = ([round(value, 3) for value in values] for values in (self._busy, self._hours))
        return [self.last_ms, self._bin, busy, hours]

    @classmethod
    def load(cls, held: list[Any]) -> ArrivalModel:
        """Read back."""
        model = cls()
        model.last_ms, model._bin, model._busy, model._hours = held[0], held[1], list(held[2]), list(held[3])
        return model


def _hour(time_ms: int) -> int:
    """Hour of the week, 0 to 167, Monday first."""
    return (time_ms // HOUR_MS + _EPOCH_HOUR) % _HOURS
