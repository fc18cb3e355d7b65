"""How far this machine's clock is from the service's, learnt from its answers. Layer: streams."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from statistics import median_low

from streams.cloud.throttling import http_date_ms

SAMPLES = 9
HEADER_MS = 1000  # a Date header is cut to seconds


class Skew:
    """Median of the last answers' differences: one server with a wrong clock changes nothing. Thread-safe."""

    def __init__(self) -> None:
        self._samples: deque[int] = deque(maxlen=SAMPLES)
        self._lock = threading.Lock()
        self.ms = 0  # service minus ours

    def learn(self, headers: Mapping[str, str], sent_ms: int, received_ms: int) -> None:
        """Take in an answer's `Date`, which was written between the two times: within them, the clocks agree."""
        date_ms = http_date_ms(headers.get("date"))
        if date_ms is None:
            return
        earliest, latest = date_ms, date_ms + HEADER_MS
        sample = min(0, latest - sent_ms) + max(0, earliest - received_ms)
        with self._lock:
            self._samples.append(sample)
            self.ms = median_low(self._samples)
