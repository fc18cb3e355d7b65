"""What a look back found in one tenant, and what could be seen at all. Layer: streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from streams.collectors.live.collector_state import state_from_json
from streams.collectors.live.feed_status import FeedState, FeedStatus
from streams.collectors.live.schedule import STATE
from streams.drivers.embedded.incidents import IncidentReader, IncidentRow
from streams.drivers.embedded.store import EmbeddedStore
from streams.operations.inventory_view import FEED, InventoryView, inventory_view

INCIDENTS_MAX: Final = 1_000
_BLIND: Final = (FeedState.UNAVAILABLE, FeedState.FAILING, FeedState.THROTTLED)


@dataclass(frozen=True, slots=True)
class FeedSeen:
    """One feed: from when to when it was seen (UTC milliseconds; `to_ms` 0: not at all), records, what not and why."""

    name: str
    from_ms: int
    to_ms: int
    records: int
    unseen: str = ""
    remedy: str = ""


@dataclass(slots=True)
class TenantSeen:
    """One tenant. `incidents` are rows of the store with their latest message; `whole`: the look back came to its end."""

    tenant: str
    whole: bool
    feeds: list[FeedSeen]
    inventory: InventoryView
    incidents: list[tuple[IncidentRow, dict[str, Any]]] = field(default_factory=list)

    @property
    def found(self) -> int:
        """Incidents of accounts and networks; those about what cannot be seen do not count."""
        return sum(1 for row, _ in self.incidents if row.account != self.tenant)

    @property
    def blind(self) -> bool:
        """Nothing of this tenant could be seen."""
        return not any(feed.to_ms for feed in self.feeds) and not any(kind.seen_ms for kind in self.inventory.kinds)


def tenant_seen(store: EmbeddedStore, tenant: str, statuses: Sequence[FeedStatus], whole: bool) -> TenantSeen:
    """What is known of a tenant when the look back ends; incidents come later, from the closed store."""
    start_ms = state_from_json(store.checkpoint(tenant, STATE)).start_ms
    records = {held.feed: held.records for held in store.feeds() if held.tenant == tenant}
    feeds = [_feed(status, start_ms, records) for status in statuses if status.name != FEED]
    return TenantSeen(tenant, whole, feeds, inventory_view(store.checkpoint(tenant, FEED)))


def _feed(status: FeedStatus, start_ms: int, records: Mapping[str, int]) -> FeedSeen:
    blind = status.state in _BLIND
    why = (status.blind_spot or status.last_error) if blind else ""
    return FeedSeen(
        status.name,
        start_ms,
        status.complete_ms if status.last_success_ms or status.read else 0,
        max(records.get(status.name, 0), status.produced),
        why or ("it gave no reason" if blind else ""),
        status.remedy if blind else "",
    )


def add_incidents(reader: IncidentReader, seen: TenantSeen) -> None:
    """Read the tenant's incidents, the earliest first."""
    rows = reader.incidents(seen.tenant, most=INCIDENTS_MAX)
    for row in sorted(rows, key=lambda row: (row.first_ms, row.uid)):
        seen.incidents.append((row, orjson.loads(reader.message(row.uid))))
