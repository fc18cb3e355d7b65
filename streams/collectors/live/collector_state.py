"""What a tenant's collector must know after a restart, beside what each feed keeps. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from schemas.contracts.collected import Gap, GapKind

VERSION = 1


@dataclass(slots=True)
class CollectorState:
    """`start_ms` to `until_ms` is the span of the back-fill; `clock_ms` the last tenant clock written. UTC milliseconds.

    `gaps` are open gaps by feed and kind, so that their end is told with their beginning. `left_out` are the feeds that the
    tenant's clock does not wait for because they fail. `failing` says since when a feed fails, `relisted` which day (since
    1970) was last listed again. `watch` belongs to the watch.
    """

    start_ms: int = 0
    until_ms: int = 0
    clock_ms: int = 0
    gaps: list[Gap] = field(default_factory=list)
    failing: dict[str, int] = field(default_factory=dict)
    relisted: dict[str, int] = field(default_factory=dict)
    watch: dict[str, Any] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As a checkpoint."""
        return {
            "version": VERSION,
            "start": self.start_ms,
            "until": self.until_ms,
            "clock": self.clock_ms,
            "gaps": [[gap.feed, gap.kind.value, gap.from_ms, gap.to_ms, gap.text, gap.remedy] for gap in self.gaps],
            "failing": dict(self.failing),
            "relisted": dict(self.relisted),
            "watch": self.watch,
            "left_out": list(self.left_out),
        }


def state_from_json(held: dict[str, Any]) -> CollectorState:
    """A checkpoint read back; a fresh state where there is none, or one of a version that is not known."""
    if held.get("version") != VERSION:
        return CollectorState()
    gaps = [
        Gap(feed, GapKind(kind), from_ms, to_ms, text, remedy)
        for feed, kind, from_ms, to_ms, text, remedy in held["gaps"]
    ]
    failing = [gap.feed for gap in gaps if gap.kind is GapKind.FAILING]  # all left out, where the state does not say
    return CollectorState(
        held["start"],
        held["until"],
        held["clock"],
        gaps,
        held["failing"],
        held["relisted"],
        held["watch"],
        held.get("left_out", failing),
    )
