"""The bytes of one account's state. Layer: detectors.

`WP`, envelope version, then per section `u16 id, u8 version, varint length, bytes`, sections in order of their ids. An
unknown section or a newer version is carried through untouched; damaged bytes reset that section alone, and are counted.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

MAGIC = b"WP"
VERSION = 1
STATE_BYTES_MAX = 16_384


class DamagedState(ValueError):
    """The envelope itself cannot be read: the whole state starts anew."""


@dataclass(slots=True, frozen=True)
class Section:
    """One owner's part of the state."""

    number: int
    version: int
    data: bytes


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def seal_envelope(sections: Iterable[Section]) -> bytes:
    """Sections to bytes, in order of their numbers."""
    parts = [MAGIC, bytes([VERSION])]
    for section in sorted(sections, key=lambda section: section.number):
        parts += [struct.pack("<HB", section.number, section.version), _varint(len(section.data)), section.data]
    return b"".join(parts)


def open_envelope(data: bytes) -> list[Section]:
    """Bytes to sections; DamagedState when they are not an envelope of a known version."""
    if data[:2] != MAGIC or len(data) < 3 or data[2] != VERSION:
        raise DamagedState("not a state envelope of a version this release knows")
    sections, at = [], 3
    while at < len(data):
        if at + 4 > len(data):
            raise DamagedState("the state envelope is cut")
        number, version = struct.unpack_from("<HB", data, at)
        length, at = _read_varint(data, at + 3)
        if at + length > len(data):
            raise DamagedState("the state envelope is cut")
        sections.append(Section(number, version, data[at : at + length]))
        at += length
    return sections


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 35:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    raise DamagedState("the state envelope is cut")
