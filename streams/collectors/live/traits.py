"""What a feed may say of itself beyond `LiveFeed`, and what holds where it does not. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from streams.collectors.live.seam import LiveFeed


class Look(NamedTuple):
    """Look back `back_ms` at least every `every_ms`; 0: at every poll."""

    every_ms: int
    back_ms: int


@dataclass(frozen=True, slots=True)
class Traits:
    """Read from attributes of the same names.

    `group`: feeds of one group share a budget of the service and take turns; others go on beside them. `looks`: how far back
    how often, narrow to wide. `relist_ms`: how far back everything is listed once a night, 0: never. `lateness_ms`: of a source
    that cannot list. `back_fills`: whether the past can be asked for day by day.
    """

    group: str
    looks: tuple[Look, ...]
    relist_ms: int = 0
    lateness_ms: int = 0
    back_fills: bool = True


def traits_of(feed: LiveFeed) -> Traits:
    """The feed's traits, defaults where it says nothing."""
    looks = getattr(feed, "looks", ()) or (Look(0, feed.overlap_ms),)
    return Traits(
        str(getattr(feed, "group", feed.name)),
        tuple(looks),
        int(getattr(feed, "relist_ms", 0)),
        int(getattr(feed, "lateness_ms", 0)),
        bool(getattr(feed, "back_fills", True)),
    )
