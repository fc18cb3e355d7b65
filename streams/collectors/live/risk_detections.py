"""The feed of Identity Protection's risk detections. Layer: streams.

Source: reference graph-signins, 4. Detections come hours to days after the act and change later: the window is on the time of the
last change, or of detection where the service does not filter by that; never on the time of the act. A page has at most 500 rows,
and the tenant one request a second over all applications.
"""

from __future__ import annotations

from typing import Final

from streams.cloud.seam import Cloud
from streams.collectors.live.seam import Journal
from streams.collectors.live.window_feed import DAY_MS, HOUR_MS, Variant, WindowFeed, WindowLog

_PATH: Final = "v1.0/identityProtection/riskDetections"


def risk_detections(cloud: Cloud, journal: Journal) -> WindowFeed:
    """The feed "graph/riskDetections"."""
    return WindowFeed(
        cloud,
        journal,
        WindowLog(
            name="graph/riskDetections",
            variants=(Variant(_PATH, "lastUpdatedDateTime"), Variant(_PATH, "detectedDateTime")),
            top=500,
            cost="identity-protection",
            blind_spot="Microsoft's own risk detections are not seen",
            remedy="Grant IdentityRiskEvent.Read.All with admin consent; details need Entra ID P2.",
            reach_ms=30 * DAY_MS,
            overlap_ms=3 * HOUR_MS,
            poll_seconds=300.0,
            quick_ms=HOUR_MS,
            ordered=False,
        ),
    )
