"""Which records stand for an incident: first, last and peak of each detector and stage, then the strongest."""

from __future__ import annotations

import math
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contracts.evidence_choice import choose_evidence
from schemas.contracts.incident import EvidenceRecord, Stage


def record(uid: str, time_ms: int, nats: float, detector: str = "d", stage: Stage = Stage.IMPACT) -> EvidenceRecord:
    return EvidenceRecord(uid, detector, time_ms, "Send", None, None, stage, nats, ())


def uids(records: tuple[EvidenceRecord, ...]) -> list[str]:
    return [item.uid for item in records]


def test_few_are_all_kept_in_order_of_time_then_uid() -> None:
    assert uids(choose_evidence([record("b", 2, 1), record("c", 1, 1), record("a", 2, 9)])) == ["c", "a", "b"]


def test_first_last_and_peak_of_a_weak_detector_stay_beside_a_strong_one() -> None:
    weak = [record(f"w{n}", n, 0.1 + (n == 5), detector="weak", stage=Stage.ACCESS) for n in range(10)]
    strong = [record(f"s{n}", 100 + n, 50.0 + n) for n in range(100)]
    found = uids(choose_evidence([*strong, *weak], limit=8))
    assert found == ["w0", "w5", "w9", "s0", "s96", "s97", "s98", "s99"]


def test_a_record_counts_once_per_detector_with_its_greatest_nats() -> None:
    found = choose_evidence([record("a", 1, 2.0), record("a", 1, 5.0), record("a", 1, 3.0, detector="e")])
    assert [(item.detector, item.nats) for item in found] == [("d", 5.0), ("e", 3.0)]


def test_more_pillars_than_room_leave_the_strongest() -> None:
    records = [record(f"r{n:02d}", n, n, detector=f"d{n}") for n in range(20)]
    assert uids(choose_evidence(records, limit=3)) == ["r17", "r18", "r19"]


@given(
    st.lists(
        st.builds(
            record,
            st.sampled_from("abcdef"),
            st.integers(0, 3),
            st.sampled_from([0.0, 1.0, 2.5, math.nan, math.inf]),
            st.sampled_from("de"),
            st.sampled_from([Stage.ACCESS, Stage.IMPACT]),
        ),
        max_size=25,
    ),
    st.randoms(use_true_random=False),
)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_any_arrival_gives_the_same(records: list[EvidenceRecord], dice: random.Random) -> None:
    shuffled = records[:]
    dice.shuffle(shuffled)
    keys = [(item.time_ms, item.uid, item.detector, item.stage) for item in choose_evidence(records, limit=7)]
    assert keys == [(item.time_ms, item.uid, item.detector, item.stage) for item in choose_evidence(shuffled, limit=7)]
    assert keys == sorted(keys)
    assert len(keys) <= 7
