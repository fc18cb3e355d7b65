"""How records become entries, as a live journal sees it: injected, because drivers know no collectors. Layer: streams."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from schemas.contracts.collected import Batch, Tally
from schemas.contracts.log import LogEntry

IdentityRow = tuple[str, str, str | None]  # table, id, UPN


class DeadRecord(Protocol):
    """A piece that is no vendor record."""

    @property
    def raw(self) -> bytes:
        """Its bytes."""
        ...

    @property
    def reason(self) -> str:
        """One plain line."""
        ...


class Took(Protocol):
    """What became of a batch."""

    @property
    def entries(self) -> list[LogEntry]:
        """Entries of the accounts' logs."""
        ...

    @property
    def archived(self) -> list[LogEntry]:
        """Records that no account's log needs."""
        ...

    @property
    def dead(self) -> Sequence[DeadRecord]:
        """Pieces that could not be read."""
        ...

    @property
    def tally(self) -> Tally:
        """Counts."""
        ...


class Identities(Protocol):
    """The identity map's durable side."""

    def changes(self) -> list[IdentityRow]:
        """Rows since the last call."""
        ...

    def restore(self, rows: Iterable[IdentityRow]) -> None:
        """Take rows back."""
        ...


class Intake(Protocol):
    """Makes entries of raw records; what it remembers is rebuilt by `recall`."""

    @property
    def identity_map(self) -> Identities:
        """The tenant's ids."""
        ...

    @property
    def home_domains(self) -> Sequence[str]:
        """The tenant's own mail domains; none where they are not known."""
        ...

    def take(self, batch: Batch) -> Took:
        """Entries of what was never delivered."""
        ...

    def recall(self, raw: bytes) -> None:
        """A record of the archive: it was delivered."""
        ...

    def bootstrap(self) -> LogEntry:
        """The first profile."""
        ...
