"""Garbage is collected in pieces that hold up nobody."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from streams.operations.garbage import collect_briefly


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The collector's settings are the process's."""
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_whoever_runs_on_is_never_stopped_for_more_than_some_ten_thousand_objects() -> None:
    seen: list[tuple[int, int]] = []

    def collected(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            seen.append((info["generation"], len(gc.get_objects(0)) + info["generation"] * len(gc.get_objects(1))))

    collect_briefly()
    gc.callbacks.append(collected)
    try:
        kept = [[number] for number in range(200_000)]
    finally:
        gc.callbacks.remove(collected)
    assert len(kept) == 200_000
    assert {generation for generation, _ in seen} == {0, 1}
    assert max(objects for _, objects in seen) < 70_000


def test_a_cycle_is_found() -> None:
    class Knot:
        held: object

    found: list[int] = []

    def collected(phase: str, info: dict[str, int]) -> None:
        found.append(info.get("collected", 0))

    collect_briefly()
    gc.callbacks.append(collected)
    try:
        kept: list[object] = []
        for _ in range(20_000):
            knot = Knot()
            knot.held = knot
            kept.append([])
    finally:
        gc.callbacks.remove(collected)
    assert sum(found) > 10_000
