"""How often a feed pauses for longer than its rate explains: the tail of its own pauses. Layer: streams.

Peaks over a threshold (Balkema & de Haan 1974, Pickands 1975): pauses whose surprise exceeds `PEAK` nats are counted per
five-minute bin lived through, and their excess z is generalised Pareto, P(Z > z) = (1 + z/(A s))^-A. Shape A and scale s
have a small grid of values with a posterior; the tail is the mixture. Were the rates all there is to know, excess would be
exponential with scale 1 (A large); bursts, delays and days unlike others make it heavier.
"""

from __future__ import annotations

import math
from typing import Any, Final

PEAK: Final = 2.0  # nats
_GRID: Final = [(shape, scale) for shape in (2.0, 4.0, 8.0, 32.0) for scale in (0.5, 1.0, 2.0, 4.0)]
_PRIOR: Final = [-2.0 * (abs(math.log2(shape / 8.0)) + abs(math.log2(scale))) for shape, scale in _GRID]  # log weights
_PRIOR_PEAKS: Final = 1.0
_PRIOR_BINS: Final = 100.0
_CENSORED: Final = 6.0  # nats of excess that a told silence counts as having outlasted, whatever its cause
_HALF_LIFE_BINS: Final = 60.0 * 288.0


class GapTail:
    """The tail of pauses of one kind."""

    def __init__(self) -> None:
        self._bins = 0.0
        self._peaks = 0.0
        self._likelihood = [0.0] * len(_GRID)  # logs

    def learn(self, surprise: float, bins: float, whole: bool = True) -> None:
        """A pause is over: its surprise in nats, its length in bins. Not `whole`: it was told, and may have been an outage."""
        kept = 0.5 ** (bins / _HALF_LIFE_BINS)
        self._bins = self._bins * kept + bins
        self._peaks *= kept
        self._likelihood = [value * kept for value in self._likelihood]
        if surprise <= PEAK:
            return
        self._peaks += 1.0
        excess = surprise - PEAK
        for place, (shape, scale) in enumerate(_GRID):
            if whole:
                self._likelihood[place] -= math.log(scale) + (shape + 1.0) * math.log1p(excess / (shape * scale))
            else:
                self._likelihood[place] -= shape * math.log1p(min(excess, _CENSORED) / (shape * scale))

    def improbability(self, surprise: float) -> float:
        """Nats: -ln of the chance that a pause of at least this surprise begins in a bin."""
        rate = math.log((self._bins + _PRIOR_BINS) / (self._peaks + _PRIOR_PEAKS))
        if surprise <= PEAK:
            return rate * surprise / PEAK
        excess = surprise - PEAK
        weights = [held + prior for held, prior in zip(self._likelihood, _PRIOR, strict=True)]
        tails = [
            weight - shape * math.log1p(excess / (shape * scale))
            for weight, (shape, scale) in zip(weights, _GRID, strict=True)
        ]
        return rate + _log_sum(weights) - _log_sum(tails)

    def dump(self) -> list[Any]:
        """As JSON."""
        top = max(self._likelihood)
        return [round(self._bins, 1), round(self._peaks, 2), [round(value - top, 2) for value in self._likelihood]]

    @classmethod
    def load(cls, held: list[Any]) -> GapTail:
        """Read back."""
        tail = cls()
        tail._bins, tail._peaks = held[0], held[1]
        if len(held[2]) == len(_GRID):
            tail._likelihood = list(held[2])
        return tail


def _log_sum(values: list[float]) -> float:
    """ln of the sum of exponentials."""
    top = max(values)
    return top + math.log(sum(math.exp(value - top) for value in values))
