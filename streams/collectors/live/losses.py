"""Blobs that expired before they could be fetched: one gap for all that are met in a row. Layer: streams."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from schemas.contracts.collected import Batch, Content, ContentState, Gap, GapKind
from streams.collectors.live.seam import Journal

BLOB_SPAN_MS = 2 * 3_600_000  # of events before the creation of a blob
_REMEDY = "Keep the collector running: the service holds content for a limited time only."
_MEMBER = "lost"  # of the feed's checkpoint: [from, to, count] of the gap that is open


class Losses:
    """Keeps the open gap in the feed's checkpoint, so that it is closed whatever is killed in between."""

    def __init__(self, feed: str, journal: Journal) -> None:
        self._feed = feed
        self._journal = journal

    def add(self, content: Content) -> None:
        """Say that a blob is lost, then give it up: in this order, so that none is passed over."""
        from_ms, to_ms = content.created_ms - BLOB_SPAN_MS, content.created_ms
        held = self._held()
        if held is None:
            self._journal.gap(self._gap(from_ms, to_ms, 1))
            row = [from_ms, to_ms, 1]
        else:
            row = [min(held[0], from_ms), max(held[1], to_ms), held[2] + 1]
        given_up = replace(content, state=ContentState.EXPIRED)
        self._journal.commit(Batch(self._feed, content=given_up, checkpoint={_MEMBER: row}))

    def close(self) -> None:
        """End the gap, where one is open."""
        held = self._held()
        if held is not None:
            self._journal.gap(replace(self._gap(*held), over=True))
            self._journal.commit(Batch(self._feed, checkpoint={}))

    def _held(self) -> Any:
        return self._journal.checkpoint(self._feed).get(_MEMBER)

    def _gap(self, from_ms: int, to_ms: int, count: int) -> Gap:
        blobs = "A blob" if count == 1 else f"{count} blobs"
        text = f"{blobs} of {self._feed} expired before the collector could fetch the content: its records are lost."
        return Gap(self._feed, GapKind.EXPIRED, from_ms, to_ms, text, _REMEDY)
