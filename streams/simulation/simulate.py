"""Generating a labelled practice tenant, day by day, in bounded memory. Layer: streams."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import IO

from streams.simulation.attacks.plan import Plan
from streams.simulation.chance import chance
from streams.simulation.clock import DAY, HOUR
from streams.simulation.delivery import Delivery
from streams.simulation.life.house import house_day
from streams.simulation.life.routine import live_day
from streams.simulation.options import SimulationOptions
from streams.simulation.record import FEED_FILES
from streams.simulation.summary import Census, SimulationSummary
from streams.simulation.truth import Negative, negative_line, write_meta
from streams.simulation.world.people import draw_people
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant, build_tenant

Progress = Callable[[int, int], None]


class _Run:
    """One run: the tenant, its people, the attacks and the open files."""

    def __init__(self, options: SimulationOptions) -> None:
        self.options = options
        self.tenant: Tenant = build_tenant(options)
        self.people: list[Person] = draw_people(self.tenant)
        self.plan = Plan(options, self.tenant, self.people)
        self.census = Census(self.tenant, self.people)
        self.attacks: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.negatives = 0
        folder = options.out
        (folder / "input").mkdir(parents=True, exist_ok=True)
        (folder / "truth").mkdir(parents=True, exist_ok=True)
        for name in FEED_FILES:
            (folder / "input" / name).unlink(missing_ok=True)
        self.delivery = Delivery(options, self.tenant, folder / "input")

    def day(self, number: int, attacks: IO[bytes], negatives: IO[bytes]) -> None:
        """Generate one day of all accounts."""
        seed = self.options.seed
        records, found = house_day(self.tenant, self.people, number)
        self.delivery.accept(records, chance(seed, "house", number, "delivery"))
        self._keep(found, negatives)
        for person in self.people:
            day = live_day(self.tenant, self.people, person, number)
            if person.present(number):
                self.census.observe(day)
            played = self.plan.play(day)
            self.delivery.accept(day.out, chance(seed, person.index, number, "delivery"))
            self._keep(day.negatives, negatives)
            if played is not None:
                self.delivery.accept(played[0], chance(seed, person.index, number, "attack delivery"), 0.25)
                attacks.write(played[1].line())
                self.attacks[played[1].scenario] += 1
        self.delivery.flush(self.tenant.start + (number + 1) * DAY - 14 * HOUR)

    def _keep(self, found: list[Negative], stream: IO[bytes]) -> None:
        for negative in found:
            self.negatives += 1
            self.kinds[negative.kind] += 1
            stream.write(negative_line(self.negatives, negative))

    def finish(self, truth: Path, seconds: float) -> SimulationSummary:
        """Close the files, describe the set and count it."""
        self.delivery.close()
        options, delivery = self.options, self.delivery
        write_meta(truth, {
            "accounts": options.accounts,
            "days": options.days,
            "home_domains": [self.tenant.domain],
            "records": delivery.records,
            "revisions": delivery.revisions,
            "lines": sum(delivery.lines),
            "seed": options.seed,
            "scenarios": list(options.scenarios),
            "start_ms": self.tenant.start,
            "tenant": self.tenant.org_id,
            "recipients": options.recipients,
            "account_list": [person.upn for person in self.people],
        })  # fmt: skip
        return SimulationSummary(
            accounts=options.accounts,
            days=options.days,
            records=delivery.records,
            lines=dict(zip(FEED_FILES, delivery.lines, strict=True)),
            repeats=delivery.repeats,
            megabytes=delivery.size / 1e6,
            seconds=seconds,
            attacks=dict(self.attacks),
            negatives=dict(self.kinds),
            rows=self.census.table(),
            empty_hours=self.census.empty_hours(),
        )


def simulate(options: SimulationOptions, progress: Progress | None = None) -> SimulationSummary:
    """Write a labelled set to ``options.out``; ``progress`` is called with days done and days in all."""
    began = time.perf_counter()
    run = _Run(options)
    truth = options.out / "truth"
    with (truth / "attacks.jsonl").open("wb") as attacks, (truth / "hard_negatives.jsonl").open("wb") as negatives:
        for number in range(options.days):
            run.day(number, attacks, negatives)
            if progress is not None:
                progress(number + 1, options.days)
    return run.finish(truth, time.perf_counter() - began)
