"""S14: a few passwords tried on many accounts; one or two fit, and their mail is read. Layer: streams."""

from __future__ import annotations

from dataclasses import replace

from streams.simulation.attacks import ranges
from streams.simulation.attacks.kit import Foothold, Scene, browser_text
from streams.simulation.attacks.steps import read_mail
from streams.simulation.clock import HOUR, MINUTE
from streams.simulation.record import Record
from streams.simulation.records.logons import SignIn, logon_record, signin_record
from streams.simulation.world.devices import ACTIVE_SYNC, IMAP, OFFICE_HOME, SMTP_AUTH, App
from streams.simulation.world.networks import Place, draw_address, draw_place
from streams.simulation.world.person import Person

DESCRIPTION = "Password spray with one or two hits, followed by mailbox access"
KEY_FEATURES = ["failed", "network", "country", "user agent", "accounts", "legacy"]


def _places(scene: Scene) -> list[Place]:
    rng = scene.rng
    if scene.office_spray and rng.happens(ranges.SPRAY_OFFICE_SHARE):
        return [scene.tenant.offices[0]]
    first = draw_place("hosting", rng.pick(ranges.PHISHING_COUNTRIES), rng)
    count = rng.whole(*ranges.SPRAY_ADDRESSES)
    return [first] + [first._replace(ip=draw_address(first.network, rng)) for _ in range(count - 1)]


def _targets(scene: Scene) -> list[Person]:
    rng = scene.rng
    pool = [p for p in scene.people if p.index not in scene.untouchable and p.present(scene.day.number)
            and p.index != scene.victim.index]  # fmt: skip
    share = rng.uniform(*ranges.SPRAY_TARGET_SHARE)
    count = min(ranges.SPRAY_TARGET_LIMIT, max(3, int(share * len(pool))), len(pool))
    return rng.sample(pool, count)


def _event(scene: Scene, at: int, place: Place, agent: str, app: App, error: int) -> SignIn:
    ropc = agent in ("BAV2ROPC", "CBAInPROD") or app is not OFFICE_HOME
    return SignIn(at, place, app, None, agent, browser_text(agent), "" if ropc else scene.rng.guid(),
                  scene.rng.token(), True, error, False, "ropc" if ropc else "oAuth2")  # fmt: skip


def _attempt(scene: Scene, person: Person, event: SignIn) -> list[Record]:
    uid = scene.rng.guid()
    return [
        signin_record(scene.tenant, person, scene.rng, event, uid),
        logon_record(scene.tenant, person, scene.rng, event, uid),
    ]


def play(scene: Scene) -> None:
    """Spray, hit, read."""
    rng = scene.rng
    places, targets = _places(scene), _targets(scene)
    humans = [p for p in targets if p.kind not in ("service", "shared")]
    hits = [scene.victim, *humans[: rng.whole(*ranges.SPRAY_SUCCESSES) - 1]]
    agent = rng.pick(ranges.SPRAY_AGENTS)
    app = OFFICE_HOME if agent.startswith("Mozilla") else rng.pick((IMAP, ACTIVE_SYNC, SMTP_AUTH))
    slow = rng.happens(ranges.SPRAY_SLOW_SHARE)
    span = int(rng.between(ranges.SPRAY_SLOW_HOURS) * HOUR) if slow else int(
        rng.between(ranges.SPRAY_FAST_MINUTES) * MINUTE)  # fmt: skip
    begin = scene.begin()
    records: list[Record] = []
    for person in [*targets, scene.victim]:
        for n in range(rng.whole(*ranges.SPRAY_ATTEMPTS)):
            at = begin + int(rng.random() * span)
            error = 50053 if n > 1 and rng.happens(0.3) else 50126
            records += _attempt(scene, person, _event(scene, at, rng.pick(places), agent, app, error))
    scene.stage("access", "T1110.003", records)
    accounts = [p.upn for p in hits] + [p.upn for p in targets if p not in hits]
    scene.attack.accounts = accounts
    for person in hits:
        _break_in(scene, person, begin + int(rng.uniform(0.2, 1.0) * span), rng.pick(places), agent, app)


def _break_in(scene: Scene, person: Person, at: int, place: Place, agent: str, app: App) -> None:
    event = _event(scene, at, place, agent, app, 0)
    scene.stage("access", "T1078.004", _attempt(scene, person, event))
    client = "graph" if app is not OFFICE_HOME else "owa"
    foothold = Foothold(place, event.session, event.token, at, agent, client)
    inside = replace(scene, victim=person)
    read_mail(inside, foothold, at + 30_000, ranges.SPRAY_READS, 30.0)
