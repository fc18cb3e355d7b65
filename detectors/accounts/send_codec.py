"""The bytes of `send-surge`'s state. Layer: detectors. Version 2."""

from __future__ import annotations

import struct

from detectors.accounts.contacts import Contacts
from detectors.accounts.send_state import BUCKETS_A_DAY, COUNT_MAX, FEED_TRACE, SERIES, TRUSTED_MAX, Counts, SendState
from detectors.models.surge import SurgeAnchored, SurgePrior

_HELD = struct.Struct("<BI")
_TRUSTED_1 = struct.Struct("<iB3I")
_DAYS_MAX = 100_000  # from the last learnt day
_FURTHER = 3  # the most in two bits: of a count the rest follows, a distance is elsewhere when it is more


def dump_state(state: SendState) -> bytes:
    """`i32 learnt day | models (u16 length each) | contacts | held contacts | held | fresh | buckets | trusted`; empty at first.

    held: `u8 n, n x (i32 day, u8 series, per series u8 m, m x (u8 hour, u32 count))`;
    fresh: `u8 n, n x (key, contacts)`, the key being day and feed; buckets: `u8 n, n x (key, varint m, m buckets)`, a bucket
    being a byte with two bits of each count and of the distance from the one before, and varints for what exceeds them;
    trusted: `u8 n, n x (key, 3 varints)`.
    """
    if not (state.models or state.buckets or state.fresh or state.contacts) and state.learnt_day < 0:
        return b""
    parts = [struct.pack("<i", state.learnt_day)]
    for series in SERIES:
        model = state.models.get(series)
        data = model.pack() if model is not None else b""
        parts.append(struct.pack("<H", len(data)) + data)
    parts += [state.contacts.pack(), state.held_contacts.pack(), bytes([len(state.held)])]
    parts += [_pack_held(day, hours) for day, hours in sorted(state.held.items())]
    parts.append(bytes([len(state.fresh)]))
    base = state.learnt_day
    parts += [_pack_key(key, base) + marks.pack() for key, marks in sorted(state.fresh.items())]
    parts.append(bytes([len(state.buckets)]))
    parts += [_pack_buckets(key, counts, base) for key, counts in sorted(state.buckets.items())]
    parts.append(bytes([len(state.trusted)]))
    parts += [_pack_trusted(key, counts, base) for key, counts in sorted(state.trusted.items())]
    return b"".join(parts)


def _pack_held(day: int, hours: list[list[int]]) -> bytes:
    data = struct.pack("<iB", day, len(hours))
    for counts in hours:
        used = [(hour, count) for hour, count in enumerate(counts) if count]
        data += bytes([len(used)]) + b"".join(_HELD.pack(*pair) for pair in used)
    return data


def _pack_key(key: tuple[int, int], base: int) -> bytes:
    """Twice the days since the last learnt one (or 1970), and the feed; the odd ones of twice that are earlier days."""
    days, feed = key[0] - base, key[1]
    data = bytearray()
    _put(data, (2 * days + feed) * 2 if days >= 0 else (-2 * days + feed) * 2 + 1)
    return bytes(data)


def _pack_buckets(key: tuple[int, int], counts: Counts, base: int) -> bytes:
    data, before = bytearray(_pack_key(key, base)), key[0] * BUCKETS_A_DAY
    _put(data, len(counts))
    for bucket, values in sorted(counts.items()):
        distance = bucket - before
        near = distance if 0 < distance <= _FURTHER else 0
        data.append(near << 6 | sum(min(value, _FURTHER) << 2 * place for place, value in enumerate(values)))
        if not near:
            _put(data, distance)
        for value in values:
            if value >= _FURTHER:
                _put(data, value - _FURTHER)
        before = bucket
    return bytes(data)


def _pack_trusted(key: tuple[int, int], counts: list[int], base: int) -> bytes:
    data = bytearray(_pack_key(key, base))
    for count in counts:
        _put(data, count)
    return bytes(data)


def _put(data: bytearray, value: int) -> None:
    while value >= 0x80:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    data.append(value)


class _Reader:
    """Walks over bytes."""

    def __init__(self, data: bytes, version: int) -> None:
        self.data, self.at = data, 0
        self.version = version
        self.base = -1  # the last learnt day

    def take(self, length: int) -> bytes:
        """The next bytes; ValueError at the end."""
        piece = self.data[self.at : self.at + length]
        if len(piece) != length:
            raise ValueError("the state of send-surge is cut")
        self.at += length
        return piece

    def varint(self, bits: int = 21) -> int:
        """The next number of at most so many bits, in sevens."""
        value = 0
        for shift in range(0, bits, 7):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise ValueError("the state of send-surge holds too great a number")

    def bucket(self) -> tuple[int, list[int]]:
        """Distance from the bucket before and the counts of the next one."""
        held = self.take(1)[0]
        distance = held >> 6 or self.varint()
        small = [held >> 2 * place & _FURTHER for place in range(len(SERIES))]
        return distance, [value + self.varint() if value == _FURTHER else value for value in small]

    def contacts(self) -> Contacts:
        """The next set of contacts."""
        contacts, self.at = Contacts.unpack(self.data, self.at)
        return contacts

    def key(self) -> tuple[int, int]:
        """The next day and feed."""
        if self.version > 1:
            held = self.varint(35)
            days = held >> 2
            if days > _DAYS_MAX:
                raise ValueError("the state of send-surge names a day that is none")
            return self.base + (-days if held & 1 else days), held >> 1 & 1
        day, feed = struct.unpack("<iB", self.take(5))
        if feed > FEED_TRACE:
            raise ValueError("the state of send-surge names no feed")
        return day, feed


def load_state(data: bytes, version: int) -> SendState:
    """Bytes of version 1 or 2 to state; ValueError when they are damaged."""
    state, reader = SendState(), _Reader(data, version)
    (state.learnt_day,) = struct.unpack("<i", reader.take(4))
    reader.base = state.learnt_day
    for series in SERIES:
        (length,) = struct.unpack("<H", reader.take(2))
        if length:
            state.models[series] = SurgeAnchored.unpack(reader.take(length), SurgePrior.shipped(series))
    state.contacts = reader.contacts()
    state.held_contacts = reader.contacts()
    for _ in range(reader.take(1)[0]):
        _load_held(state, reader)
    for _ in range(reader.take(1)[0]):
        key = reader.key()
        state.fresh[key] = reader.contacts()
    for _ in range(reader.take(1)[0]):
        _load_buckets(state, reader, version)
    for _ in range(reader.take(1)[0]):
        _load_trusted(state, reader, version)
    if reader.at != len(data):
        raise ValueError("the state of send-surge is longer than it says")
    return state


def _load_trusted(state: SendState, reader: _Reader, version: int) -> None:
    if version == 1:
        day, feed, *counts = _TRUSTED_1.unpack(reader.take(_TRUSTED_1.size))
        state.trusted[day, feed] = counts
        return
    key = reader.key()
    counts = [reader.varint(35) for _ in SERIES]
    if max(counts) > TRUSTED_MAX:
        raise ValueError("the state of send-surge holds too great a number")
    state.trusted[key] = counts


def _load_held(state: SendState, reader: _Reader) -> None:
    day, series = struct.unpack("<iB", reader.take(5))
    hours = [[0] * 24 for _ in range(series)]
    for counts in hours:
        for _ in range(reader.take(1)[0]):
            hour, count = _HELD.unpack(reader.take(_HELD.size))
            if hour > 23:
                raise ValueError("the state of send-surge holds an hour that is none")
            counts[hour] = count
    if series > len(SERIES):
        raise ValueError("the state of send-surge holds a series that is none")
    state.held[day] = hours


def _load_buckets(state: SendState, reader: _Reader, version: int) -> None:
    key = reader.key()
    (count,) = struct.unpack("<H", reader.take(2)) if version == 1 else (reader.varint(),)
    bucket = key[0] * BUCKETS_A_DAY
    state.buckets[key], state.totals[key] = {}, [0] * len(SERIES)
    for _ in range(count):
        distance, values = reader.bucket()
        bucket += distance
        if bucket // BUCKETS_A_DAY != key[0] or max(values) > COUNT_MAX:
            raise ValueError("the state of send-surge counts outside its day")
        for place, value in enumerate(values):
            state.add(key[1], place, bucket, value)
