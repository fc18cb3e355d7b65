"""The feed of Entra directory audits. Layer: streams.

Source: reference graph-signins, 3. It works without a premium licence, which keeps the rows for 30 days instead of seven.
"""

from __future__ import annotations

from streams.cloud.seam import Cloud
from streams.collectors.live.seam import Journal
from streams.collectors.live.window_feed import DAY_MS, HOUR_MS, Variant, WindowFeed, WindowLog


def directory_audits(cloud: Cloud, journal: Journal) -> WindowFeed:
    """The feed "graph/directoryAudits"."""
    return WindowFeed(
        cloud,
        journal,
        WindowLog(
            name="graph/directoryAudits",
            variants=(Variant("v1.0/auditLogs/directoryAudits", "activityDateTime"),),
            top=1000,
            cost="reporting",
            blind_spot="directory changes are seen through the audit log only, later and with less detail",
            remedy="Grant the application permission AuditLog.Read.All with admin consent.",
            reach_ms=30 * DAY_MS,
            overlap_ms=3 * HOUR_MS,
        ),
    )
