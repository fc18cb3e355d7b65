"""The whole measurement on sets made by hand: recall, time, harm, false incidents, report."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from rich.console import Console

from schemas.contracts.incident import Tier
from streams.evaluation import EvaluationReport, Meta, TruthError, evaluate, tables
from streams.evaluation.intervals import poisson_upper_when_none, wilson

from .conftest import Json, Make, attack, message, negative, told

QUIET = attack(attack_id="a2", scenario="S10", account="eve@corp.example", record_uids=["q"], stages=[])


def run(folder: Path, *messages: Json, times: Mapping[str, int] | None = None) -> EvaluationReport:
    def given(path: Path, meta: Meta) -> Iterable[Mapping[str, Any]]:
        assert path == folder / "input"
        assert meta.accounts == 100
        return messages

    return evaluate([folder], given, record_times=None if times is None else lambda path, uids: times)


def test_what_became_of_an_attack(make: Make) -> None:
    report = run(
        make(attack(), QUIET),
        message(told("rule", 1_000_000, rule_name=9.0), time=1_000_000),
        message(
            told("rule", 1_000_000, rule_name=9.0),
            told("m2", 1_250_000, "impact"),
            told("x", 5),
            time=1_250_000,
            tier="act",
        ),
    )
    found, missed = report.attacks
    review, act = found.findings[Tier.REVIEW], found.findings[Tier.ACT]
    assert (review.seconds, review.recipients) == (0.0, 0)
    assert (act.seconds, act.recipients) == (250.0, 25)
    assert (found.explained, found.in_order, found.purity) == (True, True, pytest.approx(2 / 3))
    assert missed.findings == {}
    assert missed.explained is None


def test_harm_clock_by_stages_evidence_and_records(make: Make) -> None:
    folder = make(attack())
    alert = message(told("rule", 1_000_000), time=1_050_000)
    late = message(told("rule", 1_000_000), told("m1", 1_150_000), time=1_150_000)
    by_stage = run(folder, alert)
    assert by_stage.harm_basis == "stages"
    assert by_stage.attacks[0].findings[Tier.REVIEW].harm_after == 0.8  # four mails of five records
    assert run(folder, late).attacks[0].findings[Tier.REVIEW].harm_after == 0.0
    times = {"rule": 1_000_000, "m1": 1_100_000, "m2": 1_200_000, "m3": 1_300_000, "m4": 1_400_000}
    by_record = run(folder, late, times=times)
    assert by_record.harm_basis == "records"
    assert by_record.attacks[0].findings[Tier.REVIEW].harm_after == 0.6


def test_an_attack_that_mails_nobody_has_no_recipients(make: Make) -> None:
    report = run(make(attack(recipients_before=[])), message(told("rule", 1), time=1_000_000))
    assert report.attacks[0].findings[Tier.REVIEW].recipients is None
    assert report.figures()[0].recipients.median is None


def test_recall_by_scenario_and_tier(make: Make) -> None:
    report = run(make(attack(), QUIET), message(told("rule", 1), time=1_000_000))
    recalls = {(row.scenario, row.tier): (row.recall.hits, row.recall.total) for row in report.figures()}
    assert list(dict.fromkeys(scenario for scenario, _ in recalls)) == ["S1", "S10", "all"]
    assert recalls[("S1", Tier.REVIEW)] == (1, 1)
    assert recalls[("S1", Tier.ACT)] == (0, 1)
    assert recalls[("S10", Tier.REVIEW)] == (0, 1)
    assert recalls[("all", Tier.REVIEW)] == (1, 2)
    assert report.figures()[4].recall.interval == wilson(1, 2)


def test_no_false_incident_has_an_upper_bound(make: Make) -> None:
    review, act = run(make(attack()), message(told("rule", 1))).false_rates
    assert (review.incidents, review.rate, review.interval) == (0, 0.0, None)
    assert review.upper_when_none == pytest.approx(poisson_upper_when_none())  # 1,000 account-days
    assert act.upper_when_none == review.upper_when_none


def test_false_incidents_by_tier(make: Make) -> None:
    report = run(
        make(attack(), negatives=(negative(),)),
        message(told("n1", 1), incident="f1", account="bob@corp.example"),
        message(told("x", 1), incident="f2", account="bob@corp.example", tier="act"),
        message(told("rule", 1), incident="true"),
        message(account="tenant", kind="Tenant", incident="blind"),
    )
    review, act = report.false_rates
    assert (review.incidents, review.rate) == (2, 2.0)
    assert review.interval is not None
    assert review.interval.low <= 2.0 <= review.interval.high
    assert review.upper_when_none is None
    assert (act.incidents, act.rate) == (1, 1.0)
    assert [row.incident for row in report.false_incidents] == ["f1", "f2"]
    assert report.visibility == 1
    assert [(row.kind, row.incident, row.within_attack) for row in report.look_alikes] == [("newsletter", "f1", False)]
    assert (report.look_alikes_by_kind["newsletter"].hits, report.look_alikes_by_kind["newsletter"].total) == (1, 1)


def test_sets_are_pooled_but_incidents_stay_apart(make: Make) -> None:
    one, two = make(attack(), name="one"), make(attack(), name="two", accounts=300)
    both = evaluate([one, two], lambda path, meta: [message(told("rule", 1))] if path.parent == one else [])
    assert [bool(result.findings) for result in both.attacks] == [True, False]
    assert both.exposure.account_days == 4_000
    assert both.figures()[0].recall.total == 2


def test_the_truth_of_all_sets_is_read_before_any_work(make: Make, tmp_path: Path) -> None:
    def never(path: Path, meta: Meta) -> Iterable[Mapping[str, Any]]:
        raise AssertionError(path)

    with pytest.raises(TruthError):
        evaluate([make(attack()), tmp_path / "nowhere"], never)
    with pytest.raises(TruthError, match="no labelled set"):
        evaluate([], never)


def test_json_is_strict_and_stable(make: Make) -> None:
    folder = make(attack(), QUIET, negatives=(negative(),))
    bodies = [
        message(told("rule", 1), incident="i1"),
        message(told("n1", 1), incident="i2", account="bob@corp.example"),
        message(told("x", 1), incident="i3", account="carl@corp.example"),
    ]
    first, second = run(folder, *bodies).to_json(), run(folder, *bodies).to_json()
    assert first == second
    body = orjson.loads(first)
    assert sorted(body) == list(body)
    assert body["scenarios"][0]["recall"]["wilson95"] == {"low": wilson(1, 1).low, "high": 1.0}
    assert body["false_per_1000_accounts_per_day"][0]["incidents"] == 2
    assert body["attacks"][0]["findings"]["review"]["incident"] == "i1"


def test_tables_show_all_and_nothing_raw(make: Make) -> None:
    account = "bob\x1b[31m@corp.example"
    report = run(
        make(attack(), QUIET, negatives=(negative(account=account),)),
        message(told("rule", 1, rule_name=3.0), time=1_000_000),
        message(told("n1", 1), incident="i2", account=account),
    )
    out = io.StringIO()
    console = Console(file=out, width=160)
    for table in tables(report):
        console.print(table)
    text = " ".join(out.getvalue().split())
    assert "\x1b" not in text
    for words in (
        "Attacks found",
        "S1, review",
        "1 of 1",
        "S10, act",
        "over 1,000 account-days",
        "newsletter",
        "bob\\x1b",
    ):
        assert words in text
