"""S7: the victim's live session used from another network, sometimes with another browser. Layer: streams."""

from __future__ import annotations

from streams.simulation.attacks import ranges
from streams.simulation.attacks.kit import Foothold, Scene, attacker_agent, second_place
from streams.simulation.attacks.steps import read_mail, send
from streams.simulation.clock import HOUR, MINUTE
from streams.simulation.life.sessions import Session
from streams.simulation.records.mail import opened_record
from streams.simulation.world import names
from streams.simulation.world.devices import OWA

DESCRIPTION = "Stolen token replayed inside the owner's live session, mail read and sometimes sent"
KEY_FEATURES = ["network", "country", "session", "user agent", "device"]


def _moment(scene: Scene) -> tuple[int, Session]:
    history = [(at, session) for at, session, _ in scene.day.history if session.slot == scene.day.main_slot()]
    if history:
        return scene.rng.pick(history)
    session = scene.day.session(scene.day.main_slot())
    return scene.day.start + scene.rng.whole(9, 16) * HOUR, session


def play(scene: Scene) -> None:
    """Replay, read, perhaps write."""
    rng, victim, day = scene.rng, scene.victim, scene.day
    issued, session = _moment(scene)
    at = scene.after(issued, ranges.REPLAY_DELAY_MINUTES)
    agent = session.device.user_agent(day.number)
    if rng.happens(ranges.REPLAY_NEW_AGENT_SHARE):
        agent = attacker_agent(scene, False)
    token = session.token or rng.token()
    foothold = Foothold(second_place(scene), session.identity, token, issued, agent)
    if rng.happens(ranges.REPLAY_REFRESH_SHARE):
        foothold.token, foothold.issued = rng.token(), at
        scene.stage("access", "T1550.004", scene.sign_in(foothold.event(at, OWA, False)))
        at += rng.whole(3, 120) * 1000
    else:
        scene.stage("access", "T1550.004", [opened_record(scene.tenant, victim, rng, at, foothold.use(), 1)])
    end = read_mail(scene, foothold, at, ranges.REPLAY_READS, rng.between(ranges.REPLAY_MINUTES))
    for _ in range(rng.whole(*ranges.REPLAY_SENDS)):
        end += rng.whole(1, 15) * MINUTE
        send(scene, foothold, end, [rng.pick(victim.contacts)], f"RE: {names.subject(rng)}", "T1534")
