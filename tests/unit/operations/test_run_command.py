"""What `run` makes of its options."""

from __future__ import annotations

import pytest

from streams.clock import WallClock
from streams.operations.refusal import Refusal
from streams.operations.run_command import DAY_MS, RunOptions, plan_of


@pytest.mark.parametrize("days", [-0.1, 7.1, float("nan"), float("inf")])
def test_looking_back_further_than_the_vendor_lists_is_refused(days: float) -> None:
    with pytest.raises(Refusal, match="look_back_days"):
        plan_of(RunOptions((), WallClock(), look_back_days=days), ())


def test_seven_days_are_less_a_moment() -> None:
    assert plan_of(RunOptions((), WallClock(), look_back_days=1), ()).back_fill_ms == DAY_MS
    assert 0 < 7 * DAY_MS - plan_of(RunOptions((), WallClock()), ()).back_fill_ms <= 600_000
