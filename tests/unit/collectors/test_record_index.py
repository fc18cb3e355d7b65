"""`RecordIndex`: the same answers by ids in memory as packed."""

from __future__ import annotations

import random

from streams.collectors.content_index import ContentIndex
from streams.collectors.record_index import RecordIndex


def _content(number: int) -> bytes:
    return number.to_bytes(16, "big") if number else b"\xff" * 16


def test_contents_of_one_id_are_counted_and_known_again() -> None:
    index = RecordIndex()
    first = _content(1 << 100)
    assert [index.add("signin", "a", first), index.add("signin", "a", first)] == [1, 0]
    assert index.add("signin", "a", _content(2 << 100)) == 2
    assert index.add("signin", "a", _content(3 << 100)) == 3
    assert index.add("signin", "a", _content(2 << 100)) == 0
    assert index.add("trace", "a", first) == 1
    assert len(index) == 4


def test_packed_at_any_moment_it_answers_as_the_packed_index_does() -> None:
    dice = random.Random(5)
    asked = [(dice.choice("st"), str(dice.randrange(60)), _content(dice.randrange(3) << 100)) for _ in range(600)]
    for packed_at in (0, 1, 100, 599):
        index, plain = RecordIndex(), ContentIndex()
        for at, (source, record_id, content) in enumerate(asked):
            if at == packed_at:
                index.pack()
                index.pack()
            assert index.add(source, record_id, content) == plain.add(source, record_id, content)
            assert len(index) == len(plain)
