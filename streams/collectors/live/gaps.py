"""Gaps that are over when they are told. Layer: streams."""

from __future__ import annotations

from dataclasses import replace

from schemas.contracts.collected import Gap
from streams.collectors.live.seam import Journal


def tell_past(journal: Journal, gap: Gap) -> None:
    """Write a gap and its end: what could not be seen is past, and can be seen again."""
    journal.gap(gap)
    journal.gap(replace(gap, over=True))
