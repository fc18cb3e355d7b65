"""The pieces of the sealing bench: budgets, sealed days, what a sign-in teaches and when."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.engine.detector import HOUR_MS, Context
from detectors.engine.knowledge import Knowledge
from detectors.models.categories import DAY_MS
from detectors.models.surge_prior import SurgePrior
from detectors.probe import NoFacts
from tests.bench.alert_budget import per_thousand, share, threshold_for
from tests.bench.paired import differences
from tests.bench.sealing_places import LEARNINGS, Account, Nats, TenantShares, run_tenant, steps
from tests.bench.sealing_places import Learning as PlaceLearning
from tests.bench.sealing_places import rows as places_rows
from tests.bench.sealing_ramp import SURCHARGES, Outcome, needed, ramp, summary
from tests.bench.sealing_volume import SIZES, Baseline, Learning, injections
from tests.bench.sealing_volume import run_tenant as run_senders
from tests.bench.sending_habits import Sender, cell, senders
from tests.bench.sign_in_habits import MONDAY, Person, Visit, attack, people

PRIOR = SurgePrior.shipped("external")


@pytest.mark.parametrize(("target", "alerts"), [(1.0, 1), (3.0, 3), (0.5, 0)])
def test_a_threshold_spends_the_budget_and_no_more(target: float, alerts: int) -> None:
    maxima = [float(score) for score in range(1000)]
    assert per_thousand(maxima, threshold_for(maxima, target)) == alerts


def test_ties_at_the_threshold_stay_silent() -> None:
    maxima = [0.0] * 990 + [7.0] * 10
    assert per_thousand(maxima, threshold_for(maxima, 3.0)) == 0.0


def test_recall_counts_what_reaches_the_threshold() -> None:
    assert share([1.0, 2.0, 3.0], 2.0) == 0.667
    assert share([], 2.0) is None


def live(learning: Learning, counts: list[list[int]], until: int) -> Baseline:
    """A baseline after so many hours, the last of them begun."""
    baseline = Baseline(learning, PRIOR)
    for at in range(until):
        baseline.begin_hour(at % 24)
        baseline.end_hour(at // 24, at % 24, counts[at // 24][at % 24])
    baseline.begin_hour(until % 24)
    return baseline


def test_a_day_is_learnt_at_six_of_the_next_and_not_before() -> None:
    counts = [[9] * 24, [9] * 24]
    fresh = Baseline("sealed", PRIOR)
    assert live("sealed", counts, 24 + 5).model.pack() == fresh.model.pack()
    sealed = live("sealed", counts, 24 + 6)
    assert (sealed.active_hours, sealed.surcharge) == (24, 0.0)
    assert sealed.model.pack() == live("at_once", counts, 24).model.pack()


def test_at_once_learns_every_hour() -> None:
    counts = [[9] * 24]
    assert live("at_once", counts, 3).active_hours == 3
    assert live("at_once", counts, 3).score(0, 3, 9) < live("sealed", counts, 3).score(0, 3, 9)


def test_a_copy_lives_by_itself() -> None:
    counts = [[9] * 24, [9] * 24]
    baseline = live("sealed", counts, 24)
    copy = baseline.copy(PRIOR)
    copy.begin_hour(6)
    assert copy.model.pack() != baseline.model.pack()
    baseline.begin_hour(6)
    assert copy.model.pack() == baseline.model.pack()


def test_injected_hours_are_after_the_first_day_and_on_it() -> None:
    places = injections(np.random.default_rng(1), 45)
    later = [place for place, when in places.items() if when in ("day", "night")]
    assert len(later) == 8
    assert min(day for day, _ in later) > 45
    assert {day for (day, _), when in places.items() if when.startswith("first")} == {45}


def test_senders_are_the_same_for_a_seed_and_differ_between_seeds() -> None:
    one, two, other = (list(senders(5, 20, seed)) for seed in (1, 1, 2))
    assert all((a.counts == b.counts).all() and a.kind == b.kind for a, b in zip(one, two, strict=True))
    assert any((a.counts != b.counts).any() for a, b in zip(one, other, strict=True))


def test_senders_are_as_quiet_and_as_loud_as_asked() -> None:
    tenant = list(senders(200, 60, 1))
    counts = np.stack([sender.counts for sender in tenant])
    assert 0.84 < (counts == 0).mean() < 0.90
    assert all(sender.counts[: sender.start].sum() == 0 for sender in tenant)
    weekly = [sender for sender in tenant if sender.kind == "newsletter"]
    assert weekly
    assert all(sender.counts[day, 10] > 1_500 for sender in weekly for day in range(15, 60, 7))


def test_both_ways_of_learning_meet_the_same_injections() -> None:
    tenant = list(senders(6, 60, 3))
    at_once, sealed = (run_senders(tenant, learning, 3) for learning in ("at_once", "sealed"))
    assert {place: len(nats) for place, nats in at_once.injected.items()} == {
        place: len(nats) for place, nats in sealed.injected.items()
    }
    assert len(at_once.test) == sum(60 - max(40, sender.start) for sender in tenant)
    assert at_once.injected["day", SIZES[-1]] != sealed.injected["day", SIZES[-1]]


def quiet_sender(days: int) -> Sender:
    counts = np.zeros((days, 24), dtype=np.int64)
    counts[:, 9:12] = 2
    return Sender("user", 0, 6.0, counts)


def test_a_ramp_is_found_later_with_the_surcharge_for_ever_and_unchanged_once_old() -> None:
    sender = quiet_sender(250)
    baseline = live("sealed", sender.counts.tolist(), 42 * 24)
    none, young, always = ramp(baseline, sender, 42, 2.0)
    assert len(SURCHARGES) == 3
    assert none == young
    assert none.found
    assert none.earlier <= none.inside < always.inside


def test_the_alert_inside_a_burst_is_the_first_recipient_that_reaches_the_threshold() -> None:
    baseline = live("sealed", quiet_sender(60).counts.tolist(), 42 * 24)
    least = needed(baseline, 42, 15, 0, 9_000, 10.1)
    assert baseline.score(42, 15, least) >= 10.1 > baseline.score(42, 15, least - 1)


def test_weekends_have_their_own_cells() -> None:
    assert [cell(day, 3) for day in (0, 4, 5, 6, 7)] == [3, 3, 27, 27, 3]


def visit(day: int, hour: int, network: str, country: str = "NL") -> Visit:
    return Visit((MONDAY + day) * DAY_MS + hour * HOUR_MS, network, country, "")


def context_of(shares: TenantShares) -> Context:
    return Context(Knowledge(NoFacts()), shares.profile)


def after_two(learning: PlaceLearning) -> tuple[Nats, Nats]:
    """Scores of a network met this morning, and of one never met, on an account's first day."""
    account, shares = Account(learning), TenantShares()
    context = context_of(shares)
    account.note(visit(0, 8, "asn:home"), account.score(visit(0, 8, "asn:home"), context), shares)
    return account.score(visit(0, 21, "asn:home"), context), account.score(visit(0, 21, "asn:host", "BR"), context)


def test_on_the_first_day_only_what_was_met_today_tells_a_stranger_apart() -> None:
    learnings: tuple[PlaceLearning, ...] = ("at_once", "provisional")
    for learning in learnings:
        again, strange = after_two(learning)
        assert strange.model > again.model + 1.0
        assert strange.detector > again.detector + 1.0
    again, strange = after_two("sealed")
    assert strange == again


def test_after_the_seal_sealed_and_provisional_are_the_same() -> None:
    scores = {}
    for learning in LEARNINGS:
        account, shares = Account(learning), TenantShares()
        for day in range(9):
            today = visit(day, 9, f"asn:home-{day % 2}")
            account.note(today, account.score(today, context_of(shares)), shares)
            account.seal(MONDAY + day, shares)
            shares.close_day()
            shares.publish()
        scores[learning] = account.score(visit(9, 9, "asn:host", "BR"), context_of(shares))
    assert scores["sealed"] == scores["provisional"]
    assert scores["at_once"] == scores["sealed"]


def test_what_is_in_an_incident_is_no_provisional_baseline() -> None:
    account, shares = Account("provisional"), TenantShares()
    strange = visit(0, 8, "asn:host")
    account.note(strange, Nats(30.0, 30.0), shares)
    again = account.score(visit(0, 9, "asn:host"), context_of(shares))
    assert not account.provisional["network"]._values
    assert again.model == Account("sealed").score(visit(0, 9, "asn:host"), context_of(shares)).model


def test_the_attackers_come_from_where_they_are_said_to() -> None:
    chance = np.random.default_rng(1)
    assert attack("vpn", "NL", 5, chance).country == "NL"
    assert attack("vpn", "NL", 5, chance).kind == "hosting"
    assert attack("targeted", "NL", 5, chance).network.startswith("asn:NL-isp-")
    assert {attack("naive", "NL", 5, chance).country for _ in range(50)} > {"BR", "RU"}


def test_attacks_teach_nothing() -> None:
    tenant = list(people(4, 60, 5))
    life = steps(tenant, 5)
    without = [step for step in life if step.attacker is None]
    assert len(life) > len(without)
    for learning in LEARNINGS:
        assert run_tenant(tenant, learning, life).maxima == run_tenant(tenant, learning, without).maxima


def test_a_life_is_in_order_and_seals_every_day() -> None:
    life = steps([Person("NL", 0, [visit(1, 6, "asn:home")])], 1)
    assert [step.time_ms for step in life] == sorted(step.time_ms for step in life)
    assert [step.number for step in life if step.order == 0] == list(range(60))
    seal = next(step for step in life if step.order == 0)
    assert seal.time_ms == (MONDAY + 1) * DAY_MS + 6 * HOUR_MS


def test_rows_name_what_they_are() -> None:
    found = list(places_rows(12, 1))
    assert len(found) == 3 * 2 * 3
    assert {row["measure"] for row in found} == {"sealing.networks"}


def test_who_was_never_found_has_no_quantile() -> None:
    found = [Outcome(150, 200, True), Outcome(310, 400, True), Outcome(9_000, 9_000, False)]
    assert summary(found) == {
        "median_earlier_bursts": 310.0,
        "median_before_review": 400.0,
        "p90_before_review": None,
        "never": 0.333,
    }


def test_changes_are_paired_by_seed() -> None:
    def row(seed: int, learning: str, alerts: float) -> dict[str, object]:
        figures = {"false_alerts": alerts, "recall": {"day": {"100": alerts / 10}}}
        return {"measure": "m", "target": 1.0, "seed": seed, "learning": learning, **figures}

    said = [row(1, "at_once", 1.0), row(2, "at_once", 5.0), row(2, "sealed", 6.0), row(1, "sealed", 2.0)]
    at_once, sealed = differences(said)
    assert "change" not in at_once
    assert sealed["mean"] == {"false_alerts": 4.0, "recall.day.100": 0.4}
    assert sealed["change"] == {"false_alerts": [1.0, 0.0], "recall.day.100": [0.1, 0.0]}
