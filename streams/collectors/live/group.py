"""Batches that are stored together where the journal can: a transaction costs much, a record little. Layer: streams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from schemas.contracts.collected import Batch, Tally
from streams.collectors.live.seam import Journal

RECORDS_MAX = 3_000
BATCHES_MAX = 100


@runtime_checkable
class GroupingJournal(Protocol):
    """A journal that stores several batches in one transaction."""

    def commit_all(self, batches: Sequence[Batch]) -> list[Tally]:
        """Store batches in their order, all or a beginning of them; one tally each. `JournalLost`."""
        ...


def commit_all(journal: Journal, batches: Sequence[Batch]) -> list[Tally]:
    """Store batches together where the journal can, one after the other where it cannot."""
    if len(batches) > 1 and isinstance(journal, GroupingJournal):
        return journal.commit_all(batches)
    return [journal.commit(batch) for batch in batches]


class Group:
    """Batches on their way into a journal. What is not stored when the process ends comes again."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._held: list[Batch] = []
        self._records = 0

    def add(self, batch: Batch) -> None:
        """Keep a batch; all that is kept is stored when it is enough."""
        self._held.append(batch)
        self._records += len(batch.records)
        if self._records >= RECORDS_MAX or len(self._held) >= BATCHES_MAX:
            self.store()

    def store(self) -> None:
        """Store what is kept."""
        held, self._held, self._records = self._held, [], 0
        if held:
            commit_all(self._journal, held)
