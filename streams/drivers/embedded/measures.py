"""What a store holds of each tenant, in numbers for the metrics. Layer: streams."""

from __future__ import annotations

import sqlite3

from streams.drivers.measures import TenantMeasures

__all__ = ["TenantMeasures", "tenant_measures"]


def tenant_measures(connection: sqlite3.Connection) -> list[TenantMeasures]:
    """One row per tenant, in order of their ids. Reads every state's length."""
    sql = (
        "SELECT t.id, (SELECT count(*) FROM states s WHERE s.tenant = t.no AND s.side = 'accounts'"
        " AND substr(s.key, 1, 1) != x'ff'),"
        " (SELECT coalesce(sum(length(s.data)), 0) FROM states s WHERE s.tenant = t.no AND s.side = 'accounts'),"
        " (SELECT count(*) FROM incidents i WHERE i.tenant = t.no AND i.activity != 'close' AND i.tier = 'review'),"
        " (SELECT count(*) FROM incidents i WHERE i.tenant = t.no AND i.activity != 'close' AND i.tier = 'act')"
        " FROM tenants t ORDER BY t.id"
    )
    return [TenantMeasures(*row) for row in connection.execute(sql)]
