"""Rounding to the precision that is stored, so that a restart changes no score. Layer: detectors."""

from __future__ import annotations

import struct
from collections.abc import Sequence

_HALF, _SINGLE = struct.Struct("<e"), struct.Struct("<f")
HALF_MAX = 60_000.0


def half(value: float) -> float:
    """Nearest 16-bit float; at most 60,000."""
    rounded: float = _HALF.unpack(_HALF.pack(min(value, HALF_MAX)))[0]
    return rounded


def halves(values: Sequence[float]) -> tuple[float, ...]:
    """Nearest 16-bit floats of values below 60,000."""
    form = f"<{len(values)}e"
    return struct.unpack(form, struct.pack(form, *values))


def single(value: float) -> float:
    """Nearest 32-bit float."""
    rounded: float = _SINGLE.unpack(_SINGLE.pack(value))[0]
    return rounded
