"""How surprising a count is for one account: hourly body, benign bursts, slow anchor. Layer: detectors.

Three parts (detection-science 1.3, 2.4-2.6), scored on trailing windows, learnt from sealed days in event-time order:

* body: Gamma-Poisson rate (half-life 21 d) times the share of the hour of the week (account season of 48 cells shrunk
  to the tenant's with a weight of 60 messages); the variance is mean + (dispersion + 1 / shape) mean**2;
* burst: with odds per hour (Beta, prior worth a week), of log-logistic size, learnt by responsibility, so that an
  account with a weekly newsletter learns its own newsletter;
* anchor: log of the daily maximum, half-life 60 d, each day's influence clipped, which a slow ramp cannot drag along.
  A level reached on three days spread over two weeks is a habit, and then counts with its frequency.

score = max(-ln P_body_or_burst(X >= x), -ln P_anchor(day >= x) + ln(windows in a day)) - ln 2, in nats.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

from river import base

from detectors.models.rounding import half
from detectors.models.surge_prior import SurgePrior
from detectors.models.surge_terms import Tail, WindowTerms, mixture, mixture_most
from detectors.models.tails import LOGISTIC_SCALE, log_logistic, negative_binomial

__all__ = ["SurgeAnchored", "SurgePrior"]

SCORE_MAX_NATS = 60.0
_BODY_KEEP = 0.5 ** (1.0 / (21 * 24))  # per hour
_ANCHOR_KEEP = 0.5 ** (1.0 / 60)  # per day
_SEASON_WEIGHT = 60.0  # messages
_SEASON_MAX = 1000.0  # messages; halved beyond, and what one hour adds at most
_BURST_HOURS = 720.0  # worth of the prior odds
_ODDS_MAX = 0.5
_BURST_WEIGHT = 0.5  # bursts: worth of the prior size
_BURST_IN_SEASON = 10.0  # messages a burst adds to its cell at most
_DISPERSION_HOURS = 30.0
_ANCHOR_DAYS = 3.0
_ANCHOR_VAR_MIN = 0.45  # the owner of a regular account, too, writes to forty people once a quarter
_DAY_OVER_HOUR = 1.1  # ln 3: a day's total over its greatest hour
_HABIT_DAYS, _HABIT_SPAN, _HABIT_SLACK, _PEAKS = 3, 14, math.log(2.0), 4
_PEAK_DAYS_MAX = 120
_LN2 = math.log(2.0)
_MARGIN = 1e-6  # nats; far more than what rounding adds to a bound
_SETTLED_HOURS = 336.0  # before that an account's silent hours mean little
_QUIET_MIN = 0.25  # bursts at an hour of silence: people in other places, cards written at night
_TOP = struct.Struct("<I")
_FIXED = struct.Struct("<10f")
_PEAK = struct.Struct("<eB")
_CELLS = struct.Struct("<48e")
_MASK_BYTES = 6
_TERMS_KEPT = 8  # windows


class SurgeAnchored(base.AnomalyDetector):
    """Counts of one account in one series (messages, external recipients, ...); see the module for the formulas.

    `learn_one({"cell": 0..47, "count": n})` learns one hour, 24 of them a day in order; `learn_day` learns a day at
    once and is what production calls, for silent days too. `score_one({"count": n, "hours": 1, "cell": c})`.
    """

    def __init__(self, prior: SurgePrior) -> None:
        self.prior = prior
        self._rate = 0.0  # decayed messages outside bursts
        self._hours = 0.0  # decayed hours
        self._excess = self._excess_weight = 0.0  # moments of the dispersion
        self._bursts = self._burst_log = self._burst_log2 = 0.0
        self._anchor = self._anchor_dev = self._anchor_days = 0.0
        self._cells = [0.0] * 48
        self._sent = 0.0  # sum of the cells
        self._workday = 0.0  # sum of the first 24
        self._peaks: list[tuple[float, int]] = []  # log of a clipped daily maximum, its age in days; oldest first
        self._hour = 0
        self._top = 0  # greatest hour of the day being learnt
        self._terms: dict[
            tuple[float, int], WindowTerms
        ] = {}  # what scores of a window have in common, by hours and cell
        self._terms_prior = prior  # the prior that they are of

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        yield {"prior": SurgePrior.shipped("messages")}

    # --- scoring -------------------------------------------------------------------------------------------------

    def score_one(self, x: dict[Hashable, Any]) -> float:
        """Nats of `count` in a trailing window of `hours` (default 1) that ends in `cell`."""
        return self.score_window(int(x.get("count", 0)), float(x.get("hours", 1.0)), int(x.get("cell", 0)))

    def score_window(self, count: int, window_hours: float, cell: int, least: float = 0.0) -> float:
        """Nats of `count` in a trailing window: 0 for 0, growing with the count, at most 60.

        Where it is certain to be below `least` (the burst alone bounds the mixture), 0 stands for it: the body need not be asked.
        """
        if count <= 0:
            return 0.0
        if self._terms_prior is not self.prior:
            self._terms, self._terms_prior = {}, self.prior
        terms = self._terms.get((window_hours, cell))
        if terms is None:
            if len(self._terms) >= _TERMS_KEPT:
                self._terms.clear()
            terms = self._terms[window_hours, cell] = self._terms_of(window_hours, cell)
        burst = terms.burst.nats(math.log(count))
        anchored = self._anchored(count, window_hours, terms)
        if max(anchored, mixture_most(burst, terms)) - _LN2 < least - _MARGIN:
            return 0.0
        return min(max(0.0, mixture(count, burst, terms) - _LN2, anchored - _LN2), SCORE_MAX_NATS)

    def _terms_of(self, window_hours: float, cell: int) -> WindowTerms:
        odds, mean, var = self._burst(cell)
        anchor_mean, anchor_var = self._anchor_level()
        if window_hours >= 12.0:
            anchor_mean += _DAY_OVER_HOUR
        body = (self.expected(window_hours, cell), self._size(window_hours))
        burst, anchor = Tail(mean, math.sqrt(var)), Tail(anchor_mean, math.sqrt(anchor_var))
        return WindowTerms(*body, min(odds * window_hours, _ODDS_MAX), burst, anchor)

    def expected(self, window_hours: float, cell: int) -> float:
        """Mean of the body in a window that ends in `cell`; a window of a day takes the busier kind of day."""
        rate = (self._rate + 1.0) / (self._hours - self._bursts + 1.0 / self.prior.rate)
        season = self._season_day() if window_hours >= 12.0 else self._season(cell)
        return rate * season * window_hours

    def _season(self, cell: int) -> float:
        """Rate in this hour over the week's mean rate."""
        share = (self._cells[cell] + _SEASON_WEIGHT * self.prior.season[cell]) / (self._sent + _SEASON_WEIGHT)
        return share * (33.6 if cell < 24 else 84.0)  # 168 hours / days of the kind

    def _season_day(self) -> float:
        """A day's rate over the week's mean: the busier kind of day, because a window of a day lies on two."""
        office = (self._workday + _SEASON_WEIGHT * self.prior.workday) / (self._sent + _SEASON_WEIGHT)
        return max(office * 1.4, (1.0 - office) * 3.5)

    def _size(self, window_hours: float) -> float:
        """Negative-binomial size: dispersion (averaging out over hours) plus what is unknown about the rate."""
        alpha = (self._excess + _DISPERSION_HOURS * self.prior.dispersion) / (self._excess_weight + _DISPERSION_HOURS)
        alpha = min(max(alpha, 0.05), 12.0) / math.sqrt(max(window_hours, 1.0))
        return 1.0 / (alpha + 1.0 / (self._rate + 1.0))

    def _burst(self, cell: int) -> tuple[float, float, float]:
        """Odds per hour, mean and variance of the log size. The hour counts as far as the account's own is known."""
        prior, n = self.prior, self._bursts
        odds = (n + prior.burst_odds * _BURST_HOURS) / (self._hours + _BURST_HOURS)
        own = self._sent / (self._sent + _SEASON_WEIGHT) * min(self._hours / _SETTLED_HOURS, 1.0)
        odds *= min(max(self._season(cell), _QUIET_MIN), 3.0) ** own
        odds = min(odds, _ODDS_MAX)
        mean = (self._burst_log + _BURST_WEIGHT * prior.burst_mean_log) / (n + _BURST_WEIGHT)
        spread = self._burst_log2 - 2.0 * mean * self._burst_log + n * mean * mean
        spread += 2.0 * prior.burst_var_log + _BURST_WEIGHT * (prior.burst_mean_log - mean) ** 2
        if n <= 0.0 or mean <= prior.burst_mean_log:  # small bursts say nothing against great ones
            return odds, prior.burst_mean_log, prior.burst_var_log
        return odds, mean, max(spread / (n + 2.0), 0.04)

    def _anchor_level(self) -> tuple[float, float]:
        """Mean and variance of ln(1 + daily maximum), shrunk to the prior."""
        days, prior = self._anchor_days, self.prior
        mean = (self._anchor + _ANCHOR_DAYS * prior.anchor_mean) / (days + _ANCHOR_DAYS)
        var = (self._anchor_dev + _ANCHOR_DAYS * prior.anchor_var) / (days + _ANCHOR_DAYS)
        return mean, max(var, _ANCHOR_VAR_MIN)

    def _anchored(self, count: int, window_hours: float, terms: WindowTerms) -> float:
        log_count = math.log1p(count)
        nats = terms.anchor.nats(log_count)
        if len(self._peaks) >= _HABIT_DAYS:
            reached = [age for level, age in self._peaks if level >= log_count - _HABIT_SLACK]
            if len(reached) >= _HABIT_DAYS and reached[0] - reached[-1] >= _HABIT_SPAN:
                nats = min(nats, -math.log(len(reached) / (reached[0] - reached[-1] + 7.0)))
        return nats if window_hours >= 12.0 else nats + math.log(24.0 / window_hours)

    # --- learning ------------------------------------------------------------------------------------------------

    def learn_one(self, x: dict[Hashable, Any]) -> None:
        """Learn one hour; the 24th closes the day."""
        self._terms.clear()
        self._learn_hour(int(x.get("cell", 0)), int(x.get("count", 0)))
        self._hour += 1
        if self._hour == 24:
            self._close_day()

    def learn_day(self, counts: Sequence[int], weekend: bool, age_days: int = 0) -> None:
        """Learn a sealed day, hour by hour; equal to 24 calls of `learn_one`. `age_days`: how long ago, if learnt late."""
        first = 24 if weekend else 0
        self._terms.clear()
        silent = 0
        for hour, count in enumerate(counts):
            if count:
                self._learn_silent_hours(range(first + hour - silent, first + hour))
                silent = 0
                self._learn_hour(first + hour, count)
            else:
                silent += 1
        self._learn_silent_hours(range(first + len(counts) - silent, first + len(counts)))
        self._hour = 24
        self._close_day(age_days)

    def _learn_hour(self, cell: int, count: int) -> None:
        if count > self._top:
            self._top = count
        mean = self.expected(1.0, cell)
        burst = self._responsibility(cell, count, mean) if count > 3 else 0.0
        body = 1.0 - burst
        self._rate = self._rate * _BODY_KEEP + body * count
        self._hours = self._hours * _BODY_KEEP + 1.0
        self._bursts *= _BODY_KEEP
        self._burst_log *= _BODY_KEEP
        self._burst_log2 *= _BODY_KEEP
        if burst > 0.0:
            log_count = math.log(count)
            self._bursts += burst
            self._burst_log += burst * log_count
            self._burst_log2 += burst * log_count * log_count
        if count:
            add = body * min(count, _SEASON_MAX) + burst * min(count, _BURST_IN_SEASON)
            self._cells[cell] += add
            self._sent += add
            if cell < 24:
                self._workday += add
        if mean > 0.02:
            weight = min(mean, 1.0) * body
            excess = self._excess * _BODY_KEEP + weight * ((count - mean) ** 2 - count) / (mean * mean)
            self._excess = excess if excess > 0.0 else 0.0
            self._excess_weight = self._excess_weight * _BODY_KEEP + weight

    def _learn_silent_hours(self, cells: range) -> None:
        """`_learn_hour` of 0 for each of these cells, which most hours are: the same arithmetic in the same order."""
        own, season, sent = self._cells, self.prior.season, self._sent + _SEASON_WEIGHT
        rate, hours, bursts, prior_hours = self._rate, self._hours, self._bursts, 1.0 / self.prior.rate
        burst_log, burst_log2 = self._burst_log, self._burst_log2
        excess, excess_weight = self._excess, self._excess_weight
        for cell in cells:
            share = (own[cell] + _SEASON_WEIGHT * season[cell]) / sent
            mean = (rate + 1.0) / (hours - bursts + prior_hours) * (share * (33.6 if cell < 24 else 84.0))
            rate *= _BODY_KEEP
            hours = hours * _BODY_KEEP + 1.0
            bursts *= _BODY_KEEP
            burst_log *= _BODY_KEEP
            burst_log2 *= _BODY_KEEP
            if mean > 0.02:
                weight = mean if mean < 1.0 else 1.0
                excess = excess * _BODY_KEEP + weight * (mean**2) / (mean * mean)
                excess_weight = excess_weight * _BODY_KEEP + weight
        self._rate, self._hours, self._bursts = rate, hours, bursts
        self._burst_log, self._burst_log2 = burst_log, burst_log2
        self._excess, self._excess_weight = excess, excess_weight

    def _responsibility(self, cell: int, count: int, mean: float) -> float:
        """P(burst | count) in [0, 1]; 0 unless the body finds the count surprising (3 nats)."""
        size = self._size(1.0)
        if negative_binomial(count, mean, size) <= 3.0:
            return 0.0
        odds, level, var = self._burst(cell)
        total = mean + size
        body = math.lgamma(count + size) - math.lgamma(size) - math.lgamma(count + 1)
        body += size * math.log(size / total) + count * math.log(mean / total)
        shape = LOGISTIC_SCALE / math.sqrt(var)
        z = shape * (math.log(count) - level)
        tail = log_logistic(math.log(count), level, var)
        log_odds = math.log(odds / (1.0 - odds)) + math.log(shape / count) + z - 2.0 * tail - body
        if log_odds < -7.0:
            return 0.0
        return 1.0 if log_odds > 30.0 else 1.0 / (1.0 + math.exp(-log_odds))

    def _close_day(self, age_days: int = 0) -> None:
        """Anchor, peaks, ages; then round the state to what `pack` keeps, so a restart changes nothing."""
        self._peaks = [(level, age + 1) for level, age in self._peaks if age < _PEAK_DAYS_MAX]
        if self._top > 0:
            mean, var = self._anchor_level()
            level = math.log1p(self._top)
            clip = mean + (3.0 if self._anchor_days < 10.0 else 1.5) * math.sqrt(var)
            if level > clip:
                peaks = [*self._peaks, (level, min(age_days, _PEAK_DAYS_MAX))][-_PEAKS:]
                self._peaks = sorted(peaks, key=lambda peak: -peak[1])
            level = min(level, clip)
            self._anchor = self._anchor * _ANCHOR_KEEP + level
            self._anchor_dev = self._anchor_dev * _ANCHOR_KEEP + (level - mean) ** 2
            self._anchor_days = self._anchor_days * _ANCHOR_KEEP + 1.0
        if self._sent > _SEASON_MAX:
            self._cells = [0.5 * cell for cell in self._cells]
        self._hour = self._top = 0
        self._round()

    def _round(self) -> None:
        """Round to what `pack` keeps: as `_restore(pack())`."""
        numbers = _FIXED.unpack(
            _FIXED.pack(
                *(self._rate, self._hours, self._excess, self._excess_weight),
                *(self._bursts, self._burst_log, self._burst_log2),
                *(self._anchor, self._anchor_dev, self._anchor_days),
            )
        )
        self._rate, self._hours, self._excess, self._excess_weight = numbers[:4]
        self._bursts, self._burst_log, self._burst_log2 = numbers[4:7]
        self._anchor, self._anchor_dev, self._anchor_days = numbers[7:]
        self._peaks = [(half(level), age) for level, age in self._peaks]
        cells = self._cells = list(_CELLS.unpack(_CELLS.pack(*self._cells)))
        self._sent = sum(cells)
        self._workday = sum(cells[:24])

    # --- bytes ---------------------------------------------------------------------------------------------------

    def pack(self) -> bytes:
        """State, at most 159 bytes: the greatest hour only within a day, of the season the cells in use and which they are."""
        used = [cell for cell in range(48) if self._cells[cell] > 0.0]
        parts = [
            bytes([self._hour | len(self._peaks) << 5]),
            _TOP.pack(min(self._top, 0xFFFFFFFF)) if self._hour else b"",
            _FIXED.pack(
                *(self._rate, self._hours, self._excess, self._excess_weight),
                *(self._bursts, self._burst_log, self._burst_log2),
                *(self._anchor, self._anchor_dev, self._anchor_days),
            ),
            *(_PEAK.pack(level, age) for level, age in self._peaks),
        ]
        if used:
            parts.append(sum(1 << cell for cell in used).to_bytes(_MASK_BYTES, "little"))
            parts.append(struct.pack(f"<{len(used)}e", *(self._cells[cell] for cell in used)))
        return b"".join(parts)

    @classmethod
    def unpack(cls, data: bytes, prior: SurgePrior) -> SurgeAnchored:
        """State from bytes; ValueError when they are damaged."""
        model = cls(prior)
        model._restore(data)
        numbers = [model._rate, model._hours, model._excess, model._excess_weight, model._bursts, model._burst_log2]
        numbers += [model._anchor, model._anchor_dev, model._anchor_days, *model._cells]
        numbers += [level for level, _ in model._peaks]
        sound = all(0.0 <= number < math.inf for number in numbers)
        if not sound or not math.isfinite(model._burst_log) or model._bursts > model._hours or model._hour > 23:
            raise ValueError("the bytes are no surge model")
        return model

    def _restore(self, data: bytes) -> None:
        try:
            head, at = data[0], 1
            self._hour, self._top = head & 31, 0
            if self._hour:
                (self._top,) = _TOP.unpack_from(data, at)
                at += _TOP.size
            numbers = _FIXED.unpack_from(data, at)
            peaks = at + _FIXED.size
            season = peaks + (head >> 5) * _PEAK.size
            self._peaks = [(level, age) for level, age in _PEAK.iter_unpack(data[peaks:season])]
            self._cells = _unpacked_cells(data[season:])
        except (struct.error, IndexError) as error:
            raise ValueError("the bytes are no surge model") from error
        self._rate, self._hours, self._excess, self._excess_weight = numbers[:4]
        self._bursts, self._burst_log, self._burst_log2 = numbers[4:7]
        self._anchor, self._anchor_dev, self._anchor_days = numbers[7:10]
        self._sent = sum(self._cells)
        self._workday = sum(self._cells[:24])


def _unpacked_cells(data: bytes) -> list[float]:
    """48 cells from the mask of those in use and their values; nothing at all for none."""
    cells = [0.0] * 48
    if data:
        mask = int.from_bytes(data[:_MASK_BYTES], "little")
        used = [cell for cell in range(48) if mask >> cell & 1]
        for cell, value in zip(used, struct.unpack(f"<{len(used)}e", data[_MASK_BYTES:]), strict=True):
            cells[cell] = value
    return cells
