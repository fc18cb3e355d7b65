"""S1: phishing proxy, stolen session, rule that hides everything, mail to more than 9,000 outsiders. Layer: streams."""

from __future__ import annotations

from streams.simulation.attacks import ranges
from streams.simulation.attacks.kit import Scene
from streams.simulation.attacks.steps import delete_sent, hide_everything, mass_mail, read_mail, steal_session

DESCRIPTION = "Session stolen by a phishing proxy, hiding rule, payment-themed mail to over 9,000 outsiders in an hour"
KEY_FEATURES = ["rule name", "delete", "mark", "recipients", "messages", "network", "country", "session", "user agent"]


def play(scene: Scene) -> None:
    """Play the whole chain."""
    foothold, at = steal_session(scene, scene.begin())
    at = read_mail(scene, foothold, at, ranges.READS_BEFORE, 20.0)
    at = scene.after(at, (0.5, 30.0))
    hide_everything(scene, foothold, at)
    at = scene.after(at, ranges.BURST_AFTER_RULE_MINUTES)
    end = mass_mail(scene, foothold, at)
    delete_sent(scene, foothold, end)
