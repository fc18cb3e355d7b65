"""Garbage collection for a run over many long-lived objects. Layer: streams."""

from __future__ import annotations

import gc

_YOUNG_OBJECTS = 100_000  # allocations before the young are looked at; Python's default is some hundreds
_GENERATIONS = 50


def collect_seldom() -> None:
    """Spooled records hold no cycles and live to the end: looking at them again and again costs an eighth of the run."""
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, _GENERATIONS, _GENERATIONS)
