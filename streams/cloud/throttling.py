"""What a service's "later" means, and remembering it. Layer: streams."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

BACK_OFF_SECONDS = 10.0
BACK_OFF_SECONDS_MAX = 300.0
RETRY_AFTER_SECONDS_MAX = 3600.0
JITTER = 0.3


def http_date_ms(text: str | None) -> int | None:
    """An HTTP date as UTC milliseconds; None when it is none."""
    if not text or len(text) > 64:
        return None
    try:
        when = parsedate_to_datetime(text)
        return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def retry_after_seconds(headers: Mapping[str, str], service_now_ms: int) -> float | None:
    """`Retry-After` in seconds, at most an hour; None when absent or senseless. A date counts on the service's clock."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), RETRY_AFTER_SECONDS_MAX)
    when = http_date_ms(text)
    if when is None:
        return None
    return min(max((when - service_now_ms) / 1000, 0.0), RETRY_AFTER_SECONDS_MAX)


@dataclass(slots=True)
class _Pause:
    until_ms: int = 0
    set_ms: int = 0
    count: int = 0


class Pauses:
    """Until when each cost class of a tenant is to be left alone. Thread-safe; times are the collector's milliseconds."""

    def __init__(self, chance: random.Random | None = None) -> None:
        self._chance = chance or random.Random()
        self._pauses: dict[str, _Pause] = {}
        self._lock = threading.Lock()

    def until(self, cost_class: str, now_ms: int) -> int | None:
        """The end of the pause if there is one now. A clock that stepped back far ends it."""
        with self._lock:
            pause = self._pauses.get(cost_class)
            if pause is None or now_ms >= pause.until_ms:
                return None
            return pause.until_ms if pause.until_ms - now_ms <= 1000 * RETRY_AFTER_SECONDS_MAX else None

    def throttled(self, cost_class: str, now_ms: int, sent_ms: int, retry_after: float | None) -> int:
        """Note a "later" for a request sent at `sent_ms`; the end of the pause.

        Without `Retry-After` the pause doubles from 10 s to 5 min. Requests that were under way together count once.
        """
        with self._lock:
            pause = self._pauses.setdefault(cost_class, _Pause())
            together = pause.count > 0 and sent_ms < pause.set_ms
            if not together:
                pause.count += 1
                pause.set_ms = now_ms
            if retry_after is None and together:
                return max(pause.until_ms, now_ms)
            seconds = max(retry_after, 1.0) if retry_after is not None else self._back_off(pause.count)
            pause.until_ms = max(pause.until_ms, now_ms + int(seconds * 1000))
            return pause.until_ms

    def succeeded(self, cost_class: str, sent_ms: int) -> None:
        """The class is served again when a request sent after the pause succeeds: the next pause starts small."""
        with self._lock:
            pause = self._pauses.get(cost_class)
            if pause is not None and sent_ms >= pause.until_ms:
                del self._pauses[cost_class]

    def _back_off(self, count: int) -> float:
        longest = min(BACK_OFF_SECONDS_MAX, BACK_OFF_SECONDS * 2.0 ** min(count - 1, 10))
        return min(BACK_OFF_SECONDS_MAX, longest * (1 + JITTER * self._chance.random()))
