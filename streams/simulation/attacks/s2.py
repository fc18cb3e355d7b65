"""S2: S1 seen by a watcher who came too late: only the rule and the mails, from a session that is already there.

Layer: streams.
"""

from __future__ import annotations

from streams.simulation.attacks import ranges
from streams.simulation.attacks.kit import Scene
from streams.simulation.attacks.steps import hide_everything, mass_mail, old_session

DESCRIPTION = "Account compromised before monitoring began: hiding rule, then mail to over 9,000 outsiders in an hour"
KEY_FEATURES = ["rule name", "delete", "mark", "recipients", "messages"]


def play(scene: Scene) -> None:
    """Rule and burst."""
    at = scene.begin()
    foothold = old_session(scene, at)
    hide_everything(scene, foothold, at)
    mass_mail(scene, foothold, scene.after(at, ranges.BURST_AFTER_RULE_MINUTES))
