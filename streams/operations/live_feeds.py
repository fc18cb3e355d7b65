"""The live feeds by the names that the settings use. Layer: streams."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from streams.cloud.seam import Cloud
from streams.collectors.inventory.feed import InventoryFeed
from streams.collectors.live.activity import ActivityFeed
from streams.collectors.live.directory_audits import directory_audits
from streams.collectors.live.message_trace import message_trace
from streams.collectors.live.risk_detections import risk_detections
from streams.collectors.live.seam import Journal, LiveFeed
from streams.collectors.live.signins import SignInStream, sign_ins
from streams.operations.refusal import Refusal

Make = Callable[[Cloud, Journal], LiveFeed]


def _activity(content_type: str) -> Make:
    return lambda cloud, journal: ActivityFeed(cloud, journal, content_type)


def _sign_ins(stream: SignInStream) -> Make:
    return lambda cloud, journal: sign_ins(cloud, journal, stream)


MAKERS: Final[dict[str, Make]] = {
    "Audit.AzureActiveDirectory": _activity("Audit.AzureActiveDirectory"),
    "Audit.Exchange": _activity("Audit.Exchange"),
    "Audit.SharePoint": _activity("Audit.SharePoint"),
    "Audit.General": _activity("Audit.General"),
    "DLP.All": _activity("DLP.All"),
    "signIns.interactiveUser": _sign_ins(SignInStream.INTERACTIVE),
    "signIns.nonInteractiveUser": _sign_ins(SignInStream.NON_INTERACTIVE),
    "signIns.servicePrincipal": _sign_ins(SignInStream.SERVICE_PRINCIPAL),
    "signIns.managedIdentity": _sign_ins(SignInStream.MANAGED_IDENTITY),
    "directoryAudits": directory_audits,
    "riskDetections": risk_detections,
    "messageTraces": message_trace,
    "inventory": InventoryFeed,
}
# Audit.General and DLP.All are large, and DLP.All holds what it warns of: only who asks for them gets them.
OPT_IN: Final = frozenset({"Audit.General", "DLP.All"})
DEFAULT: Final = tuple(name for name in MAKERS if name not in OPT_IN)


def chosen_feeds(names: Iterable[str]) -> tuple[str, ...]:
    """Names as the settings give them, in the order of the catalogue; all but the opt-in ones when there are none. Refusal."""
    wanted = {name.strip().lower() for name in names if name.strip()}
    if not wanted:
        return DEFAULT
    known = {name.lower(): name for name in MAKERS}
    unknown = sorted(wanted - known.keys())
    if unknown:
        raise Refusal(f"unknown feed {unknown[0]}; known: {', '.join(MAKERS)}")
    return tuple(name for name in MAKERS if name.lower() in wanted)


def open_feeds(cloud: Cloud, journal: Journal, names: Iterable[str]) -> list[LiveFeed]:
    """A feed for each name."""
    return [MAKERS[name](cloud, journal) for name in names]
