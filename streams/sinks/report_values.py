"""Values out of a stored message whose shape nobody vouches for: wrong types become nothing, text becomes clean.

Layer: streams.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from schemas.text import printable

TEXT_CHARACTERS_MAX = 600
ID_CHARACTERS_MAX = 2_000
_NOTHING: Mapping[str, Any] = {}


def members(value: object) -> Mapping[str, Any]:
    """The object itself, or an empty one."""
    return value if isinstance(value, Mapping) else _NOTHING


def items(value: object) -> list[Any]:
    """The elements of a list, or none."""
    return list(value) if isinstance(value, (list, tuple)) else []


def objects(value: object) -> list[Mapping[str, Any]]:
    """The objects among the elements of a list."""
    return [item for item in items(value) if isinstance(item, Mapping)]


def text(value: object, limit: int = TEXT_CHARACTERS_MAX) -> str:
    """One clean line; numbers as they are written, anything else nothing."""
    if isinstance(value, str):
        return printable(value, limit)
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def identifier(value: object) -> str:
    """One clean line long enough for an id that is copied from here."""
    return text(value, ID_CHARACTERS_MAX)


def texts(value: object) -> tuple[str, ...]:
    """The clean, non-empty texts of a list, each once."""
    return tuple(dict.fromkeys(found for found in map(text, items(value)) if found))


def whole(value: object) -> int | None:
    """An integer, or None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number(value: object) -> float:
    """A finite number; 0 for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0.0
    return float(value) if math.isfinite(value) and abs(value) < 1e9 else 0.0
