"""A diagnostic setting: what becomes visible is sent to an event hub, in batches, some of it again. Layer: streams."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from streams.simulation.chance import chance
from streams.simulation.clock import MINUTE
from streams.simulation.record import Body
from streams.simulation.service.hub_rows import CATEGORIES, hub_properties, hub_record
from streams.simulation.service.item import Item
from streams.simulation.service.tenant import PracticeTenant

_BATCH_MOST = 20
_MESSAGE_BYTES = 900_000  # an event is at most 1 MB
_AGAIN = 0.03  # share sent again, measured 2.7 to 4 %
_AGAIN_AFTER_MS = (MINUTE, 15 * MINUTE)

Send = Callable[[bytes], None]


@dataclass(slots=True)
class HubFeed:
    """Sends one tenant's rows from its beginning on. Thread-safe; `send` is called by `flush` alone."""

    tenant: PracticeTenant
    send: Send
    _waiting: list[tuple[int, str, Body]] = field(default_factory=list)
    _sent: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """Follow the tenant: whatever becomes visible from now on."""
        self.tenant.stores.shown = self._shown

    def _shown(self, name: str, end_ms: int, items: list[Item]) -> None:
        if name not in CATEGORIES:
            return
        for item in items:
            row: Body = orjson.loads(self.tenant.read(item.position))
            rng = chance(self.tenant.options.seed, "hub", row["id"], item.arrival)
            properties = hub_properties(name, row, rng)
            with self._lock:
                self._waiting.append((end_ms, name, properties))
                if rng.happens(_AGAIN):
                    self._waiting.append((end_ms + rng.whole(*_AGAIN_AFTER_MS), name, properties))

    def flush(self, now_ms: int) -> None:
        """Send what is due, in messages of one to twenty records of any category."""
        with self._lock:
            due = [entry for entry in self._waiting if entry[0] <= now_ms]
            self._waiting = [entry for entry in self._waiting if entry[0] > now_ms]
        while due:
            rng = chance(self.tenant.options.seed, "hub message", self._sent)
            records: list[bytes] = []
            for due_ms, name, properties in due[: rng.whole(1, _BATCH_MOST)]:
                record = orjson.dumps(hub_record(name, properties, self.tenant.id, due_ms, rng))
                if records and sum(map(len, records)) + len(record) > _MESSAGE_BYTES:
                    break
                records.append(record)
            self.send(b'{"records":[' + b",".join(records) + b"]}")
            self._sent += 1
            due = due[len(records) :]
