"""How many accounts a partition's engine holds and how large their states are; and letting those rest that are quiet.

Reckoned from what changed, now and then: a state is turned into bytes when it was touched since the last time, and one that
nobody touched for a while rests as bytes. Effects are the same whenever it does. Layer: streams.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from schemas.contracts.incident import Tier
from streams.drivers.kafka.told_incidents import ToldIncidents
from streams.drivers.measures import TenantMeasures

MEASURE_SECONDS = 15.0
REST_SECONDS = 300.0  # states that nothing touched for once to twice as long rest as bytes
PAUSE = 50.0  # times what measuring took
REGISTER = b"\xff"  # first byte of the keys that are no account's


@runtime_checkable
class Changing(Protocol):
    """An engine that says what changed in it."""

    def changed(self) -> dict[bytes, bytes | None]:
        """State bytes by key since the last call, None for what is gone."""
        ...

    def rest(self) -> None:
        """Let states rest that nothing touched since the last call."""
        ...


class HeldStates:
    """The states of one partition's engine, in numbers. Called by who folds, between two batches."""

    def __init__(self, engine: Changing, now: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._now = now
        self._due = now()
        self._rest_due = now() + REST_SECONDS
        self._sizes: dict[bytes, int] = {}
        self._accounts: dict[bytes, int] = {}  # by tenant
        self._bytes: dict[bytes, int] = {}

    def due(self) -> bool:
        """Whether it is time to measure."""
        return self._now() >= self._due

    def measure(self, told: ToldIncidents) -> list[TenantMeasures]:
        """One row per tenant, in order of their ids."""
        begun = self._now()
        for key, data in self._engine.changed().items():
            self._note(key, data)
        if begun >= self._rest_due:
            self._engine.rest()
            self._rest_due = begun + REST_SECONDS
        ended = self._now()
        self._due = ended + max(MEASURE_SECONDS, PAUSE * (ended - begun))
        opened = told.open()
        rows = []
        for tenant in sorted(self._bytes):
            tiers = opened.get(tenant.decode(), {})
            counts = tiers.get(Tier.REVIEW, 0), tiers.get(Tier.ACT, 0)
            rows.append(TenantMeasures(tenant.decode(), self._accounts.get(tenant, 0), self._bytes[tenant], *counts))
        return rows

    def _note(self, key: bytes, data: bytes | None) -> None:
        tenant, _, name = key.partition(b"|")
        known = key in self._sizes
        before = self._sizes.pop(key, 0)
        if data is not None:
            self._sizes[key] = len(data)
        self._bytes[tenant] = self._bytes.get(tenant, 0) + len(data or b"") - before
        if not name.startswith(REGISTER):
            self._accounts[tenant] = self._accounts.get(tenant, 0) + (data is not None) - known
