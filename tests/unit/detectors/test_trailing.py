"""Sums of a trailing window against counting anew, in any order of arrival."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detectors.accounts.trailing import SERIES_COUNT, Trailing

added = st.lists(st.tuples(st.integers(1, 60), st.integers(0, SERIES_COUNT - 1), st.integers(1, 9)), max_size=80)


@given(added, st.sampled_from([1, 5, 12]))
def test_the_sums_are_those_of_the_window_that_ends_with_the_latest_bucket(
    steps: list[tuple[int, int, int]], length: int
) -> None:
    """After every step, also when a bucket comes late or leaves after it grew."""
    trailing = Trailing(length)
    buckets: dict[int, list[int]] = {}
    for bucket, place, count in steps:
        if bucket not in buckets:
            buckets[bucket] = [0] * SERIES_COUNT
            trailing.enter(bucket, buckets[bucket])
        buckets[bucket][place] += count
        trailing.grow(bucket, place, count)
        end = max(buckets)
        inside = [counts for held, counts in buckets.items() if end - length < held <= end]
        assert trailing.end == end
        assert trailing.sums == [sum(column) for column in zip(*inside, strict=True)]
