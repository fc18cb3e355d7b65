"""The time pair of a listing: read and judged as the Management Activity API does. Layer: streams."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from streams.simulation.clock import DAY, HOUR, MINUTE

_FORMS = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")
_REACH = 7 * DAY + HOUR  # the true edge, as clients measured it
_FRACTION = re.compile(r"\.\d{1,7}$")


@dataclass(frozen=True, slots=True)
class ContentWindow:
    """From (inclusive) to (exclusive), UTC milliseconds; or the code of the refusal in `error`."""

    start: int = 0
    end: int = 0
    error: str = ""


def parse_time(text: str) -> int | None:
    """One of the documented forms, with or without `Z` or a fraction."""
    plain = _FRACTION.sub("", text.removesuffix("Z"))
    for form in _FORMS:
        try:
            return int(datetime.strptime(plain, form).replace(tzinfo=UTC).timestamp() * 1000)
        except ValueError:
            continue
    return None


def read_window(query: Mapping[str, str], now_ms: int) -> ContentWindow:
    """The window that `startTime` and `endTime` ask for."""
    first, last = query.get("starttime", ""), query.get("endtime", "")
    if not first and not last:
        return ContentWindow(now_ms - DAY, now_ms)
    if not first or not last:
        return ContentWindow(error="AF20030")
    start, end = parse_time(first), parse_time(last)
    if start is None or end is None:
        return ContentWindow(error="AF20002")
    if start >= end or end - start > DAY:
        return ContentWindow(error="AF20055")
    if start < now_ms - _REACH - MINUTE:
        return ContentWindow(error="AF20030")
    return ContentWindow(start, end)
