"""The offline driver: both engines in one process, every effect carried out before the next entry. Layer: streams."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Protocol, TypeVar

from detectors.engine.effects import Effect
from schemas.contracts.incident import Incident
from schemas.contracts.log import LogEntry
from schemas.contracts.signal import SignalItem

T_contra = TypeVar("T_contra", contravariant=True)


class Folding(Protocol[T_contra]):
    """The pure fold, as this driver sees it."""

    def fold(self, item: T_contra, /) -> Iterable[Effect]:
        """Take one item, return what it causes."""
        ...


class FoldingAccounts(Folding[LogEntry], Protocol):
    """The accounts' side of it."""

    def standing(self) -> Iterable[Incident]:
        """Open incidents as they stand; changes nothing."""
        ...


class LocalPipeline:
    """One partition of accounts and of entities. Effects are acyclic by type, so that quiescence always comes."""

    def __init__(self, accounts: FoldingAccounts, entities: Folding[SignalItem]) -> None:
        self._accounts = accounts
        self._entities = entities

    def fold(self, entry: LogEntry) -> list[Incident]:
        """Apply one entry and all that follows from it; returns the incidents told, in order."""
        effects = self._accounts.fold(entry)
        return self._settle(effects) if effects else []

    def standing(self) -> Iterable[Incident]:
        """Open incidents as they stand, evidence that came since their last message included."""
        return self._accounts.standing()

    def _settle(self, effects: Iterable[Effect]) -> list[Incident]:
        told: list[Incident] = []
        waiting = deque(effects)
        while waiting:
            effect = waiting.popleft()
            if isinstance(effect, Incident):
                told.append(effect)
            elif isinstance(effect, LogEntry):
                waiting.extend(self._accounts.fold(effect))
            else:
                waiting.extend(self._entities.fold(effect))
        return told
