"""One kind of thing that an inventory looks at, and the round in which it does. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from streams.cloud.seam import Cloud
from streams.collectors.inventory.calls import Row
from streams.collectors.inventory.people import mailbox_owners
from streams.collectors.inventory.unusual import Finding

WHOLE: Final = ("",)  # parts of a kind that is seen with one look


@dataclass(slots=True)
class Round:
    """One look at everything. `facts` is what the kinds keep from part to part (JSON, bounded); it survives a restart.

    `owners` are UPNs with object ids, asked for when they are needed, once a round and process.
    """

    cloud: Cloud
    started_ms: int
    facts: dict[str, Any] = field(default_factory=dict)
    owners: dict[str, str] | None = None

    def mailboxes(self) -> list[str]:
        """UPNs of all mailboxes, sorted; any `CloudError`."""
        return sorted(self._owners())

    def names(self) -> dict[str, str]:
        """Object id to UPN; any `CloudError`."""
        return {identity: upn for upn, identity in self._owners().items() if identity}

    @property
    def domains(self) -> frozenset[str]:
        """Domains of the tenant's mailboxes, lower case; any `CloudError`."""
        return frozenset(upn.rpartition("@")[2] for upn in self._owners())

    def _owners(self) -> dict[str, str]:
        if self.owners is None:
            self.owners = mailbox_owners(self.cloud, self.exchange)
        return self.owners

    @property
    def exchange(self) -> bool:
        """Whether Exchange answered in this round."""
        return bool(self.facts.get("exchange"))


@dataclass(slots=True)
class Found:
    """What a part showed: objects for the journal as (kind of object, mailbox, object), and how many there were at all."""

    judged: list[tuple[str, str, Row]] = field(default_factory=list)
    count: int = 0


class Kind(Protocol):
    """A kind. `look` asks, on any thread, and changes nothing; `take` notes the answer, on the feed's thread."""

    name: str  # durable: key of the report
    title: str  # in words, "inbox rules"
    blind_spot: str  # what is not seen without the permission
    remedy: str

    def parts(self, held: Round) -> list[str]:
        """What is looked at one by one, sorted; any `CloudError`."""
        ...

    def look(self, held: Round, part: str) -> Any:
        """Ask; any `CloudError`."""
        ...

    def take(self, held: Round, part: str, answer: Any) -> Found:
        """Note what was answered."""
        ...

    def unusual(self, held: Round) -> list[Finding]:
        """What is unusual in this tenant, once all parts were seen."""
        ...

    def limits(self, held: Round) -> tuple[str, str]:
        """What could not be seen although it was looked at, and what would change it; empty when all was seen."""
        ...
