"""Attacks placed at a moment of the served tenant's time. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass

from streams.simulation.attacks.kit import Foothold, Scene, rule_name
from streams.simulation.attacks.plan import SCRIPTS
from streams.simulation.attacks.steps import mass_mail, old_session
from streams.simulation.chance import Chance, chance
from streams.simulation.clock import DAY, MINUTE
from streams.simulation.life.day import Day
from streams.simulation.life.routine import live_day
from streams.simulation.record import Record
from streams.simulation.records.cmdlets import cmdlet_record
from streams.simulation.records.logons import SignIn
from streams.simulation.service.options import Attack
from streams.simulation.truth import Attack as Told
from streams.simulation.world.devices import OWA
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant

_KINDS = ("user", "executive", "merge")


@dataclass(slots=True)
class PlacedScene(Scene):
    """A scene that begins when it is told to, with pauses shortened or stretched."""

    at: int = 0
    pace: float = 1.0
    last: SignIn | None = None

    def sign_in(self, event: SignIn) -> list[Record]:
        """Both records of a sign-in, which is remembered."""
        self.last = event
        return Scene.sign_in(self, event)

    def begin(self) -> int:
        """The moment it was told."""
        return self.at

    def after(self, at: int, bounds: tuple[float, float]) -> int:
        """Some minutes later by its own pace, never before it begins."""
        return max(self.at, at + max(1000, int(self.rng.between(bounds) * MINUTE * self.pace)))


@dataclass(frozen=True, slots=True)
class Intruder:
    """Whose account an attack is in, and how it signs in."""

    person: int
    event: SignIn


def play(
    tenant: Tenant, people: list[Person], attack: Attack, number: int
) -> tuple[list[Record], Told, Intruder | None]:
    """Play an attack; its records, what is true of it, and the intruder where he signs in with a session."""
    rng = chance(tenant.seed, "placed", number, attack.story)
    day_number = max(0, (attack.at_ms - tenant.start) // DAY)
    victim, day = _victim(tenant, people, attack, day_number, rng)
    told = _told(attack, number, victim)
    scene = PlacedScene(tenant, people, victim, day, rng, told, at=attack.at_ms, pace=attack.pace)
    if attack.story in SCRIPTS:
        SCRIPTS[attack.story].play(scene)
    elif attack.story == "seed":
        _seed(scene)
    else:
        foothold = old_session(scene, scene.begin())
        scene.last = foothold.event(attack.at_ms, OWA, False)
        mass_mail(scene, foothold, scene.begin())
    return scene.out, told, None if scene.last is None else Intruder(victim.index, scene.last)


def dormant_rule_name(tenant: Tenant, number: int) -> str:
    """The name of the rule that an attack had made before the data begins."""
    return rule_name(chance(tenant.seed, "placed", number, "dormant rule"))


def victim_of(tenant: Tenant, people: list[Person], attack: Attack, number: int) -> Person:
    """Whom an attack will strike."""
    rng = chance(tenant.seed, "placed", number, attack.story)
    return _victim(tenant, people, attack, max(0, (attack.at_ms - tenant.start) // DAY), rng)[0]


def _told(attack: Attack, number: int, victim: Person) -> Told:
    script = SCRIPTS.get(attack.story) or SCRIPTS["S2"]
    return Told(f"{attack.story.lower()}-{number:03d}", attack.story, [victim.upn], script.description,
                script.key_features)  # fmt: skip


def _victim(tenant: Tenant, people: list[Person], attack: Attack, number: int, rng: Chance) -> tuple[Person, Day]:
    """The named victim, or one who is there (and, for a replayed session, at work then)."""
    named = [person for person in people if person.upn == attack.victim.lower()]
    if attack.victim and not named:
        raise ValueError(f"no account {attack.victim} in the practice tenant {tenant.domain}")
    pool = named or [p for p in people if p.kind in _KINDS and p.present(number) and number not in p.leave] or people
    rng.shuffle(pool)
    for person in pool[:40]:
        day = live_day(tenant, people, person, number)
        if attack.story != "S7" or named:
            break
        before = [entry for entry in day.history if entry[0] <= attack.at_ms and entry[1].slot == day.main_slot()]
        if before and attack.at_ms - before[-1][0] < 60 * MINUTE:
            break
    _last_use(day, attack.at_ms)
    return person, day


def _last_use(day: Day, at: int) -> None:
    """Leave only the session use that a replay at a moment would follow."""
    before = [entry for entry in day.history if entry[0] <= at and entry[1].slot == day.main_slot()]
    if before:
        day.history = [before[-1]]


def _seed(scene: PlacedScene) -> None:
    """Rule with a random name that marks as read and deletes everything; minutes later the mails."""
    at = scene.begin()
    foothold = old_session(scene, at)
    scene.last = foothold.event(at, OWA, False)
    scene.stage("evasion", "T1564.008", [_hiding_rule(scene, foothold, at)])
    mass_mail(scene, foothold, scene.after(at, (3.0, 9.0)))


def _hiding_rule(scene: Scene, foothold: Foothold, at: int) -> Record:
    rng, victim = scene.rng, scene.victim
    name = "".join(rng.pick("bcdfghjklmnpqrstvwxz") for _ in range(rng.whole(6, 12)))
    parameters = [
        ("AlwaysDeleteOutlookRulesBlob", "False"),
        ("Force", "False"),
        ("Name", name),
        ("MarkAsRead", "True"),
        ("DeleteMessage", "True"),
        ("StopProcessingRules", "True"),
    ]
    use = foothold.use()
    return cmdlet_record(scene.tenant, victim, rng, at, use, "New-InboxRule", f"{victim.alias}\\{name}", parameters)
