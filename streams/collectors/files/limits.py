"""Bounds of reading files: what one hostile or damaged file may cost. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass

CHUNK_BYTES = 1 << 18  # read and decompressed at a time
HEAD_BYTES = 1 << 16  # looked at to find the kind of a file


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds per path given; beyond one of them one unreadable is counted and what was read before is kept.

    ``line_bytes_max``: longest record, as a line, an element or a table cell, bytes. ``depth_max``: archives inside
    archives. ``expanded_bytes_max``: sum of all bytes that came out of archives. ``ratio_max``: expanded over stored
    bytes, looked at only beyond ``ratio_from_bytes``, because short repetitive logs compress beyond any bound.
    ``members_max``: entries of archives.
    """

    line_bytes_max: int = 50_000_000
    depth_max: int = 3
    expanded_bytes_max: int = 256 << 30
    ratio_max: int = 200
    ratio_from_bytes: int = 256 << 20
    members_max: int = 100_000


DEFAULT_LIMITS = Limits()
