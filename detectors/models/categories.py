"""Which values of a kind an account knows, and how often new ones come. Layer: detectors.

Decayed counts per value (detection-science 1.1 CatNovel, 2.6 minimum age): a value is known once it was met on
occasions at least 20 hours apart, so that one session of an intruder teaches nothing.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Hashable, Iterator
from typing import Any

from river import base

from detectors.models.rounding import half, halves, single

DAY_MS = 86_400_000
MINUTE_MS = 60_000
KNOWN_AFTER_MINUTES = 20 * 60
SETTLING_DAYS = 5  # active days whose values are first acquaintance, not novelty
_HEAD = struct.Struct("<fIHHH")
_ENTRY = struct.Struct("<IeHHB")
_SPAN_MAX = 0xFFFF  # minutes from the first occasion to the last that are kept: 45 days
_AGE_MAX = 0xFFFFFF  # minutes
_UNSEEN = 1e-4  # population share taken for a value nobody else has


def hash32(text: str) -> int:
    """32-bit hash of a value; the same on every machine (CRC-32 of its UTF-8 bytes)."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


class CategoryNovelty(base.AnomalyDetector):
    """The `k` weightiest values of one kind with decayed counts, half-life `half_life_days`.

    `learn_one({"value": v, "time_ms": t})`, once per value and day-occasion, in event-time order.
    `score_one({"value": v, "population": p})` = -ln((w_v + a p) / (total + a)), a = 1: the Dirichlet posterior with the
    population's share p as its mean. Unit: nats.
    """

    def __init__(self, k: int = 16, half_life_days: int = 60) -> None:
        self.k = k
        self.half_life_days = half_life_days
        self.total = 0.0  # decayed occasions
        self._values: dict[int, tuple[float, int, int]] = {}  # weight, first, last in minutes since 1970
        self._at = 0  # minutes; the weights are as of this moment
        self._days = 0  # active days
        self._new = 0  # values first met after the settling days
        self._day = 0  # low 16 bits of the last active day, +1; 0: none

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        yield {"k": 8}

    def score_one(self, x: dict[Hashable, Any]) -> float:
        """Nats of meeting this value now; `population` is the share of others' occasions with it."""
        share = max(float(x.get("population", _UNSEEN)), 1e-9)
        return max(0.0, -math.log((self.count(int(x.get("value", 0))) + share) / (self.total + 1.0)))

    def learn_one(self, x: dict[Hashable, Any]) -> None:
        """Count one occasion."""
        value, minute = int(x.get("value", 0)) & 0xFFFFFFFF, int(x.get("time_ms", 0)) // MINUTE_MS
        minute = min(max(minute, 0), 0xFFFFFFFF)
        self._decay(minute)
        day = minute // 1440 % 65_535 + 1
        if day != self._day:
            self._day = day
            self._days = min(self._days + 1, 65_535)
        self.total = single(self.total + 1.0)
        entry = self._values.get(value)
        if entry is None:
            if self._days > SETTLING_DAYS:
                self._new = min(self._new + 1, 65_535)
            self._values[value] = (1.0, minute, minute)
            if len(self._values) > self.k:
                self._evict(value)
        else:
            weight, first, last = entry
            self._values[value] = (half(weight + 1.0), min(first, minute), max(last, minute))

    def _decay(self, minute: int) -> None:
        """Bring the weights to this moment, in steps of whole days; a late occasion decays nothing."""
        if not self._at:
            self._at = minute
        days = (minute - self._at) // 1440
        if days <= 0:
            return
        keep = 0.5 ** (days / self.half_life_days)
        self.total = single(self.total * keep)
        weights = halves([entry[0] * keep for entry in self._values.values()])
        values = zip(self._values.items(), weights, strict=True)
        self._values = {value: (weight, entry[1], entry[2]) for (value, entry), weight in values}
        self._at += days * 1440

    def _evict(self, new: int) -> None:
        """Drop the lightest value, of equals the one not met for longest; never the one just met."""
        victims = (value for value in self._values if value != new)
        del self._values[min(victims, key=lambda value: (self._values[value][0], self._values[value][2], value))]

    def seen(self, value: int) -> bool:
        """Met at least once (and not evicted)."""
        return value in self._values

    def known(self, value: int) -> bool:
        """Met on occasions at least 20 hours apart."""
        entry = self._values.get(value)
        return entry is not None and entry[2] - entry[1] >= KNOWN_AFTER_MINUTES

    def count(self, value: int) -> float:
        """Decayed occasions of a value as of the last one learnt."""
        entry = self._values.get(value)
        return entry[0] if entry is not None else 0.0

    def novelty(self, days: int | None = None) -> float:
        """New values per active day: (values first met after the first 5 active days + 0.5) / (max(days, 0) + 5).

        `days` are the active days after those first 5; by default the model's own count of them.
        """
        after = self._days - SETTLING_DAYS if days is None else days
        return (self._new + 0.5) / (max(after, 0) + 5.0)

    @property
    def new(self) -> int:
        """Values first met after the settling days."""
        return self._new

    def values(self) -> list[int]:
        """Values held, in no order that means anything."""
        return list(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __bool__(self) -> bool:
        return True

    def pack(self) -> bytes:
        """State: 14 bytes and 11 per value (`u32 value, f16 weight, u16 first to last occasion, u24 age of the last`)."""
        latest = self._at + 1439  # no occasion is later: the weights are as of the latest, in steps of whole days
        entries = []
        for value, (weight, first, last) in sorted(self._values.items()):
            age = min(latest - last, _AGE_MAX)
            entries.append(_ENTRY.pack(value, weight, min(last - first, _SPAN_MAX), age & 0xFFFF, age >> 16))
        return _HEAD.pack(self.total, self._at, self._days, self._new, self._day) + b"".join(entries)

    @classmethod
    def unpack(cls, data: bytes, k: int = 16, half_life_days: int = 60) -> CategoryNovelty:
        """State from bytes; ValueError when they are damaged."""
        model = cls(k, half_life_days)
        try:
            model.total, model._at, model._days, model._new, model._day = _HEAD.unpack_from(data)
            latest = model._at + 1439
            for value, weight, span, low, high in _ENTRY.iter_unpack(data[_HEAD.size :]):
                last = latest - (high << 16 | low)
                model._values[value] = (weight, last - span, last)
        except struct.error as error:
            raise ValueError("the bytes are no category model") from error
        return model
