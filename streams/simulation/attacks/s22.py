"""S22: an attacker is at work in the first days of the tenant's data: quiet fraud by mail. Layer: streams."""

from __future__ import annotations

from streams.simulation.attacks import ranges
from streams.simulation.attacks.kit import Foothold, Scene, attacker_agent, phishing_place
from streams.simulation.attacks.steps import hide_finance, read_mail, send
from streams.simulation.world.devices import OFFICE_HOME

DESCRIPTION = "Attacker active in the first days: foreign hosting network, rule with finance words, replies in threads"
KEY_FEATURES = ["rule name", "delete", "mark", "network", "country", "finance", "words", "folder", "session"]


def play(scene: Scene) -> None:
    """Sign in, read, hide, answer."""
    rng, victim = scene.rng, scene.victim
    at = scene.begin()
    place = phishing_place(scene)
    while place.city.country == victim.home.country:
        place = phishing_place(scene)
    foothold = Foothold(place, rng.guid(), rng.token(), at, attacker_agent(scene, False))
    scene.stage("access", "T1078.004", scene.sign_in(foothold.event(at, OFFICE_HOME, True)))
    at = read_mail(scene, foothold, at, ranges.QUIET_READS, 40.0)
    hide_finance(scene, foothold, scene.after(at, (1.0, 60.0)))
    at = scene.after(at, (60.0, 120.0))
    for _ in range(rng.whole(*ranges.REPLIES)):
        at = scene.after(at, ranges.REPLY_GAP_MINUTES)
        subject = rng.pick(("RE: Invoice", "RE: Payment", "RE: Updated bank details", "RE: Purchase order"))
        send(scene, foothold, at, [rng.pick(victim.contacts)], subject, "T1534")
