"""Signals in order of event time: held until the tenant's clock has passed them in every partition of accounts. Layer: detectors.

What an entity answers depends on the order in which it hears (whose failure was the fourth, who was told of how many), and
partitions of accounts run side by side. Held until every one has told its watermark and then sorted, the signals of a
replay come in one order however many partitions there are. A signal of an earlier event time than that is late and is
heard at once.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson

from detectors.engine.effects import Effect
from detectors.engine.entity_engine import EntityEngine
from detectors.engine.sorted_json import SORTED, members
from schemas.contracts.signal import Contribution, Signal, SignalItem, Watermark

KIND = "watermark"  # in the key of the state


@dataclass(slots=True)
class _Waiting:
    """Signals of one tenant that are held, and how far each partition of accounts has come (UTC milliseconds)."""

    held: list[Signal] = field(default_factory=list)
    reached: dict[int, int] = field(default_factory=dict)
    passed: int = 0  # event time that all partitions have passed


class OrderedEntities:
    """An entity engine that hears signals in order. `partition` is its own, of the signal log."""

    def __init__(self, engine: EntityEngine, partition: int = 0) -> None:
        self._engine = engine
        self._partition = partition
        self._tenants: dict[str, _Waiting] = {}
        self._damaged = 0
        self._touched: set[str] = set()  # tenants, since the last `changed`

    @property
    def damaged(self) -> int:
        """Parts of states that had to start anew."""
        return self._damaged + self._engine.damaged

    def rest(self) -> None:
        """Let entities rest: see `EntityEngine.rest`."""
        self._engine.rest()

    def fold(self, item: SignalItem) -> list[Effect]:
        """Apply one item. Contributions are heard at once: the tenant orders them by day."""
        if isinstance(item, Contribution):
            return self._engine.fold(item)
        waiting = self._tenants.setdefault(item.tenant, _Waiting())
        self._touched.add(item.tenant)
        if isinstance(item, Watermark):
            return self._advance(waiting, item)
        if item.time_ms < waiting.passed:
            return self._engine.fold(item)
        waiting.held.append(item)
        return []

    def _advance(self, waiting: _Waiting, mark: Watermark) -> list[Effect]:
        reached = waiting.reached
        reached[mark.partition] = max(mark.time_ms, reached.get(mark.partition, 0))
        passed = min(reached.values())
        if len(reached) < mark.partitions or passed <= waiting.passed:
            return []
        waiting.passed = passed
        due = [item for item in waiting.held if item.time_ms < passed]
        waiting.held = [item for item in waiting.held if item.time_ms >= passed]
        return [effect for item in sorted(due, key=_order) for effect in self._engine.fold(item)]

    def states(self) -> dict[bytes, bytes]:
        """The entities' states, and by `tenant|watermark|partition` what is held for each tenant."""
        return self._engine.states() | self._held(self._tenants)

    def _held(self, tenants: Iterable[str]) -> dict[bytes, bytes]:
        return {f"{name}|{KIND}|{self._partition}".encode(): _dump(self._tenants[name]) for name in tenants}

    def changed(self, only: str | None = None) -> dict[bytes, bytes | None]:
        """What changed since the last call, as the engine's own, and what is held for each tenant; None: gone."""
        touched = self._touched if only is None else self._touched & {only}
        self._touched = self._touched - touched
        return self._engine.changed(only) | self._held(touched)

    def snapshot(self) -> dict[bytes, bytes]:
        """Everything: `restore` gives this object."""
        return self._engine.snapshot() | self._held(self._tenants)

    def restore(self, states: Iterable[tuple[bytes, bytes]]) -> None:
        """Take over a snapshot, into an object that has folded nothing. Damaged parts start anew and are counted."""
        for key, data in states:
            tenant, kind, name = key.decode().split("|", 2)
            if kind == KIND:
                self.load_state(tenant, kind, name, data)
            else:
                self._engine.lay_down(tenant, kind, name, data)
        self.changed()

    def forget_tenant(self, tenant: str) -> None:
        """Let all of a tenant go."""
        self._engine.forget_tenant(tenant)
        self._tenants.pop(tenant, None)
        self._touched.discard(tenant)

    def load_state(self, tenant: str, kind: str, name: str, data: bytes) -> None:
        """Take over the bytes of one key; damaged ones start anew and are counted."""
        if kind != KIND:
            self._engine.load_state(tenant, kind, name, data)
            return
        try:
            self._tenants[tenant] = _load(data)
        except ValueError:
            self._damaged += 1


def _order(item: Signal) -> tuple[int, str, str, str, str]:
    return (item.time_ms, item.record_id, item.entity, item.account, item.what)


def _dump(waiting: _Waiting) -> bytes:
    """Compressed JSON; the held signals sorted, so that equal states are equal bytes."""
    body = {
        "held": sorted(waiting.held, key=_order),
        "reached": waiting.reached,
        "passed": waiting.passed,
    }
    return zlib.compress(orjson.dumps(body, default=members, option=SORTED), 6)


def _load(data: bytes) -> _Waiting:
    try:
        body = orjson.loads(zlib.decompress(data))
        reached = {int(partition): int(time_ms) for partition, time_ms in body["reached"].items()}
        return _Waiting([Signal(**row) for row in body["held"]], reached, int(body["passed"]))
    except (zlib.error, TypeError, KeyError, AttributeError) as error:
        raise ValueError("the held signals are damaged") from error
