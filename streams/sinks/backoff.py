"""How long to wait before the next try: doubling with jitter, up to a quarter of an hour. Layer: streams."""

from __future__ import annotations

from collections.abc import Callable

FIRST_SECONDS = 1.0
MOST_SECONDS = 900.0


def backoff_seconds(failures: int, draw: Callable[[], float]) -> float:
    """Seconds after the n-th failure in a row (1, 2, …): half of 2^(n-1) surely, the other half by `draw()` in [0, 1)."""
    whole = min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** min(max(failures, 1) - 1, 30))
    return whole * (0.5 + draw() / 2)
