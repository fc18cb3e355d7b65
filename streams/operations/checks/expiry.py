"""How long something still lasts. Layer: streams."""

from __future__ import annotations

from streams.operations.checks.check import Finding, fail, ok, warn
from streams.operations.checks.wording import day, span

WARN_MS = 30 * 86_400_000


def expiry(what: str, named: str, ends_ms: int, now_ms: int, remedy: str) -> Finding:
    """Fails after the end, warns in the 30 days before. Times are UTC milliseconds."""
    left_ms = ends_ms - now_ms
    if left_ms <= 0:
        return fail(what, f"{named} has expired on {day(ends_ms)}", remedy)
    text = f"{named} is valid until {day(ends_ms)}, {span(left_ms)} from now"
    return warn(what, text, remedy) if left_ms < WARN_MS else ok(what, text)
