"""The four streams of Entra sign-ins, each with its own feed: one request cannot combine them. Layer: streams.

Source: reference graph-signins, 1. The beta endpoint carries session, protocol and token details that v1.0 lacks, and is the
only one for the streams without a person; interactive sign-ins fall back to v1.0. Rows of v1.0 do not name their stream: the
feed does.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from streams.cloud.seam import Cloud
from streams.collectors.live.seam import Journal
from streams.collectors.live.window_feed import DAY_MS, HOUR_MS, Variant, WindowFeed, WindowLog

COST: Final = "reporting"
_PATH: Final = "auditLogs/signIns"
_TIME: Final = "createdDateTime"
_REMEDY: Final = (
    "Grant the application permission AuditLog.Read.All with admin consent;"
    " the tenant needs Entra ID P1 or P2 for sign-ins."
)


class SignInStream(StrEnum):
    """Event type of a sign-in; durable as part of the feed's name."""

    INTERACTIVE = "interactiveUser"
    NON_INTERACTIVE = "nonInteractiveUser"
    SERVICE_PRINCIPAL = "servicePrincipal"
    MANAGED_IDENTITY = "managedIdentity"


_BLIND_SPOTS: Final = {
    SignInStream.INTERACTIVE: "sign-ins of people are not seen: no place, device or risk of a logon",
    SignInStream.NON_INTERACTIVE: (
        "non-interactive sign-ins are not seen: use of a stolen session or refresh token stays unseen"
    ),
    SignInStream.SERVICE_PRINCIPAL: "sign-ins of applications are not seen",
    SignInStream.MANAGED_IDENTITY: "sign-ins of managed identities are not seen",
}


def sign_ins(cloud: Cloud, journal: Journal, stream: SignInStream) -> WindowFeed:
    """The feed "graph/signIns/<stream>"."""
    return WindowFeed(
        cloud,
        journal,
        WindowLog(
            name=f"graph/signIns/{stream}",
            variants=_variants(stream),
            top=1000,
            cost=COST,
            blind_spot=_BLIND_SPOTS[stream],
            remedy=_REMEDY,
            reach_ms=30 * DAY_MS,
            overlap_ms=3 * HOUR_MS,
        ),
    )


def _variants(stream: SignInStream) -> tuple[Variant, ...]:
    if stream is SignInStream.INTERACTIVE:
        return Variant(f"beta/{_PATH}", _TIME), Variant(f"v1.0/{_PATH}", _TIME)
    return (Variant(f"beta/{_PATH}", _TIME, f"signInEventTypes/any(t: t eq '{stream}')"),)
