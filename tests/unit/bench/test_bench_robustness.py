"""The comparison behind the robustness figure: when are two incidents the same, and what is lost on the way."""

from __future__ import annotations

import random

import orjson
import pytest

from schemas.contracts.incident import Activity, EvidenceRecord, Incident, Resource, Stage, Tier
from schemas.records.decode import decode
from streams.collectors.spool import SpooledRecord
from tests.bench.robustness import HOUR_MS, arriving, compared, distinct, same


def incident(uid: str, records: str, account: str = "ann@corp.example", score: float = 12.0, at: int = 0) -> Incident:
    evidence = tuple(EvidenceRecord(r, "d", at, "Send", None, None, Stage.IMPACT, 9.0, ()) for r in records)
    who = (Resource("User", account, account),)
    return Incident(
        *(uid, uid, Activity.CREATE, "t", who, uid, "", at, at, at, at, Tier.REVIEW, {"review": at}, score),
        *((Stage.IMPACT,), (), ("d",), evidence, len(evidence), "", "learning", "p"),
    )


@pytest.mark.parametrize(
    ("mine", "theirs", "shared"),
    [("abc", "abc", 3), ("abc", "bcd", 2), ("abc", "cde", 0), ("ab", "bcde", 0), ("ab", "bc", 1)],
)
def test_half_of_the_longer_evidence_must_be_shared(mine: str, theirs: str, shared: int) -> None:
    assert same(incident("i", mine), incident("j", theirs)) == shared


def test_other_accounts_are_other_incidents() -> None:
    assert same(incident("i", "abc"), incident("j", "abc", account="bob@corp.example")) == 0


def test_figures_of_two_sets() -> None:
    base = [incident("i", "abc"), incident("k", "xyz", account="bob@corp.example")]
    shuffled = [incident("j", "abd", score=12.5), incident("m", "pq", account="bob@corp.example")]
    figures = compared(base, shuffled)
    assert figures["jaccard"] == pytest.approx(1 / 3)
    assert figures["jaccard_by_account_and_time"] == 1.0
    assert figures["score_difference_most"] == 0.5
    assert (figures["only_in_order"], figures["only_shuffled"]) == (["review 12.0: k"], ["review 12.0: m"])


def test_an_incident_has_one_partner() -> None:
    assert compared([incident("i", "ab")], [incident("j", "ab"), incident("k", "ab")])["jaccard"] == 0.5


def test_nothing_compared_with_nothing_claims_nothing() -> None:
    assert compared([], [])["jaccard"] is None


def spooled(number: int) -> SpooledRecord:
    body = {"CreationTime": "2026-03-02T09:00:00", "Id": f"r{number}", "Operation": "Send", "RecordType": 2}
    body |= {"UserId": "ann@corp.example", "Workload": "Exchange", "OrganizationId": "t", "UserType": 0, "UserKey": "k"}
    raw = orjson.dumps(body)
    return SpooledRecord(1_000_000 + number, raw, False, decode(raw))


def test_arrival_is_late_shuffled_and_repeated_and_repeats_are_dropped() -> None:
    records = [spooled(number) for number in range(400)]
    arrived = arriving(records, random.Random(1), hours=6, repeats=0.44)
    assert 400 * 1.35 < len(arrived) < 400 * 1.53
    late = [record.time_ms - 1_000_000 for record in arrived]
    assert late == sorted(late)
    assert late[0] >= 0 and 5 * HOUR_MS < late[-1] <= 12 * HOUR_MS + 400
    once = list(distinct(arrived))
    assert sorted(record.raw for record in once) == sorted(record.raw for record in records)
    assert [record.raw for record in once] != [record.raw for record in records]
