"""Reproducible randomness: every decision is drawn from a generator seeded by what it is about. Layer: streams."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

_URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


class Chance(random.Random):
    """A random generator with the few distributions the practice tenant needs."""

    def happens(self, probability: float) -> bool:
        """True with the given probability."""
        return self.random() < probability

    def pick(self, items: Sequence[T]) -> T:
        """One item, all equally likely (faster than ``choice``)."""
        return items[int(self.random() * len(items))]

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.random() * (high - low + 1))

    def guid(self) -> str:
        """A lower-case GUID."""
        text = f"{self.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def hexadecimal(self, digits: int) -> str:
        """Upper-case hexadecimal digits."""
        return f"{self.getrandbits(digits * 4):0{digits}X}"

    def token(self) -> str:
        """A unique token id: 22 characters, base64url-like."""
        bits = self.getrandbits(120)
        return "".join([_URL_SAFE[(bits >> shift) & 63] for shift in range(0, 120, 6)]) + "AA"

    def poisson(self, mean: float) -> int:
        """A Poisson count."""
        if mean <= 0.0:
            return 0
        if mean > 40.0:
            return max(0, round(self.gauss(mean, math.sqrt(mean))))
        limit, product, count = math.exp(-mean), self.random(), 0
        while product > limit:
            product *= self.random()
            count += 1
        return count

    def geometric(self, success: float) -> int:
        """Number of trials up to and including the first success."""
        return 1 + int(math.log(1.0 - self.random()) / math.log(1.0 - success))

    def between(self, bounds: tuple[float, float]) -> float:
        """A real number in a range, spread evenly on a logarithmic scale when the range spans a decade."""
        low, high = bounds
        if low > 0 and high / low >= 10:
            return math.exp(self.uniform(math.log(low), math.log(high)))
        return self.uniform(low, high)


def chance(seed: int, *about: object) -> Chance:
    """The generator for one purpose: the same seed and words always give the same draws."""
    text = "\x1f".join([str(seed), *map(str, about)])
    return Chance(int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big"))
