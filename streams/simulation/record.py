"""One vendor record on its way into the practice files. Layer: streams."""

from __future__ import annotations

from typing import Any, NamedTuple

Body = dict[str, Any]

MANAGEMENT, SIGNINS, TRACE = 0, 1, 2
FEED_FILES = ("management.jsonl.gz", "signins.jsonl.gz", "messagetrace.jsonl.gz")


class Record(NamedTuple):
    """Feed, event time in milliseconds, identity (as evaluation names it) and the vendor's JSON object."""

    feed: int
    time: int
    uid: str
    body: Body
