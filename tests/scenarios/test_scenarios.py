"""Every case of every detector's folder, played through the engine."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from detectors.registry import account_detectors
from tests.scenarios.building import MONDAY_MS, Builder
from tests.scenarios.cases import FOLDER, all_cases
from tests.scenarios.phrases import play
from tests.scenarios.playing import Outcome, play_case

CASES = {f"{folder}: {case['name']}": (folder, case) for folder, case in all_cases()}
CASE_KEYS = {"name", "why", "history", "do", "arrive", "expect", "says", "known_miss", "facts", "egress", "tenant"}
EXPECT_KEYS = {"tier", "nats", "silent", "by", "same_as"}


@cache
def outcome_of(key: str) -> Outcome:
    return play_case(CASES[key][1])


def _params() -> list[Any]:
    marks = {
        key: [pytest.mark.xfail(reason=case["known_miss"], strict=True)] if "known_miss" in case else []
        for key, (_, case) in CASES.items()
    }
    return [pytest.param(key, id=key, marks=marks[key]) for key in CASES]


@pytest.mark.parametrize("key", _params())
def test_case(key: str) -> None:
    folder, case = CASES[key]
    expect, outcome = case["expect"], outcome_of(key)
    assert case.keys() <= CASE_KEYS and expect.keys() <= EXPECT_KEYS
    if "tier" in expect:
        assert outcome.tier == expect["tier"], outcome
    for detector, (least, most) in expect.get("nats", {}).items():
        assert least <= outcome.nats.get(detector, 0.0) <= most, outcome
    for detector in expect.get("silent", ()):
        assert detector not in outcome.nats, outcome.sentences
    for tier, events in expect.get("by", {}).items():
        assert outcome.reached_after[tier] <= events
    if "says" in case:
        assert any(case["says"] in text for text in outcome.sentences[folder]), outcome.sentences
    if "same_as" in expect:
        other = outcome_of(f"{folder}: {expect['same_as']}")
        assert (outcome.nats, outcome.tier) == (other.nats, other.tier)


def test_every_case_expects_something_that_could_fail() -> None:
    assert len(CASES) == len(all_cases())
    for _, case in CASES.values():
        assert case["expect"].keys() & {"tier", "nats", "silent", "same_as"}, case["name"]
        if case["expect"].get("tier") in ("none", None):
            assert case["expect"].keys() & {"nats", "silent", "same_as"}, case["name"]


def test_every_folder_is_a_detector() -> None:
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir() and not path.name.startswith("__")}
    assert folders <= {detector.info.id for detector in account_detectors()}


def test_what_is_no_phrase_is_refused() -> None:
    with pytest.raises(ValueError, match="not a phrase"):
        play("forty days of eight sends", MONDAY_MS, Builder())
