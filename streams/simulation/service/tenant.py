"""One practice tenant: its world, what can be fetched, and who may. Layer: streams."""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path

from streams.simulation.chance import chance
from streams.simulation.clock import DAY
from streams.simulation.service.deeds import Deeds, own_principal
from streams.simulation.service.directory import Directory
from streams.simulation.service.faults import Faults
from streams.simulation.service.interventions import Interventions
from streams.simulation.service.item import Item
from streams.simulation.service.options import EXCHANGE_ROLES, MANAGEMENT_ROLES, Attack, Resource, TenantOptions
from streams.simulation.service.sent import Sent
from streams.simulation.service.spool import Spool
from streams.simulation.service.stores import Stores
from streams.simulation.service.subscriptions import Subscriptions
from streams.simulation.service.world import World


class PracticeTenant:
    """State of one tenant. `id`, `client_id` and `client_secret` are what a collector is configured with."""

    def __init__(self, options: TenantOptions, faults: Faults, now_ms: int, folder: Path, sent: bool) -> None:
        start = now_ms // DAY * DAY - options.past_days * DAY
        self.options, self.faults = options, faults
        self.start_ms = start
        rng = chance(options.seed, "application")
        self.client_id = options.client_id or rng.guid()
        self.client_secret = options.client_secret or f"practice~{rng.token()}"
        self.principal_id = rng.guid()
        self.roles = set(options.roles)
        self.licences = set(options.licences)
        self.audit_on = options.audit_on
        self.app_enabled = True
        self.secret_expired = False
        self._number = 0
        self._guard = threading.Lock()
        self._calls: dict[str, deque[int]] = {}
        self._spool = Spool(folder / "spool" / f"{self.client_id}.bin")
        self.stores = Stores(options, faults, self._spool)
        self.world = World(options, start, self.stores, self._spool)
        self.id = self.world.tenant.org_id
        tenant = self.world.tenant
        self.directory = Directory(tenant, self.world.people, options, self.client_id, self.principal_id)
        interventions = Interventions(self.world, self.stores, self.directory, self._spool)
        self.world.observe = self.directory.observe
        self.directory.happens = interventions.happens
        self.directory.granted = interventions.regain
        self.stores.change = interventions.change
        self.deeds = Deeds(self.directory, interventions, own_principal(self.client_id, self.principal_id))
        self.subscriptions = Subscriptions(options, start)
        self.sent = Sent(folder / "served" / self.id if sent else None)

    @property
    def domain(self) -> str:
        """The home domain."""
        return self.world.tenant.domain

    @property
    def own_enabled(self) -> bool:
        """Whether our own application may get tokens."""
        own = self.directory.principal(self.principal_id)
        return self.app_enabled and own is not None and bool(own["accountEnabled"])

    def catch_up(self, now_ms: int) -> None:
        """Let everything happen that happens by a moment."""
        self.world.generate(now_ms)
        self.directory.advance(now_ms)
        self.stores.release(now_ms)

    def roles_for(self, resource: Resource) -> set[str]:
        """The app roles that a token for a resource carries."""
        if resource is Resource.MANAGEMENT:
            return self.roles & set(MANAGEMENT_ROLES)
        if resource is Resource.EXCHANGE:
            return self.roles & set(EXCHANGE_ROLES)
        return self.roles - set(MANAGEMENT_ROLES) - set(EXCHANGE_ROLES)

    def roll(self) -> float:
        """The next number from 0 to 1 of this tenant's faults."""
        with self._guard:
            self._number += 1
            return chance(self.options.seed, "fault", self._number).random()

    def within(self, name: str, limit: int, span_ms: int, now_ms: int) -> bool:
        """Count a call; False when there are already `limit` in the last `span_ms` of practice time."""
        with self._guard:
            calls = self._calls.setdefault(name, deque())
            while calls and calls[0] <= now_ms - span_ms:
                calls.popleft()
            if len(calls) >= limit:
                return False
            calls.append(now_ms)
            return True

    def keep(self, data: bytes) -> int:
        """Put an encoded record into the spool; its position."""
        return self._spool.write(data)

    def read(self, position: int) -> bytes:
        """An encoded record of the spool."""
        return self._spool.read(position)

    def deliver(self, name: str, item: Item) -> None:
        """Let a record that this service itself causes arrive."""
        self.stores.take(name, item)

    def attack(self, attack: Attack) -> int:
        """Place one more attack; its number."""
        number = self.world.attack(attack)
        self.directory.prepare(attack, number)
        return number

    def available(self) -> dict[str, dict[str, object]]:
        """By feed: records and contents that have become available, and the ids of contents that nobody fetched whole."""
        found: dict[str, dict[str, object]] = {}
        with self.stores.lock:
            for name, store in self.stores.blobs.items():
                feed = f"activity/{name}"
                unserved = [blob.id for blob in store.blobs if not blob.missing and not self.sent.has(feed, blob.id)]
                found[feed] = {"contents": len(store.blobs), "unserved": unserved,
                               "records": sum(len(blob.positions) for blob in store.blobs)}  # fmt: skip
            for name, rows in self.stores.rows.items():
                found[f"graph/{name}"] = {"records": len(rows), "served": self.sent.records.get(f"graph/{name}", 0)}
        return found

    def close(self) -> None:
        """Close files, after writing what was available where everything served is logged."""
        self.sent.conclude(self.available())
        self.sent.close()
        self._spool.close()
