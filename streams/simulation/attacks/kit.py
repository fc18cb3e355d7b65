"""What attackers bring along: networks, user agents, rules; and the scene in which an attack is played. Layer: streams."""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from streams.simulation.attacks import ranges
from streams.simulation.chance import Chance
from streams.simulation.clock import HOUR, MINUTE, audit_time
from streams.simulation.life.day import Day
from streams.simulation.record import Record
from streams.simulation.records.common import Use
from streams.simulation.records.logons import SignIn, logon_record, signin_record
from streams.simulation.truth import Attack, Stage
from streams.simulation.world.devices import App, desktop_agent
from streams.simulation.world.networks import Place, Trade, draw_address, draw_place, hosting_countries
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant


def weighted(rng: Chance, table: Sequence[tuple[str, float]]) -> str:
    """One word of a table of words and shares."""
    return rng.choices([word for word, _ in table], [share for _, share in table])[0]


@dataclass(slots=True)
class Scene:
    """One attack while it is played: the victim's benign day, the attacker's dice, and the records so far."""

    tenant: Tenant
    people: list[Person]
    victim: Person
    day: Day
    rng: Chance
    attack: Attack
    office_spray: bool = False
    untouchable: frozenset[int] = frozenset()
    out: list[Record] = field(default_factory=list)

    def stage(self, name: str, technique: str, records: Iterable[Record]) -> list[str]:
        """Keep records as (part of) a stage."""
        found = list(records)
        uids = list(dict.fromkeys(record.uid for record in found))
        if not found:
            return uids
        self.out.extend(found)
        first = min(record.time for record in found)
        self.attack.end = max(self.attack.end, *(record.time for record in found))
        for stage in self.attack.stages:
            if stage.stage == name and stage.technique == technique:
                stage.uids.extend(uid for uid in uids if uid not in stage.known)
                stage.known.update(uids)
                stage.time = min(stage.time, first)
                return uids
        self.attack.stages.append(Stage(name, technique, first, uids, set(uids)))
        return uids

    def begin(self) -> int:
        """A moment for the attack: mostly in the victim's working hours, often at night."""
        if self.rng.happens(ranges.NIGHT_SHARE):
            hour = self.rng.pick((0.5, 1.5, 2.5, 3.5, 19.5, 20.5, 21.5)) + self.rng.random()
        else:
            hour = self.rng.uniform(8.0, 16.0)
        return self.day.start + int(hour * HOUR)

    def after(self, at: int, bounds: tuple[float, float]) -> int:
        """Some minutes later."""
        return at + int(self.rng.between(bounds) * MINUTE)

    def sign_in(self, event: SignIn) -> list[Record]:
        """Both records of a sign-in."""
        uid = self.rng.guid()
        return [
            signin_record(self.tenant, self.victim, self.rng, event, uid),
            logon_record(self.tenant, self.victim, self.rng, event, uid),
        ]


@dataclass(slots=True)
class Foothold:
    """The attacker's stolen session."""

    place: Place
    session: str
    token: str
    issued: int
    agent: str
    client: str = "owa"

    def use(self) -> Use:
        """How the attacker reaches the mailbox."""
        return Use(self.place.ip, self.session, self.token, audit_time(self.issued), self.agent, self.client)

    def event(self, at: int, app: App, interactive: bool, error: int = 0) -> SignIn:
        """A sign-in from here."""
        return SignIn(at, self.place, app, None, self.agent, browser_text(self.agent), self.session, self.token,
                      interactive, error, True, "oAuth2" if interactive else "none",
                      "none" if interactive else "refreshToken")  # fmt: skip


def browser_text(agent: str) -> str:
    """The browser that the sign-in log derives from a user agent."""
    for mark, name in (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Version/", "Safari")):
        if mark in agent:
            return f"{name} {agent.partition(mark)[2].partition('.')[0]}.0.0"
    return ""


def phishing_place(scene: Scene) -> Place:
    """The hosting network where a phishing proxy runs."""
    rng = scene.rng
    home = scene.victim.home.country
    if rng.happens(ranges.SAME_COUNTRY_SHARE) and home in hosting_countries():
        return draw_place("hosting", home, rng)
    return draw_place("hosting", rng.pick([c for c in ranges.PHISHING_COUNTRIES if c != home]), rng)


def second_place(scene: Scene, first: Place | None = None) -> Place:
    """The network from which the attacker works: another than the first and none of the victim's."""
    rng = scene.rng
    trades: dict[str, Trade] = {"hosting": "hosting", "home": "home", "mobile": "mobile"}
    while True:
        trade = trades[weighted(rng, ranges.SECOND_NETWORK_TRADES)]
        country = rng.pick([c for c in ranges.SECOND_COUNTRIES if c != scene.victim.home.country])
        place = draw_place(trade, country, rng)
        if first is None or place.network.asn != first.network.asn:
            return place


def moved(scene: Scene, place: Place) -> Place:
    """Perhaps another address of the same network."""
    if scene.rng.happens(ranges.ADDRESS_CHANGES):
        return place._replace(ip=draw_address(place.network, scene.rng))
    return place


def attacker_agent(scene: Scene, relayed: bool) -> str:
    """A user agent: the victim's own (relayed by the proxy), a tool's, or some other browser's."""
    rng = scene.rng
    if relayed and rng.happens(ranges.RELAYED_AGENT_SHARE):
        return scene.victim.computer(scene.day.number).user_agent(scene.day.number)
    if rng.happens(ranges.TOOL_AGENT_SHARE):
        return rng.pick(ranges.TOOL_AGENTS)
    system = rng.pick(("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64"))
    return desktop_agent(system, rng.pick(("Chrome", "Firefox", "Edge")), rng.whole(*ranges.BROWSER_VERSIONS))


def rule_name(rng: Chance) -> str:
    """A name as attackers give it."""
    style = weighted(rng, ranges.RULE_NAME_STYLES)
    if style == "punctuation":
        return rng.pick((".", "..", "...", ",", ";", "-", "--", ".;", "//", "~", "'", "``"))
    if style == "blank":
        return rng.pick(("", " ", "\u200b"))
    if style == "single":
        return rng.pick(string.ascii_letters)
    letters = string.digits if style == "digits" else string.ascii_lowercase
    return "".join(rng.pick(letters) for _ in range(rng.whole(*ranges.RULE_NAME_LENGTH)))
