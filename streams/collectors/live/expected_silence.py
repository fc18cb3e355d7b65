"""How improbable a feed's silence is, given its own past. Layer: streams.

Time is cut into bins of five minutes; a bin is busy when a record arrived in it (a blob of a thousand records is one arrival).
Three things are learnt:

* The rate r of busy bins by hour of the week, each hour shrunk towards the same hour of the other working days, or of the
  weekend, and that towards the whole (gamma-Poisson, empirical Bayes); an hour that was never lived through expects nothing.
  A bin is empty with chance 1 - r/12, so that a silence gathers H = sum of -ln(1 - r/12) over its empty bins: one where
  none ever was says more than that one arrival was expected.
* The level of today, as days differ (holidays): busy bins n against expected ones e of the last hours, up to the last arrival,
  scale H by (A0 + n)/(A0 + e).
* The tail of the feed's own pauses (`gap_tail`), apart for hours in which it hardly speaks, speaks, and speaks all the time, and
  for days that are as busy as they should be and others: a holiday's pauses say nothing about a working day's.

A pause's surprise is that of a gamma-Poisson mixture, y = A ln(1 + H/A); 1/A, the squared relative error of what was
expected, is the level's 1/(A0 + n) and the rates' own, 1/(1 + the busy bins that they are known from, which are not independent:
a quarter counts). How rare such a y is, its tail says. A feed that hardly speaks is never expected.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

from streams.collectors.live.gap_tail import GapTail

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
BIN_MS: Final = 5 * MINUTE_MS
SHAPE_MAX: Final = 8.0  # A0: what is known of a day's level before it is seen; not more than days were seen
_BINS: Final = HOUR_MS / BIN_MS
_SURE_MAX: Final = 0.98  # chance of a busy bin
_LEVEL_MS: Final = 6 * HOUR_MS  # half-life of what was seen of today's level
_KNOWN_SHARE: Final = 0.25
_TAIL_RATES: Final = (2.0, 8.0)  # busy bins per hour that part the kinds of hours
_USUAL_DUE: Final = 8.0  # expected busy bins of the last hours from which on they tell
_USUAL: Final = 0.75  # share of them that came
_TAIL_HOURS: Final = 120.0  # of exposure; before, pauses are surprising because little is known
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
        self._tails = [GapTail() for _ in range(2 * (len(_TAIL_RATES) + 1))]
        self._seen = self._due = 0.0  # busy bins of the last hours, and expected ones
        self.last_ms = 0
        self._bin = -1

    def arrived(self, time_ms: int, learn: bool = True) -> None:
        """Records came. `learn` false: the silence before was told; maybe an outage, and not what to expect."""
        if not self.last_ms:
            self.last_ms, self._bin = time_ms, time_ms // BIN_MS
            return
        number = time_ms // BIN_MS
        if number <= self._bin:
            self.last_ms = max(self.last_ms, time_ms)
            return
        if sum(self._hours) >= _TAIL_HOURS:
            bins = min(time_ms - self.last_ms, 7 * DAY_MS) / BIN_MS
            self._tail().learn(self._surprise(number * BIN_MS), bins, learn)
        if learn:
            self._note_level(time_ms)
            self._expose(self._bin * BIN_MS, number * BIN_MS)
            self._busy[_hour(time_ms)] += 1.0
        else:
            self._seen = self._due = 0.0
        self.last_ms, self._bin = time_ms, number

    def resumed(self, time_ms: int) -> None:
        """Nobody listened until now: silence counts from here on, and what was seen of the day before is worth less."""
        if self.last_ms:
            fade = 0.5 ** (max(0, time_ms - self.last_ms) / _LEVEL_MS)
            self._seen, self._due = self._seen * fade, self._due * fade
            self.last_ms, self._bin = time_ms, time_ms // BIN_MS

    def improbability(self, time_ms: int) -> float:
        """Nats: -ln of the chance that a silence as long as that since the last record begins in a given bin.

        0 while too little is known. It never falls while the silence lasts.
        """
        if sum(self._hours) < 24.0 or not self.last_ms:
            return 0.0
        return self._tail().improbability(self._surprise(time_ms))

    def expected(self, from_ms: int, to_ms: int) -> float:
        """Expected busy bins of a span; a span beyond a week counts as a week."""
        return sum(rate * hours for rate, hours, _ in self._spans(from_ms, to_ms))

    def _surprise(self, time_ms: int) -> float:
        """Nats of the pause since the last busy bin, were rates and level all there is."""
        hazard, known = 0.0, 0.0
        for rate, hours, known_from in self._spans((self._bin + 1) * BIN_MS, time_ms):
            hazard -= _BINS * hours * math.log1p(-min(rate / _BINS, _SURE_MAX))
            known += known_from
        known = _KNOWN_SHARE * min(known, sum(self._busy))
        level = min(SHAPE_MAX, sum(self._hours) / 24.0)
        shape = 1.0 / (1.0 / (level + self._seen) + 1.0 / (1.0 + known))
        return shape * math.log1p(hazard * (level + self._seen) / (level + self._due) / shape)

    def _tail(self) -> GapTail:
        """That of the kind of hour in which the last record came, and of whether the feed was then as busy as it should be."""
        rate = self._rate(_hour(self.last_ms), self._overall())
        usual = self._due >= _USUAL_DUE and self._seen >= _USUAL * self._due
        return self._tails[2 * sum(rate >= limit for limit in _TAIL_RATES) + usual]

    def _note_level(self, time_ms: int) -> None:
        fade = 0.5 ** ((time_ms - self.last_ms) / _LEVEL_MS)
        due = self.expected((self._bin + 1) * BIN_MS, (time_ms // BIN_MS + 1) * BIN_MS)
        self._seen, self._due = self._seen * fade + 1.0, self._due * fade + due

    def _spans(self, from_ms: int, to_ms: int) -> Iterator[tuple[float, float, float]]:
        """By hour of a span, at most a week: busy bins per hour, the hours of it, busy bins that the rate is known from."""
        to_ms, overall, at = min(to_ms, from_ms + 7 * DAY_MS), self._overall(), from_ms
        while at < to_ms:
            end = min(to_ms, at // HOUR_MS * HOUR_MS + HOUR_MS)
            hour = _hour(at)
            yield self._rate(hour, overall), (end - at) / HOUR_MS, sum(self._busy[one] for one in _same(hour))
            at = end

    def _overall(self) -> float:
        return (sum(self._busy) + 0.1) / (sum(self._hours) + 24.0)

    def _rate(self, hour: int, overall: float) -> float:
        """Busy bins per hour. One hour that was quiet is believed at once: to expect too little is the lesser evil."""
        same = _same(hour)
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
        level = [round(self._seen, 2), round(self._due, 2)]
        return [self.last_ms, self._bin, busy, hours, level, [tail.dump() for tail in self._tails]]

    @classmethod
    def load(cls, held: list[Any]) -> ArrivalModel:
        """Read back; what an older version did not keep begins at its prior, what a newer one keeps besides is passed over."""
        model = cls()
        model.last_ms, model._bin, model._busy, model._hours = held[0], held[1], list(held[2]), list(held[3])
        if len(held) > 5:
            model._seen, model._due = held[4]
            if len(held[5]) == len(model._tails):
                model._tails = [GapTail.load(row) for row in held[5]]
        return model


def _same(hour: int) -> range:
    """The same hour of all working days, or of the weekend."""
    first, last = (0, _WORKING_HOURS) if hour < _WORKING_HOURS else (_WORKING_HOURS, _HOURS)
    return range(first + hour % 24, last, 24)


def _hour(time_ms: int) -> int:
    """Hour of the week, 0 to 167, Monday first."""
    return (time_ms // HOUR_MS + _EPOCH_HOUR) % _HOURS
