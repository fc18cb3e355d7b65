"""What `run` makes of its options."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.clock import WallClock
from streams.cloud.credentials import ManagedIdentity
from streams.cloud.seam import Endpoints
from streams.cloud.tenant_access import TenantAccess
from streams.operations.live_settings import WatchedTenant
from streams.operations.other_sources import OtherSources
from streams.operations.refusal import Refusal
from streams.operations.run_command import DAY_MS, RunOptions, _greeting, plan_of


@pytest.mark.parametrize("days", [-0.1, 7.1, float("nan"), float("inf")])
def test_looking_back_further_than_the_vendor_lists_is_refused(days: float) -> None:
    with pytest.raises(Refusal, match="look_back_days"):
        plan_of(RunOptions((), WallClock(), look_back_days=days), ())


def test_seven_days_are_less_a_moment() -> None:
    assert plan_of(RunOptions((), WallClock(), look_back_days=1), ()).back_fill_ms == DAY_MS
    assert 0 < 7 * DAY_MS - plan_of(RunOptions((), WallClock()), ()).back_fill_ms <= 600_000


def test_a_followed_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "there.jsonl").touch()
    paths = tuple(str(tmp_path / name) for name in ("there.jsonl", "mistyped.jsonl"))
    access = TenantAccess("local", "", ManagedIdentity(), Endpoints("", "", "", ""))
    options = RunOptions((WatchedTenant(access, (), OtherSources(paths)),), WallClock())
    told = [line for line in _greeting(plan_of(options, ()), "") if "exist" in line]
    assert told == [f"{paths[1]} does not exist yet; it is read once it does"]
