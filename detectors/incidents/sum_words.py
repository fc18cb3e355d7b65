"""How the evidence of an incident comes to its score, on one line. Layer: detectors.

The arithmetic of `score.py` and `one_place.py`, told with the figures that counted at the time of the greatest score.
"""

from __future__ import annotations

from collections.abc import Sequence

from detectors.incidents.one_place import Placed, Together, acts_together
from detectors.incidents.score import (
    CAP_CERTAIN_NATS,
    CAP_NATS,
    HALF_LIFE_MS,
    STAGE_FLOOR_NATS,
    above_floor,
    by_stage,
    faded,
)
from schemas.contracts.incident import Stage

HOUR_MS = 3_600_000
SHOWN_NATS = 0.05  # what rounds to nothing is not told
Way = tuple[float, str]  # nats, and how they come about


def how_it_adds(items: Sequence[Placed]) -> Way:
    """The incident's score in nats and the sum in words: `score_with_places` of the same items, which must not be none."""
    return max((way for item in items for way in _ways(items, item.time_ms)), key=lambda way: way[0])


def rule_of_sum() -> str:
    """What makes the figures of the sum smaller than those beside the findings."""
    hours = HALF_LIFE_MS // HOUR_MS
    most = f"at most {CAP_NATS:.0f}, of certain content {CAP_CERTAIN_NATS:.0f}"
    return f"Of each stage the strongest finding counts ({most}), half as much {hours} hours later."


def _ways(items: Sequence[Placed], time_ms: int) -> list[Way]:
    """The three ways to add up what is not later than this time; the plainest first."""
    counted = [(item, faded(item, time_ms)) for item in items if item.time_ms <= time_ms]
    stages = by_stage(counted)
    if not stages:
        return [(0.0, "nothing that counts")]
    stage = max(stages, key=lambda name: stages[name])
    ways = [(stages[stage], f"{stage.value} alone"), (above_floor(stages), _above(stages))]
    return ways + [_linked(together) for together in acts_together(counted)]


def _above(stages: dict[Stage, float]) -> str:
    counted = [f"{stage.value} {nats:.1f}" for stage, nats in stages.items() if nats > STAGE_FLOOR_NATS]
    each = " each" if len(counted) > 1 else ""
    return f"{' + '.join(counted)}, less {STAGE_FLOOR_NATS}{each} for chance meetings"


def _linked(together: Together) -> Way:
    """Acts from one strange address in full, the other stages above the floor, a young account's charge once."""
    words = " + ".join(f"{stage.value} {nats:.1f}" for stage, nats in together.stages.items())
    words = f"{words} in full, all from {together.place}"
    if together.charged_again > SHOWN_NATS:
        words += f" + {together.charged_again:.1f} (the account's youth charged once)"
    beside = {stage: nats for stage, nats in together.beside.items() if nats > STAGE_FLOOR_NATS}
    return together.nats, f"{words} + {_above(beside)}" if beside else words
