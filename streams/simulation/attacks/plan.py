"""Choosing victims and days, and playing the attacks when their day comes. Layer: streams."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from streams.simulation.attacks import ranges, s1, s2, s7, s14, s22, s23
from streams.simulation.attacks.kit import Scene
from streams.simulation.chance import Chance, chance
from streams.simulation.life.day import Day
from streams.simulation.options import SCENARIOS, SimulationOptions
from streams.simulation.record import Record
from streams.simulation.truth import Attack
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant


class Script(NamedTuple):
    """How a scenario is played and described."""

    play: Callable[[Scene], None]
    description: str
    key_features: list[str]


SCRIPTS: dict[str, Script] = {
    "S1": Script(s1.play, s1.DESCRIPTION, s1.KEY_FEATURES),
    "S2": Script(s2.play, s2.DESCRIPTION, s2.KEY_FEATURES),
    "S7": Script(s7.play, s7.DESCRIPTION, s7.KEY_FEATURES),
    "S14": Script(s14.play, s14.DESCRIPTION, s14.KEY_FEATURES),
    "S22": Script(s22.play, s22.DESCRIPTION, s22.KEY_FEATURES),
    "S23": Script(s23.play, s23.DESCRIPTION, s23.KEY_FEATURES),
}
_EARLY = ("S2", "S22")
_WORKDAY = ("S7",)
_ADMINISTRATOR = ("S23",)


class Plan:
    """All attacks of a run, by victim and day."""

    def __init__(self, options: SimulationOptions, tenant: Tenant, people: list[Person]) -> None:
        self._options, self._tenant, self._people = options, tenant, people
        self._table: dict[tuple[int, int], tuple[str, int]] = {}
        taken: set[int] = set()
        for scenario in SCENARIOS:
            if scenario in options.scenarios:
                for number in range(options.injections):
                    self._place(scenario, number, taken)
        self._victims = frozenset(taken)

    def __len__(self) -> int:
        return len(self._table)

    def _place(self, scenario: str, number: int, taken: set[int]) -> None:
        rng = chance(self._options.seed, scenario, number, "plan")
        if len(taken) >= max(1, len(self._people) // 2):
            return
        for _ in range(400):
            person, day = rng.pick(self._people), self._day(scenario, rng)
            if person.index in taken or person.kind not in ("user", "executive", "merge", "admin"):
                continue
            if scenario in _ADMINISTRATOR and person.kind != "admin":
                continue
            if not (person.present(day) and person.present(min(day + 1, self._tenant.days - 1))):
                continue
            if scenario in _WORKDAY and not self._at_work(person, day):
                continue
            taken.add(person.index)
            self._table[(person.index, day)] = (scenario, number)
            return

    def _day(self, scenario: str, rng: Chance) -> int:
        last = self._tenant.days - 1
        if scenario in _EARLY:
            return min(last, rng.whole(*ranges.EARLY_DAYS))
        return rng.whole(min(3, last), max(min(3, last), last - 1))

    def _at_work(self, person: Person, day: int) -> bool:
        return self._tenant.weekday(day) < 5 and day not in self._tenant.holidays and day not in person.leave

    def play(self, day: Day) -> tuple[list[Record], Attack] | None:
        """Play the attack on this account and day, if there is one."""
        found = self._table.get((day.person.index, day.number))
        if found is None:
            return None
        scenario, number = found
        script = SCRIPTS[scenario]
        rng = chance(self._options.seed, scenario, number, "attack")
        attack = Attack(
            f"{scenario.lower()}-{number:03d}", scenario, [day.person.upn], script.description, script.key_features
        )
        scene = Scene(self._tenant, self._people, day.person, day, rng, attack, self._options.office_spray,
                      self._victims)  # fmt: skip
        script.play(scene)
        return scene.out, attack
