"""The feed of message trace: one row for each message and recipient. Layer: streams.

Source: reference graph-signins, 6. A window is at most ten days wide and may not end in the future; a row's status may change for
hours, and the same row comes on two pages at times.
"""

from __future__ import annotations

from streams.cloud.seam import Cloud
from streams.collectors.live.seam import Journal
from streams.collectors.live.window_feed import DAY_MS, HOUR_MS, Variant, WindowFeed, WindowLog

TRACE_APP = "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373"


def message_trace(cloud: Cloud, journal: Journal) -> WindowFeed:
    """The feed "graph/messageTraces"."""
    return WindowFeed(
        cloud,
        journal,
        WindowLog(
            name="graph/messageTraces",
            variants=(Variant("v1.0/admin/exchange/tracing/messageTraces", "receivedDateTime"),),
            top=5000,
            cost="message-trace",
            blind_spot="message trace is not seen: how many recipients mail went to, and whether it was delivered, is not known",
            remedy=(
                "Grant ExchangeMessageTrace.Read.All with admin consent, and create the service principal once:"
                f' POST /servicePrincipals {{"appId":"{TRACE_APP}"}}. The US government and China clouds do not offer it.'
            ),
            reach_ms=90 * DAY_MS - HOUR_MS,
            overlap_ms=2 * HOUR_MS + HOUR_MS // 2,
            widest_ms=10 * DAY_MS - HOUR_MS,
            ordered=False,
        ),
    )
