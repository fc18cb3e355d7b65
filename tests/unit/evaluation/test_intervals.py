"""Intervals against numbers computed by hand or known from tables."""

from __future__ import annotations

import math

import pytest

from streams.evaluation.intervals import Cluster, Share, bootstrap_total, poisson_upper_when_none, spread, wilson


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        (8, 10, 0.4902, 0.9433),
        (0, 10, 0.0, 0.2775),  # z² / (n + z²) = 3.8415 / 13.8415
        (10, 10, 0.7225, 1.0),
        (199, 200, 0.9722, 0.9991),
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilson(hits: int, total: int, low: float, high: float) -> None:
    found = wilson(hits, total)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_no_share_of_more_than_all() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        wilson(3, 2)


def test_an_empty_share_has_no_value() -> None:
    assert Share(0, 0).value is None
    assert Share(1, 4).value == 0.25


def test_upper_bound_when_none_was_seen_is_the_rule_of_three() -> None:
    assert poisson_upper_when_none() == pytest.approx(2.9957, abs=1e-4)
    assert math.exp(-poisson_upper_when_none()) == pytest.approx(0.05)


def test_bootstrap_of_single_counts_is_near_binomial() -> None:
    # 100 of 10,000 accounts with one each: the total is Binomial(10,000, 1/100), sd 9.95, so 100 -+ 19.5
    found = bootstrap_total([Cluster(10_000, (1,) * 100)], seed=1, draws=4_000)
    assert found.low == pytest.approx(80.5, abs=2)
    assert found.high == pytest.approx(119.5, abs=2)


def test_bootstrap_is_wider_when_one_account_has_all() -> None:
    # the account is drawn Poisson(1) times: 0 with chance 0.37, 3 or more with 0.08, 4 or more with 0.019
    found = bootstrap_total([Cluster(1_000, (10,))], seed=1, draws=4_000)
    assert (found.low, found.high) == (0.0, 30.0)


def test_bootstrap_of_sets_adds_and_repeats() -> None:
    one, two = Cluster(1, (5,)), Cluster(1, (7,))  # a single account is drawn exactly once
    found = bootstrap_total([one, two], seed=3, draws=50)
    assert (found.low, found.high) == (12.0, 12.0)
    sets = [Cluster(50, (1, 2)), Cluster(70, ())]
    assert bootstrap_total(sets, seed=9, draws=99) == bootstrap_total(sets, seed=9, draws=99)


def test_more_names_than_accounts_still_has_an_interval() -> None:
    found = bootstrap_total([Cluster(1, (1, 1))], seed=1, draws=50)
    assert (found.low, found.high) == (2.0, 2.0)


def test_spread() -> None:
    assert spread([]) == spread(())
    assert spread([]).median is None
    found = spread([10, 20, 30, 40, 100])
    assert (found.number, found.median) == (5, 30)
    assert found.p90 == pytest.approx(76)  # 0.6 of the way from 40 to 100
