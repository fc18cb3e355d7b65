"""Memory of a process of many threads that runs for months, where the C library is glibc. Layer: streams.

Each thread that allocates gets an arena of its own, up to eight for each processor, and what a busy hour left in them stays.
Two arenas are enough for threads that mostly wait for one lock, and what is free is given back now and then.
"""

from __future__ import annotations

import ctypes
from typing import Any

ARENAS = 2
TRIM_SECONDS = 300.0  # between two times that free memory is given back: some milliseconds each
_M_ARENA_MAX = -8  # malloc.h


def few_arenas() -> bool:
    """Call before threads begin; whether the C library knows it."""
    library = _glibc()
    return library is not None and bool(library.mallopt(_M_ARENA_MAX, ARENAS))


def give_back() -> bool:
    """Give free memory back to the system; whether there was some."""
    library = _glibc()
    return library is not None and bool(library.malloc_trim(0))


def _glibc() -> Any:
    """The C library, None where it is another one."""
    try:
        library = ctypes.CDLL(None)
        return library if hasattr(library, "gnu_get_libc_version") else None
    except (OSError, TypeError):  # a static interpreter; Windows
        return None
