"""The index of the last days against a plain dictionary."""

from __future__ import annotations

import random

from streams.collectors.recent_index import DAY_MS, KEEP_DAYS, RecentIndex
from tests.unit.live.fakes import FakeClock


def test_it_answers_as_a_dictionary_does() -> None:
    index, known, rng = RecentIndex(FakeClock()), dict[tuple[str, str], set[bytes]](), random.Random(1)
    for _ in range(20_000):
        source, held, digest = rng.choice("ab"), str(rng.randrange(3_000)), rng.randrange(3).to_bytes(16, "little")
        contents = known.setdefault((source, held), set())
        expected = 0 if digest in contents else 1 + len(contents)
        contents.add(digest)
        assert index.contents(source, held, digest) == expected
    assert len(index) == sum(map(len, known.values()))


def test_an_id_with_a_lone_surrogate_is_an_id() -> None:
    index = RecentIndex(FakeClock())
    assert [index.contents("a", "\ud800", bytes(16)) for _ in range(2)] == [1, 0]


def test_what_is_older_than_ten_days_is_forgotten_and_nothing_else() -> None:
    clock = FakeClock()
    index = RecentIndex(clock)
    for day in range(KEEP_DAYS + 2):
        index.contents("a", str(day), bytes(16))
        clock.now += DAY_MS
    answers = [index.contents("a", str(day), bytes(16)) for day in range(KEEP_DAYS + 2)]
    assert answers == [1] * 3 + [0] * (KEEP_DAYS - 1)
