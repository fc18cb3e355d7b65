"""What a driver holds of a tenant, in numbers for the metrics. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TenantMeasures:
    """Accounts with state, the bytes of their states, and open incidents by tier."""

    tenant: str
    accounts: int
    states_bytes: int
    open_review: int
    open_act: int
