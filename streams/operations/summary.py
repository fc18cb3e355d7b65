"""The last line of a run (contracts 1). Layer: streams."""

from __future__ import annotations

from schemas.contracts.incident import Tier
from streams.collectors.feed import FeedCounts
from streams.collectors.files.report import ReadReport
from streams.operations.final_incidents import FinalIncidents


def summary_line(report: ReadReport, counts: FeedCounts, incidents: FinalIncidents, seconds: float) -> str:
    """`read` is distinct + duplicates + unreadable; `rate` is records read per second of wall time."""
    fields = {
        "read": report.read,
        "distinct": report.distinct,
        "duplicates": report.duplicates,
        "unreadable": report.unreadable,
        "skipped": counts.skipped,
        "accounts": counts.accounts,
        "review": incidents.count(Tier.REVIEW),
        "act": incidents.count(Tier.ACT),
        "seconds": f"{seconds:.2f}",
        "rate": round(report.read / seconds) if seconds > 0 else 0,
    }
    return "summary: " + " ".join(f"{name}={value}" for name, value in fields.items())
