"""State of `send-surge`: buckets of the open days, models of the sealed ones, contacts. Layer: detectors."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from detectors.models.surge import SurgeAnchored, SurgePrior
from schemas.contracts.profile import Profile

FEED_SEND, FEED_TRACE = 0, 1
SERIES = ("messages", "external", "new_external")
EXACT_MAX = 256  # contacts kept exactly (3 bytes each); beyond, a Bloom filter
BLOOM_BYTES = 2_048
NEW_MAX = 1_500  # new recipients of an open day kept to count each once; beyond, every one counts
SILENT_DAYS_MAX = 14
Counts = dict[int, list[int]]


@dataclass(slots=True)
class SendState:
    """Counters by (day, feed) and five-minute bucket since 1970; `contacts` are 24-bit hashes."""

    buckets: dict[tuple[int, int], Counts] = field(default_factory=dict)
    totals: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    models: dict[str, SurgeAnchored] = field(default_factory=dict)
    contacts: set[int] = field(default_factory=set)
    bloom: bytearray | None = None
    fresh: dict[int, set[int]] = field(default_factory=dict)  # day -> recipients mailed that day, not yet contacts
    learnt_day: int = -1

    def count(self, feed: int, place: int, bucket: int) -> int:
        """Count of one series in one bucket."""
        counts = self.buckets.get((bucket // 288, feed))
        found = counts.get(bucket) if counts else None
        return found[place] if found else 0

    def window(self, feed: int, place: int, end: int, length: int) -> int:
        """Count in the `length` buckets that end with `end`."""
        if length <= 12:
            return sum(self.count(feed, place, bucket) for bucket in range(end - length + 1, end + 1))
        total = 0
        for day in (end // 288 - 1, end // 288):
            for bucket, counts in self.buckets.get((day, feed), {}).items():
                if end - length < bucket <= end:
                    total += counts[place]
        return total

    def ends(self, feed: int, at: int, length: int) -> list[int]:
        """Buckets at which a touched window ends: this one, and later ones that hold something (late arrivals)."""
        later = []
        for day in (at // 288, at // 288 + 1):
            later += [bucket for bucket in self.buckets.get((day, feed), ()) if at < bucket < at + length]
        return [at, *sorted(later)]

    def model(self, series: str, profile: Profile) -> SurgeAnchored:
        """The account's model of a series, with the prior of the tenant's profile."""
        prior = SurgePrior.from_table(series, profile.priors.get(series, {}), profile.season)
        model = self.models.get(series)
        if model is None:
            model = self.models[series] = SurgeAnchored(prior)
        else:
            model.prior = prior
        return model

    def is_new(self, day: int, recipient: int) -> bool:
        """Whether an external recipient was never mailed before this day, and not counted today."""
        mark = recipient & 0xFFFFFF
        if self._is_contact(mark):
            return False
        today = self.fresh.setdefault(day, set())
        if mark in today:
            return False
        if len(today) < NEW_MAX:
            today.add(mark)
        return True

    def _is_contact(self, mark: int) -> bool:
        if self.bloom is None:
            return mark in self.contacts
        return all(self.bloom[place >> 3] >> (place & 7) & 1 for place in _places(mark))

    def _befriend(self, marks: set[int]) -> None:
        if self.bloom is None:
            self.contacts |= marks
            if len(self.contacts) <= EXACT_MAX:
                return
            self.bloom, marks, self.contacts = bytearray(BLOOM_BYTES), self.contacts, set()
        for mark in marks:
            for place in _places(mark):
                self.bloom[place >> 3] |= 1 << (place & 7)

    def seal(self, day: int, learn: bool, profile: Profile) -> None:
        """Learn a closed day; its buckets stay for a day more, for windows that reach back."""
        self._forget(day - 1)
        marks = self.fresh.pop(day, set())
        if not learn:
            return
        feeds = [self.buckets.get((day, feed), {}) for feed in (FEED_SEND, FEED_TRACE)]
        if not self.models and not any(feeds):
            return
        first = max(self.learnt_day + 1, day - SILENT_DAYS_MAX) if self.learnt_day >= 0 else day
        for missed in range(first, day + 1):
            weekend = (missed + 3) % 7 >= 5
            for place, series in enumerate(SERIES):
                hours = _hours(feeds, place, day) if missed == day else [0] * 24
                unknown = place > 0 and missed == day and any(feeds) and not _recipients_known(feeds)
                if not unknown:
                    self.model(series, profile).learn_day(hours, weekend)
        self.learnt_day = day
        self._befriend(marks)

    def _forget(self, before: int) -> None:
        for key in [key for key in self.buckets if key[0] < before]:
            del self.buckets[key]
            self.totals.pop(key, None)
        for old in [old for old in self.fresh if old < before]:
            del self.fresh[old]


def _hours(feeds: list[Counts], place: int, day: int) -> list[int]:
    """Hourly counts of a day, the greater feed in each hour."""
    best = [0] * 24
    for counts in feeds:
        hours = [0] * 24
        for bucket, values in counts.items():
            hours[bucket % 288 // 12] += values[place]
        best = [max(pair) for pair in zip(best, hours, strict=True)]
    return best


def _recipients_known(feeds: list[Counts]) -> bool:
    return any(values[1] for counts in feeds for values in counts.values())


def _places(mark: int) -> tuple[int, int, int]:
    first, second = mark * 2_654_435_761 & 0xFFFFFFFF, mark * 40_503 + 12_345 & 0xFFFFFF
    bits = BLOOM_BYTES * 8
    return first % bits, (first + second) % bits, (first + 2 * second) % bits


def _marks(marks: set[int]) -> bytes:
    return struct.pack("<H", len(marks)) + b"".join(mark.to_bytes(3, "little") for mark in sorted(marks))


def dump_state(state: SendState) -> bytes:
    """`i32 learnt day | models (u8 length each) | contacts | Bloom | fresh | buckets`; empty for who never sent."""
    if not state.models and not state.buckets and state.learnt_day < 0:
        return b""
    parts = [struct.pack("<i", state.learnt_day)]
    for series in SERIES:
        model = state.models.get(series)
        data = model.pack() if model is not None else b""
        parts.append(struct.pack("<H", len(data)) + data)
    parts += [_marks(state.contacts), bytes([state.bloom is not None]), bytes(state.bloom or b"")]
    parts.append(bytes([len(state.fresh)]))
    parts += [struct.pack("<i", day) + _marks(marks) for day, marks in sorted(state.fresh.items())]
    for (day, feed), counts in sorted(state.buckets.items()):
        parts.append(struct.pack("<iBH", day, feed, len(counts)))
        for bucket, values in sorted(counts.items()):
            parts.append(struct.pack("<HHHH", bucket % 288, *(min(value, 65_535) for value in values)))
    return b"".join(parts)


class _Reader:
    """Walks over bytes."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, length: int) -> bytes:
        """The next bytes; ValueError at the end."""
        piece = self.data[self.at : self.at + length]
        if len(piece) != length:
            raise ValueError("the state of send-surge is cut")
        self.at += length
        return piece

    def marks(self) -> set[int]:
        """A set of 24-bit hashes."""
        (count,) = struct.unpack("<H", self.take(2))
        data = self.take(3 * count)
        return {int.from_bytes(data[at : at + 3], "little") for at in range(0, len(data), 3)}


def load_state(data: bytes) -> SendState:
    """Bytes to state; ValueError when they are damaged."""
    state, reader = SendState(), _Reader(data)
    (state.learnt_day,) = struct.unpack("<i", reader.take(4))
    for series in SERIES:
        (length,) = struct.unpack("<H", reader.take(2))
        if length:
            state.models[series] = SurgeAnchored.unpack(reader.take(length), SurgePrior.shipped(series))
    state.contacts = reader.marks()
    if reader.take(1)[0]:
        state.bloom = bytearray(reader.take(BLOOM_BYTES))
    for _ in range(reader.take(1)[0]):
        (day,) = struct.unpack("<i", reader.take(4))
        state.fresh[day] = reader.marks()
    while reader.at < len(data):
        day, feed, count = struct.unpack("<iBH", reader.take(7))
        counts = state.buckets.setdefault((day, feed), {})
        totals = state.totals.setdefault((day, feed), [0, 0, 0])
        for _ in range(count):
            bucket, *values = struct.unpack("<HHHH", reader.take(8))
            counts[day * 288 + bucket] = list(values)
            totals[:] = [total + value for total, value in zip(totals, values, strict=True)]
    return state
