"""Which home domains of a tenant the audit log tells, by partition: for a collector that learns others. Layer: streams."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.contracts.home_domains import home_domains_entry, tells_home_domains
from schemas.contracts.log import LogEntry
from schemas.contracts.profile import Profile, decode_profile


class ToldDomains:
    """Fed with a tenant's profile entries in the order of the log, partition by partition."""

    def __init__(self, tenant: str, partitions: int) -> None:
        self._latest = Profile(tenant, -1)
        self._days = dict.fromkeys(range(partitions), -1)
        self._own: dict[int, tuple[str, ...]] = {}  # told by a collector: they hold, whatever a later profile says
        self._of_profile: dict[int, tuple[str, ...]] = {}

    def learn(self, partition: int, entry: LogEntry) -> None:
        """A profile entry of a partition. One that cannot be read is passed over, as those who judge do."""
        try:
            profile = decode_profile(entry.value)
        except ValueError:
            return
        if tells_home_domains(entry):
            self._own[partition] = profile.home_domains
        if profile.day >= self._days[partition]:
            self._days[partition] = profile.day
            self._of_profile[partition] = profile.home_domains
        if profile.day >= self._latest.day:
            self._latest = profile

    def changed(self, domains: Iterable[str]) -> LogEntry | None:
        """The entry that tells these domains, None where every partition has them, or there are none to tell."""
        wanted = tuple(sorted(domains))
        held = [self._own.get(number, self._of_profile.get(number)) for number in self._days]
        return home_domains_entry(self._latest, wanted) if wanted and any(one != wanted for one in held) else None
