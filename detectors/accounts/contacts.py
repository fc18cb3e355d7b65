"""Whom an account has mailed: a small set that stays small. Layer: detectors.

Addresses are 24-bit hashes; up to 256 are kept exactly, more in a Bloom filter of 12,288 bits and three hashes (Bloom 1970:
10 % of strangers pass for contacts at 2,500 addresses, none of the contacts for a stranger).
"""

from __future__ import annotations

import struct

EXACT_MAX = 256
BLOOM_BYTES = 1_536  # six of them and the counts of an account that never stops stay below 16 KiB
_BITS = BLOOM_BYTES * 8
MARK_MAX = 0xFFFFFF


class Contacts:
    """A growing set of 24-bit marks."""

    __slots__ = ("_bloom", "_exact")

    def __init__(self) -> None:
        self._exact: set[int] = set()
        self._bloom: bytearray | None = None

    def __contains__(self, mark: int) -> bool:
        bloom = self._bloom
        if bloom is None:
            return mark in self._exact
        return all(bloom[place >> 3] >> (place & 7) & 1 for place in _places(mark))

    def __bool__(self) -> bool:
        return self._bloom is not None or bool(self._exact)

    def add(self, mark: int) -> None:
        """Remember one."""
        if self._bloom is None:
            self._exact.add(mark)
            if len(self._exact) > EXACT_MAX:
                self._overflow()
            return
        self._set(self._bloom, mark)

    def merge(self, other: Contacts) -> None:
        """Remember all of another set."""
        for mark in other._exact:
            self.add(mark)
        if other._bloom is None:
            return
        if self._bloom is None:
            self._overflow()
        assert self._bloom is not None
        union = int.from_bytes(self._bloom, "little") | int.from_bytes(other._bloom, "little")
        self._bloom[:] = union.to_bytes(BLOOM_BYTES, "little")

    def _overflow(self) -> None:
        bloom = self._bloom = bytearray(BLOOM_BYTES)
        for mark in self._exact:
            self._set(bloom, mark)
        self._exact.clear()

    @staticmethod
    def _set(bloom: bytearray, mark: int) -> None:
        for place in _places(mark):
            bloom[place >> 3] |= 1 << (place & 7)

    def pack(self) -> bytes:
        """`u16 n, n x u24` or `u16 0xffff, Bloom`."""
        if self._bloom is not None:
            return b"\xff\xff" + bytes(self._bloom)
        return struct.pack("<H", len(self._exact)) + b"".join(
            mark.to_bytes(3, "little") for mark in sorted(self._exact)
        )

    @classmethod
    def unpack(cls, data: bytes, at: int) -> tuple[Contacts, int]:
        """(set, end) from the bytes at this place; ValueError when they are damaged."""
        contacts = cls()
        if at + 2 > len(data):
            raise ValueError("the bytes are no set of contacts")
        (count,) = struct.unpack_from("<H", data, at)
        at += 2
        length = BLOOM_BYTES if count == 0xFFFF else 3 * count
        if (count > EXACT_MAX and count != 0xFFFF) or at + length > len(data):
            raise ValueError("the bytes are no set of contacts")
        if count == 0xFFFF:
            contacts._bloom = bytearray(data[at : at + length])
        else:
            contacts._exact = {int.from_bytes(data[n : n + 3], "little") for n in range(at, at + length, 3)}
        return contacts, at + length


def _places(mark: int) -> tuple[int, int, int]:
    """Three slices of 16 bits of a multiplicative hash (Knuth, The Art of Computer Programming 6.4)."""
    mixed = mark * 0x9E3779B97F4A7C15
    return (mixed >> 48 & 0xFFFF) % _BITS, (mixed >> 32 & 0xFFFF) % _BITS, (mixed >> 16 & 0xFFFF) % _BITS
