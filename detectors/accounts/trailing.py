"""The sums of a window that trails the latest bucket of a series. Layer: detectors."""

from __future__ import annotations

SERIES_COUNT = 3


class Trailing:
    """Sums over the `length` buckets that end with the latest, kept up as buckets come, in order or not.

    The lists of counts are those of the caller's buckets: what is added to a bucket is there when it leaves the window.
    """

    __slots__ = ("end", "held", "length", "sums")

    def __init__(self, length: int) -> None:
        self.length = length
        self.end = 0  # the latest bucket
        self.sums = [0] * SERIES_COUNT
        self.held: list[tuple[int, list[int]]] = []  # (bucket, counts) within the window, in order; not to be changed

    def enter(self, bucket: int, counts: list[int]) -> None:
        """Take in a bucket that nothing was counted in yet."""
        if bucket > self.end:
            self.end = bucket
            held = self.held
            if held and held[0][0] <= bucket - self.length:
                self._leave(bucket - self.length)
            held.append((bucket, counts))
        elif bucket > self.end - self.length:
            self.held.append((bucket, counts))
            self.held.sort(key=_bucket_of)

    def since(self, first: int, stop: int, place: int) -> int:
        """Count of a series in the buckets from `first` up to before `stop`, all of them within the window."""
        total = 0
        for bucket, counts in reversed(self.held):
            if bucket < first:
                break
            if bucket < stop:
                total += counts[place]
        return total

    def _leave(self, last: int) -> None:
        """Let the buckets up to `last` go."""
        gone = 0
        for bucket, counts in self.held:
            if bucket > last:
                break
            gone += 1
            one, two, three = counts
            sums = self.sums
            sums[0] -= one
            sums[1] -= two
            sums[2] -= three
        if gone:
            del self.held[:gone]

    def grow(self, bucket: int, place: int, added: int) -> None:
        """Count what was added to a bucket that was entered."""
        if bucket > self.end - self.length:
            self.sums[place] += added


def _bucket_of(held: tuple[int, list[int]]) -> int:
    return held[0]
