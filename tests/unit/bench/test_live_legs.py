"""The stop-watch of `live_legs`: every leg of a message, and what was slow."""

from __future__ import annotations

from pathlib import Path

import orjson

from tests.bench.live_legs import MOMENTS, Legs, legs_of


def test_legs_are_what_lies_between_the_moments(tmp_path: Path) -> None:
    out = tmp_path / "legs.json"
    ways = {f"m{number}": {name: number * place / 10 for place, name in enumerate(MOMENTS)} for number in (1, 2, 3)}
    ways["never sent"] = {"begun": 0.0}
    out.write_bytes(orjson.dumps({"messages": ways, "slow": [], "garbage": []}))
    found = legs_of(out)
    assert found["messages"] == 3
    assert found["begun to whole"] == {"p50": 200.0, "p99": 300.0, "most": 300.0}
    assert found["all"]["most"] == 3_000.0
    assert len(found) == len(MOMENTS) - 1 + 3


def test_only_what_is_slow_is_noted() -> None:
    legs = Legs("tenant")
    legs.note("turn", 0.01, who="a")
    legs.note("turn", 2.0, who="b", live=False)
    assert [(one["kind"], one["s"], one["who"], one["live"]) for one in legs.slow] == [("turn", 2.0, "b", False)]
