"""State of `send-surge`: buckets of the open days, models of the sealed ones, contacts. Layer: detectors."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from detectors.accounts.contacts import MARK_MAX, Contacts
from detectors.models.surge import SurgeAnchored, SurgePrior
from schemas.contracts.profile import Profile

FEED_SEND, FEED_TRACE = 0, 1
SERIES = ("messages", "external", "new_external")
BUCKETS_A_DAY = 288  # of five minutes
BUCKETS_AN_HOUR = 12
COUNT_MAX = 65_535  # of a series in one bucket
SILENT_DAYS_MAX = 14
Counts = dict[int, list[int]]


@dataclass(slots=True)
class SendState:
    """Counters by (day, feed) and five-minute bucket since 1970; `fresh` are the recipients first mailed on an open day."""

    buckets: dict[tuple[int, int], Counts] = field(default_factory=dict)
    totals: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    models: dict[str, SurgeAnchored] = field(default_factory=dict)
    contacts: Contacts = field(default_factory=Contacts)
    fresh: dict[tuple[int, int], Contacts] = field(default_factory=dict)
    learnt_day: int = -1
    latest: list[int] = field(default_factory=lambda: [0, 0])  # last bucket by feed; not durable

    def count(self, feed: int, place: int, bucket: int) -> int:
        """Count of one series in one bucket."""
        counts = self.buckets.get((bucket // BUCKETS_A_DAY, feed))
        found = counts.get(bucket) if counts else None
        return found[place] if found else 0

    def add(self, feed: int, place: int, bucket: int, count: int) -> int:
        """Count up to `count` more (a bucket holds at most 65,535); returns how many were counted."""
        key = (bucket // BUCKETS_A_DAY, feed)
        held = self.buckets.setdefault(key, {}).setdefault(bucket, [0, 0, 0])
        added = max(0, min(count, COUNT_MAX - held[place]))
        held[place] += added
        if bucket > self.latest[feed]:
            self.latest[feed] = bucket
        self.totals.setdefault(key, [0, 0, 0])[place] += added
        return added

    def around(self, feed: int, place: int, day: int) -> int:
        """Count of three days: no window that a bucket of the middle one touches holds more."""
        found = (self.totals.get((near, feed)) for near in (day - 1, day, day + 1))
        return sum(totals[place] for totals in found if totals)

    def window(self, feed: int, place: int, end: int, length: int) -> int:
        """Count in the `length` buckets that end with `end`."""
        if length <= BUCKETS_AN_HOUR:
            return sum(self.count(feed, place, bucket) for bucket in range(end - length + 1, end + 1))
        total, day = 0, end // BUCKETS_A_DAY
        for key in ((day - 1, feed), (day, feed)):
            for bucket, counts in self.buckets.get(key, {}).items():
                if end - length < bucket <= end:
                    total += counts[place]
        return total

    def later(self, feed: int, place: int, at: int, length: int) -> list[int]:
        """Buckets that hold something and whose window reaches back to `at` (it is a late arrival then)."""
        if at >= self.latest[feed]:
            return []
        found, day = [], at // BUCKETS_A_DAY
        for key in ((day, feed), (day + 1, feed)):
            counts = self.buckets.get(key, {})
            found += [bucket for bucket, held in counts.items() if at < bucket < at + length and held[place]]
        return sorted(found)

    def first_of_hour(self, feed: int, place: int, at: int) -> bool:
        """No earlier bucket of the same hour holds something."""
        return not any(self.count(feed, place, bucket) for bucket in range(at - at % BUCKETS_AN_HOUR, at))

    def model(self, series: str, profile: Profile) -> SurgeAnchored:
        """The account's model of a series, with the prior of the tenant's profile."""
        prior = SurgePrior.from_table(series, profile.priors.get(series, {}), profile.season)
        model = self.models.get(series)
        if model is None:
            model = self.models[series] = SurgeAnchored(prior)
        else:
            model.prior = prior
        return model

    def is_new(self, day: int, feed: int, recipient: int) -> bool:
        """Whether a recipient was never mailed before this day, and not yet counted today in this feed."""
        mark = recipient & MARK_MAX
        if mark in self.contacts:
            return False
        today = self.fresh.get((day, feed))
        if today is None:
            today = self.fresh[(day, feed)] = Contacts()
        elif mark in today:
            return False
        today.add(mark)
        return True

    def seal(self, day: int, learn: bool, profile: Profile) -> None:
        """Learn a closed day and the silence before it; its buckets stay for windows that reach back from the next."""
        self._forget(day)
        fresh = [self.fresh.pop((day, feed), None) for feed in (FEED_SEND, FEED_TRACE)]
        feeds = [self.buckets.get((day, feed), {}) for feed in (FEED_SEND, FEED_TRACE)]
        if day <= self.learnt_day or not (self.models or any(feeds)):
            return
        self._learn_silence(day, profile)
        self.learnt_day = day
        if not learn:
            return
        weekend = (day + 3) % 7 >= 5
        for place, series in enumerate(SERIES):
            if place == 0 or not any(feeds) or _recipients_known(feeds):
                self.model(series, profile).learn_day(_hours(feeds, place), weekend)
        for marks in fresh:
            if marks is not None:
                self.contacts.merge(marks)

    def _learn_silence(self, day: int, profile: Profile) -> None:
        """Days without a record between the last sealed one and this."""
        first = max(self.learnt_day + 1, day - SILENT_DAYS_MAX) if self.learnt_day >= 0 else day
        for missed in range(first, day):
            for series in SERIES:
                self.model(series, profile).learn_day([0] * 24, (missed + 3) % 7 >= 5)

    def _forget(self, before: int) -> None:
        for key in [key for key in self.buckets if key[0] < before]:
            del self.buckets[key]
            self.totals.pop(key, None)
        for key in [key for key in self.fresh if key[0] < before]:
            del self.fresh[key]


def _hours(feeds: list[Counts], place: int) -> list[int]:
    """Hourly counts of a day, the greater feed in each hour."""
    best = [0] * 24
    for counts in feeds:
        hours = [0] * 24
        for bucket, values in counts.items():
            hours[bucket % BUCKETS_A_DAY // BUCKETS_AN_HOUR] += values[place]
        best = [max(pair) for pair in zip(best, hours, strict=True)]
    return best


def _recipients_known(feeds: list[Counts]) -> bool:
    return any(values[1] for counts in feeds for values in counts.values())


def dump_state(state: SendState) -> bytes:
    """`i32 learnt day | models (u16 length each) | contacts | fresh | buckets`; empty for who never sent.

    fresh: `u8 n, n x (i32 day, u8 feed, contacts)`; buckets: `u8 n, n x (i32 day, u8 feed, u16 m, m x 4 varints)`, the four
    being the distance from the bucket before and the three counts.
    """
    if not (state.models or state.buckets or state.fresh or state.contacts) and state.learnt_day < 0:
        return b""
    parts = [struct.pack("<i", state.learnt_day)]
    for series in SERIES:
        model = state.models.get(series)
        data = model.pack() if model is not None else b""
        parts.append(struct.pack("<H", len(data)) + data)
    parts += [state.contacts.pack(), bytes([len(state.fresh)])]
    parts += [struct.pack("<iB", *key) + marks.pack() for key, marks in sorted(state.fresh.items())]
    parts.append(bytes([len(state.buckets)]))
    parts += [_pack_buckets(key, counts) for key, counts in sorted(state.buckets.items())]
    return b"".join(parts)


def _pack_buckets(key: tuple[int, int], counts: Counts) -> bytes:
    data, before = bytearray(struct.pack("<iBH", *key, len(counts))), key[0] * BUCKETS_A_DAY
    for bucket, values in sorted(counts.items()):
        for value in (bucket - before, *values):
            while value >= 0x80:
                data.append(value & 0x7F | 0x80)
                value >>= 7
            data.append(value)
        before = bucket
    return bytes(data)


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

    def varint(self) -> int:
        """The next number of at most 21 bits."""
        value = 0
        for shift in (0, 7, 14):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise ValueError("the state of send-surge holds too great a number")

    def contacts(self) -> Contacts:
        """The next set of contacts."""
        contacts, self.at = Contacts.unpack(self.data, self.at)
        return contacts

    def key(self) -> tuple[int, int]:
        """The next day and feed."""
        day, feed = struct.unpack("<iB", self.take(5))
        if feed > FEED_TRACE:
            raise ValueError("the state of send-surge names no feed")
        return day, feed


def load_state(data: bytes) -> SendState:
    """Bytes to state; ValueError when they are damaged."""
    state, reader = SendState(), _Reader(data)
    (state.learnt_day,) = struct.unpack("<i", reader.take(4))
    for series in SERIES:
        (length,) = struct.unpack("<H", reader.take(2))
        if length:
            state.models[series] = SurgeAnchored.unpack(reader.take(length), SurgePrior.shipped(series))
    state.contacts = reader.contacts()
    for _ in range(reader.take(1)[0]):
        key = reader.key()
        state.fresh[key] = reader.contacts()
    for _ in range(reader.take(1)[0]):
        _load_buckets(state, reader)
    if reader.at != len(data):
        raise ValueError("the state of send-surge is longer than it says")
    return state


def _load_buckets(state: SendState, reader: _Reader) -> None:
    key = reader.key()
    (count,) = struct.unpack("<H", reader.take(2))
    bucket = key[0] * BUCKETS_A_DAY
    state.buckets[key], state.totals[key] = {}, [0, 0, 0]
    for _ in range(count):
        bucket += reader.varint()
        values = [reader.varint() for _ in SERIES]
        if bucket // BUCKETS_A_DAY != key[0] or max(values) > COUNT_MAX:
            raise ValueError("the state of send-surge counts outside its day")
        for place, value in enumerate(values):
            state.add(key[1], place, bucket, value)
