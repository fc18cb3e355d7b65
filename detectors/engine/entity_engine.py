"""The fold over one partition of the signal log. Layer: detectors.

An entity (a network, the tenant) hears votes of accounts and answers with entries of accounts' own logs: notices to those
whom an answer concerns, the tenant's profile to every partition. State is a function of the items and of nothing else.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any, Protocol, TypeVar

from detectors.engine.detector import DAY_MS, DetectorInfo
from detectors.engine.effects import Effect
from detectors.engine.envelope import DamagedState, Section, open_envelope, seal_envelope
from detectors.engine.knowledge import Knowledge
from schemas.contracts.log import LogEntry
from schemas.contracts.signal import Contribution, Signal, SignalItem, Watermark

DAY = "day"  # in the key of the register, no entity's kind
S = TypeVar("S")
Key = tuple[str, str, str]  # tenant, kind, entity


class EntityDetector(Protocol[S]):
    """Judges the entities of one kind. `info.number` and `info.version` are on-disk format, as an account detector's are."""

    info: DetectorInfo
    kind: str  # kind of entity it hears ("network", "tenant")

    def start(self) -> S:
        """State of an entity never heard of."""
        ...

    def observe(self, state: S, item: Signal | Contribution) -> Sequence[LogEntry]:
        """Note one item; what the entity answers to it. An item met before changes nothing."""
        ...

    def expired(self, state: S, time_ms: int) -> bool:
        """Whether the state may be forgotten when the partition has reached this event time."""
        ...

    def dump(self, state: S) -> bytes:
        """State to bytes of the current version; empty when there is nothing to keep."""
        ...

    def load(self, data: bytes, version: int) -> S:
        """Bytes of any released version to state; ValueError when they are damaged."""
        ...


class _Entity:
    """One entity: a state per detector of its kind, and the sections of detectors that are not installed."""

    __slots__ = ("foreign", "states")

    def __init__(self, detectors: Sequence[EntityDetector[Any]]) -> None:
        self.states = [detector.start() for detector in detectors]
        self.foreign: list[Section] = []


class EntityEngine:
    """`fold(item) -> effects` for the entities of one partition."""

    def __init__(self, detectors: Sequence[EntityDetector[Any]], knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._kinds: dict[str, tuple[EntityDetector[Any], ...]] = {}
        for detector in detectors:
            self._kinds[detector.kind] = (*self._kinds.get(detector.kind, ()), detector)
        self._entities: dict[Key, _Entity] = {}  # live
        self._saved: dict[Key, bytes] = {}  # states as they were last written; a live one counts before it
        self._lately: set[Key] = set()  # touched since the last `rest`
        self._days: dict[str, int] = {}  # tenant -> latest day of event time (days since 1970)
        self.damaged = 0  # sections of states that had to start anew
        self._touched: set[Key] = set()  # since the last `changed`
        self._gone: set[Key] = set()
        self._moved: set[str] = set()  # tenants whose latest day changed

    def fold(self, item: SignalItem) -> list[Effect]:
        """Apply one item, at once (`signal_order` puts them in order). Of a kind that nobody hears nothing is kept."""
        detectors = self._kinds.get(item.kind)
        if detectors is None or isinstance(item, Watermark):
            return []
        day = item.day if isinstance(item, Contribution) else item.time_ms // DAY_MS
        latest = self._days.get(item.tenant)
        if latest is None or day > latest:
            self._days[item.tenant] = day
            self._moved.add(item.tenant)
            if latest is not None:
                self._forget(item.tenant, day * DAY_MS)
        key = (item.tenant, item.kind, item.entity)
        entity = self._entities.get(key)
        if entity is None:
            entity = self._wake(key, detectors)
        self._touched.add(key)
        effects: list[Effect] = []
        for detector, state in zip(detectors, entity.states, strict=True):
            effects += detector.observe(state, item)
        return effects

    def _forget(self, tenant: str, time_ms: int) -> None:
        """Drop the entities of a tenant that all their detectors have done with: an address is met once and never again."""
        for key in [key for key in self._keys() if key[0] == tenant]:
            live = self._entities.get(key)
            entity, damaged = (live, 0) if live is not None else self._loaded(key[1], self._saved[key])
            if all(
                detector.expired(state, time_ms)
                for detector, state in zip(self._kinds.get(key[1], ()), entity.states, strict=False)
            ):
                self._drop(key)
                self.damaged += damaged
                self._gone.add(key)
                self._touched.discard(key)

    def _keys(self) -> Iterator[Key]:
        """Every entity, live or resting."""
        yield from self._entities
        yield from (key for key in self._saved if key not in self._entities)

    def _drop(self, key: Key) -> None:
        self._entities.pop(key, None)
        self._saved.pop(key, None)

    def _wake(self, key: Key, detectors: Sequence[EntityDetector[Any]]) -> _Entity:
        """The live state of an entity that has none yet: that of its bytes, or of one never heard of."""
        data = self._saved.get(key)
        if data is None:
            entity = _Entity(detectors)
        else:
            entity, damaged = self._loaded(key[1], data)
            self.damaged += damaged
        self._entities[key] = entity
        return entity

    def rest(self) -> None:
        """Let the entities rest that no item has touched since the last call and whose changes `changed` has given out."""
        kept = self._lately | self._touched
        self._entities = {
            key: entity for key, entity in self._entities.items() if key in kept or key not in self._saved
        }
        self._lately = set()

    def states(self) -> dict[bytes, bytes]:
        """State bytes of every entity by `tenant|kind|entity`."""
        found = {"|".join(key).encode(): data for key, data in self._saved.items() if key not in self._entities}
        return found | {"|".join(key).encode(): self._dump(key[1], entity) for key, entity in self._entities.items()}

    def changed(self, only: str | None = None) -> dict[bytes, bytes | None]:
        """What changed since the last call: entities by `tenant|kind|entity`, the latest day by `tenant|day|`; None: gone.

        `only`: of this tenant; what changed of others is given out later.
        """
        gone, touched, moved = self._gone, self._touched, self._moved
        if only is not None:
            gone, touched = ({key for key in keys if key[0] == only} for keys in (gone, touched))
            moved = moved & {only}
        found: dict[bytes, bytes | None] = {"|".join(key).encode(): None for key in gone}
        for key in touched:
            data = found["|".join(key).encode()] = self._dump(key[1], self._entities[key])
            self._saved[key] = data
        self._lately |= touched
        found |= {f"{tenant}|{DAY}|".encode(): b"%d" % self._days[tenant] for tenant in moved}
        self._touched, self._gone, self._moved = self._touched - touched, self._gone - gone, self._moved - moved
        return found

    def snapshot(self) -> dict[bytes, bytes]:
        """Everything: the entities' states and each tenant's latest day."""
        return self.states() | {f"{tenant}|{DAY}|".encode(): b"%d" % day for tenant, day in self._days.items()}

    def forget_tenant(self, tenant: str) -> None:
        """Let all of a tenant go."""
        for key in [key for key in self._keys() if key[0] == tenant]:
            self._drop(key)
        self._touched = {key for key in self._touched if key[0] != tenant}
        self._gone = {key for key in self._gone if key[0] != tenant}
        self._days.pop(tenant, None)
        self._moved.discard(tenant)

    def lay_down(self, tenant: str, kind: str, name: str, data: bytes) -> None:
        """Take over an entity's bytes as they are, into an engine that has folded nothing: it rests until it is needed."""
        if kind == DAY:
            self.load_state(tenant, kind, name, data)
        else:
            self._saved[sys.intern(tenant), sys.intern(kind), name] = data

    def load_state(self, tenant: str, kind: str, name: str, data: bytes) -> None:
        """Take over an entity's bytes, live; damaged sections start anew and are counted, unknown ones are carried through."""
        if kind == DAY:
            try:
                self._days[tenant] = int(data)
            except ValueError:
                self.damaged += 1
            return
        entity, damaged = self._loaded(kind, data)
        self.damaged += damaged
        self._entities[tenant, kind, name] = entity
        self._saved.pop((tenant, kind, name), None)

    def _loaded(self, kind: str, data: bytes) -> tuple[_Entity, int]:
        """(entity, sections that were damaged and start anew)."""
        detectors = self._kinds.get(kind, ())
        entity, damaged = _Entity(detectors), 0
        places = {detector.info.number: place for place, detector in enumerate(detectors)}
        try:
            sections = open_envelope(data)
        except DamagedState:
            return entity, 1
        for section in sections:
            place = places.get(section.number)
            if place is None or section.version > detectors[place].info.version:
                entity.foreign.append(section)
                continue
            try:
                entity.states[place] = detectors[place].load(section.data, section.version)
            except ValueError:
                damaged += 1
        return entity, damaged

    def _dump(self, kind: str, entity: _Entity) -> bytes:
        sections = list(entity.foreign)
        for detector, state in zip(self._kinds.get(kind, ()), entity.states, strict=True):
            data = detector.dump(state)
            if data:
                sections.append(Section(detector.info.number, detector.info.version, data))
        return seal_envelope(sections)
