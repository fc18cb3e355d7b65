"""The same seed gives the same bytes, and attacks leave benign life as it was."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import orjson

from streams.simulation.record import FEED_FILES

from .conftest import Small, generate, identity


def test_same_seed_gives_the_same_bytes(small: Small, tmp_path: Path) -> None:
    again = generate(tmp_path)
    for name in FEED_FILES:
        first = (small.options.out / "input" / name).read_bytes()
        assert first == (again.options.out / "input" / name).read_bytes()
    for name in ("attacks.jsonl", "hard_negatives.jsonl", "meta.json"):
        first = (small.options.out / "truth" / name).read_bytes()
        assert first == (again.options.out / "truth" / name).read_bytes()


def test_another_seed_gives_another_tenant(calm: Small, tmp_path: Path) -> None:
    other = generate(tmp_path, seed=4, scenarios=())
    assert not set(calm.lines("signins.jsonl.gz")) & set(other.lines("signins.jsonl.gz"))


def test_attacks_do_not_change_benign_records(small: Small, calm: Small) -> None:
    malicious = {uid for attack in small.truth("attacks.jsonl") for uid in attack["record_uids"]}
    for name in FEED_FILES:
        added = Counter(small.lines(name))
        benign = Counter(calm.lines(name))
        assert not benign - added
        added.subtract(benign)
        assert {identity(orjson.loads(line)) for line, count in added.items() if count} <= malicious


def test_hard_negatives_are_the_same_with_and_without_attacks(small: Small, calm: Small) -> None:
    assert small.truth("hard_negatives.jsonl") == calm.truth("hard_negatives.jsonl")
