"""Garbage collection for a run over many long-lived objects. Layer: streams."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNG_OBJECTS = 100_000  # allocations before the young are looked at; Python's default is some hundreds
_GENERATIONS = 50
_FEW_OBJECTS = 5_000
_FEW_TIMES = 10  # fifty thousand objects: some ten milliseconds in which no thread runs
_FULL_TIMES = 500


def collect_seldom() -> None:
    """Spooled records hold no cycles and live to the end: looking at them again and again costs an eighth of the run."""
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, _GENERATIONS, _GENERATIONS)


def collect_briefly() -> None:
    """For a process whose threads wait for each other: nobody runs meanwhile, so it looks at few objects at a time, and at all
    as seldom as `collect_seldom` does."""
    gc.freeze()
    gc.set_threshold(_FEW_OBJECTS, _FEW_TIMES, _FULL_TIMES)


@contextmanager
def collecting_later() -> Iterator[None]:
    """While millions of records are read that hold no cycles and live to the end, nothing looks at them; nor does it later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
