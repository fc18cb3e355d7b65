"""New networks and countries, learnt at once or when the day is sealed: false alerts, and recall of an intruder's sign-in.

Two scores of the same `SessionState`: "model" is the sum of `CategoryNovelty.score_one` over network and country with the
tenant's share as population; "detector" the terms that `impossible-session` makes of these models (`judge_alone`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np

from detectors.accounts.client_agent import Agent
from detectors.accounts.session_evidence import SETTLED_DAYS, Sighting, judge_alone
from detectors.accounts.session_state import SIZES, Row, SessionState
from detectors.engine.detector import HOUR_MS, Context
from detectors.engine.knowledge import Knowledge
from detectors.models.categories import DAY_MS, CategoryNovelty, hash32
from detectors.models.rounding import single
from detectors.probe import NoFacts
from schemas.contracts.profile import Profile
from tests.bench.alert_budget import per_thousand, share, threshold_for
from tests.bench.sealing_volume import CALIBRATE, DAYS, FIRST_DAYS, NOMINAL_NATS, SEAL_HOUR, TARGETS, TEST
from tests.bench.sign_in_habits import ATTACKERS, MONDAY, Attacker, Person, Visit, attack, people

Learning = Literal["at_once", "sealed", "provisional"]
LEARNINGS: tuple[Learning, ...] = ("at_once", "sealed", "provisional")
Statistic = Literal["model", "detector"]
STATISTICS: tuple[Statistic, ...] = ("model", "detector")
INJECTIONS = 4  # an account and attacker
HALF_LIFE_DAYS = 30  # of the tenant's shares
SILENT = Agent("", "", False, False, 0)


class Nats(NamedTuple):
    """Both scores of a sign-in."""

    model: float
    detector: float


class TenantShares:
    """Person-days by network and country, decayed day by day; one vote an account, value and day."""

    def __init__(self) -> None:
        self.days = 0
        self.person_days = 0.0
        self.counts: dict[str, dict[str, float]] = {"network": {}, "country": {}}
        self.profile = Profile("tenant", -1)

    def vote(self, kind: str, value: str) -> None:
        """One account met a value on a day."""
        self.counts[kind][value] = self.counts[kind].get(value, 0.0) + 1.0

    def publish(self) -> None:
        """The profile is what was voted so far."""
        popularity = {kind: dict(values) for kind, values in self.counts.items()}
        self.profile = Profile("tenant", self.days, days=self.days, person_days=self.person_days, popularity=popularity)

    def close_day(self) -> None:
        """A day is complete."""
        self.days += 1
        keep = 0.5 ** (1.0 / HALF_LIFE_DAYS)
        self.person_days *= keep
        self.counts = {kind: {v: n * keep for v, n in values.items()} for kind, values in self.counts.items()}


@dataclass(slots=True)
class Account:
    """One account; `open_visits` by day are not yet learnt; they are there, too, when learning is at once."""

    learning: Learning
    state: SessionState = field(default_factory=SessionState)
    sealed_days: int = 0
    open_rows: dict[int, list[Row]] = field(default_factory=lambda: defaultdict(list))
    open_visits: dict[int, list[Visit]] = field(default_factory=lambda: defaultdict(list))
    provisional: dict[str, CategoryNovelty] = field(default_factory=dict)

    def score(self, visit: Visit, context: Context) -> Nats:
        """Nats of a sign-in now."""
        row, context.sealed_days = _row(visit), self.sealed_days
        seen = Sighting(row, "", visit.network, "", visit.network, visit.country, visit.kind, SILENT, True)
        judged = judge_alone(self.state, seen, context)
        return Nats(self._model_nats(visit, context.profile), judged.own_nats)

    def _model_nats(self, visit: Visit, profile: Profile) -> float:
        nats = 0.0
        for kind, value in _values(visit):
            model = self.provisional.get(kind) or self.state.models.get(kind) or CategoryNovelty(SIZES[kind])
            x: dict[Hashable, Any] = {"value": hash32(value)}
            if (common := profile.share(kind, value)) > 0.0:
                x["population"] = common
            nats += model.score_one(x)
        return nats

    def note(self, visit: Visit, nats: Nats, shares: TenantShares) -> None:
        """Keep a sign-in for its seal, or learn it now."""
        day, row = visit.time_ms // DAY_MS, _row(visit)
        row.own_nats = row.nats = single(nats.detector)
        if self.learning == "at_once":
            self._learn_now(day, row, visit, shares)
        elif self.learning == "provisional":
            self.state.add_row(day, row)
        self.open_rows[day].append(row)
        self.open_visits[day].append(visit)
        if self.learning == "provisional" and self.sealed_days < SETTLED_DAYS:
            self._learn_provisionally([(visit, row)])

    def _learn_now(self, day: int, row: Row, visit: Visit, shares: TenantShares) -> None:
        fresh = Row(row.key, row.first_ms, row.last_ms, row.network, 0, row.country, 0, 0, 0)
        if any(other.country == visit.country for other in self.open_visits[day]):
            fresh.country = 0
        else:
            shares.vote("country", visit.country)
        shares.vote("network", visit.network)
        shares.person_days += not self.open_visits[day]
        self.state.add_row(day, fresh)
        self.state.seal(day, True)

    def _learn_provisionally(self, met: Sequence[tuple[Visit, Row]]) -> None:
        """The open day's earlier sign-ins that are in no incident, on a copy of the sealed models."""
        for kind in () if self.provisional else ("network", "country"):
            sealed = self.state.models.get(kind, CategoryNovelty(SIZES[kind]))
            self.provisional[kind] = CategoryNovelty.unpack(sealed.pack(), SIZES[kind])
        for visit, row in met:
            if row.nats < NOMINAL_NATS:
                for kind, value in _values(visit):
                    self.provisional[kind].learn_one({"value": hash32(value), "time_ms": visit.time_ms})

    def seal(self, day: int, shares: TenantShares) -> None:
        """Learn a closed day, unless it was learnt at once."""
        rows, visits = self.open_rows.pop(day, []), self.open_visits.pop(day, [])
        if not rows:
            return
        self.sealed_days += 1
        if self.learning == "at_once":
            return
        self.state.rows[day] = {row.key: row for row in rows}
        self.state.seal(day, True)
        shares.person_days += 1
        for kind, value in {pair for visit in visits for pair in _values(visit)}:
            shares.vote(kind, value)
        self.provisional = {}
        if self.learning == "provisional" and self.sealed_days < SETTLED_DAYS:
            for later in sorted(self.open_visits):
                self._learn_provisionally(list(zip(self.open_visits[later], self.open_rows[later], strict=True)))


def _values(visit: Visit) -> tuple[tuple[str, str], ...]:
    return (("network", visit.network), ("country", visit.country))


def _row(visit: Visit) -> Row:
    network = hash32(visit.network)
    return Row(network, visit.time_ms, visit.time_ms, network, 0, hash32(visit.country), 0, 0, 0)


SILENCE = Nats(0.0, 0.0)


@dataclass(slots=True)
class Scores:
    """Daily maxima of benign life by (account, day), and scores of attacks by (attacker, when)."""

    maxima: dict[tuple[int, int], Nats] = field(default_factory=dict)
    attacks: dict[tuple[Attacker, str], list[Nats]] = field(default_factory=lambda: defaultdict(list))

    def benign(self, account: int, day: int, nats: Nats) -> None:
        """A sign-in of the owner."""
        before = self.maxima.get((account, day), SILENCE)
        self.maxima[account, day] = Nats(max(before.model, nats.model), max(before.detector, nats.detector))

    def days(self, statistic: Statistic, tenant: Sequence[Person], first: int, stop: int) -> list[float]:
        """One score an account-day, 0 on a day without a sign-in, from the account's start on."""
        return [
            getattr(self.maxima.get((number, day), SILENCE), statistic)
            for number, person in enumerate(tenant)
            for day in range(max(first, person.start), stop)
        ]


def first_days(scores: Scores, statistic: Statistic, tenant: Sequence[Person]) -> list[float]:
    """One score an account-day, of the first days of those who joined later."""
    return [
        getattr(scores.maxima.get((number, day), SILENCE), statistic)
        for number, person in enumerate(tenant)
        for day in range(person.start, person.start + FIRST_DAYS)
        if person.start
    ]


class Step(NamedTuple):
    """What happens at a moment, in order: 0 a day is sealed, 1 a sign-in, 2 an attack; `number` is the day or the account."""

    time_ms: int
    order: int
    number: int
    visit: Visit | None
    attacker: Attacker | None
    when: str


def steps(tenant: Sequence[Person], seed: int) -> list[Step]:
    """The whole life of a tenant; the same for every way of learning."""
    found = [Step((MONDAY + day + 1) * DAY_MS + SEAL_HOUR * HOUR_MS, 0, day, None, None, "") for day in range(DAYS)]
    for number, chance in enumerate(np.random.default_rng(seed + 1_000).spawn(len(tenant))):
        person = tenant[number]
        found += [Step(visit.time_ms, 1, number, visit, None, "") for visit in person.visits]
        for attacker in ATTACKERS:
            places = [(int(time), "settled") for time in chance.uniform(TEST * DAY_MS, DAYS * DAY_MS, INJECTIONS)]
            places = [place for place in places if place[0] >= (person.start + 7) * DAY_MS]
            if person.start and person.visits:
                first = person.visits[0].time_ms - MONDAY * DAY_MS
                until = (first // DAY_MS + 1) * DAY_MS
                places += [(int(time), "first_day") for time in chance.uniform(first + 1, until, INJECTIONS)]
            for time, when in places:
                visit = attack(attacker, person.country, MONDAY * DAY_MS + time, chance)
                found.append(Step(visit.time_ms, 2, number, visit, attacker, when))
    return sorted(found, key=lambda step: (step.time_ms, step.order, step.number, step.attacker or ""))


def run_tenant(tenant: Sequence[Person], learning: Learning, life: Sequence[Step]) -> Scores:
    """Live through the steps."""
    scores, shares = Scores(), TenantShares()
    accounts = [Account(learning) for _ in tenant]
    context = Context(Knowledge(NoFacts()), shares.profile)
    for step in life:
        if step.visit is None:
            for account in accounts:
                account.seal(MONDAY + step.number, shares)
            shares.close_day()
            shares.publish()
            continue
        if learning == "at_once":
            shares.publish()
        context.profile = shares.profile
        nats = accounts[step.number].score(step.visit, context)
        if step.attacker is not None:
            scores.attacks[step.attacker, step.when].append(nats)
            continue
        scores.benign(step.number, step.visit.time_ms // DAY_MS - MONDAY, nats)
        accounts[step.number].note(step.visit, nats, shares)
    return scores


def rows(accounts: int, seed: int) -> Iterator[dict[str, Any]]:
    """One row per score, way of learning and target."""
    tenant = list(people(accounts, DAYS, seed))
    life = steps(tenant, seed)
    for learning in LEARNINGS:
        scores = run_tenant(tenant, learning, life)
        for statistic in STATISTICS:
            calibrate = scores.days(statistic, tenant, CALIBRATE, TEST)
            test = scores.days(statistic, tenant, TEST, DAYS)
            young = first_days(scores, statistic, tenant)
            for target in (*TARGETS, None):
                threshold = NOMINAL_NATS if target is None else threshold_for(calibrate, target)
                row = {"measure": "sealing.networks", "seed": seed, "accounts": accounts, "score": statistic}
                row |= {"learning": learning, "target": target if target is not None else "nominal"}
                row |= {"threshold": round(threshold, 2), "false_alerts": round(per_thousand(test, threshold), 2)}
                row |= {"account_days": len(test), "false_alerts_first_days": round(per_thousand(young, threshold), 2)}
                yield row | _recall(scores, statistic, threshold)


def _recall(scores: Scores, statistic: Statistic, threshold: float) -> dict[str, Any]:
    return {
        f"recall_{when}": {
            attacker: share([getattr(nats, statistic) for nats in scores.attacks[attacker, when]], threshold)
            for attacker in ATTACKERS
        }
        for when in ("settled", "first_day")
    } | {"attacks": {when: len(scores.attacks["naive", when]) for when in ("settled", "first_day")}}
