"""Which mail domains are the tenant's own, found from the records. Layer: streams.

Mailboxes belong to the tenant, so the domains of their owners are its own; people who act or sign in mostly do. Guests
and forwarders are few: a domain needs a fair share of the people. Message trace alone has no actor, but one end of every
row is at home: the fewest domains that explain the rows are taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from sys import intern

from schemas.records.event import AuditEvent, Source
from schemas.records.memo import Memo

_OWNER_SHARE = 0.01  # of the mailboxes
_PEOPLE_SHARE = 0.05  # of those who acted or signed in
_ROW_SHARE = 0.1  # of the message trace's rows
_PAIRS_MAX = 100_000
_GUEST, _WINDOWS = "#ext#", "\\"


def clean_domain(text: str) -> str:
    """A domain as it is compared: lower case, without blanks, `@` and a final dot."""
    return text.strip().lower().removeprefix("@").rstrip(".")


class HomeDomains:
    """Counts distinct accounts per domain in pass one. Memory grows with accounts and domains, not with records."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._owners: set[str] = set()
        self._people_of: Counter[str] = Counter()
        self._owners_of: Counter[str] = Counter()
        self._pairs: Counter[tuple[str, str]] = Counter()

    def learn(self, event: AuditEvent) -> None:
        """Take in one record of pass one."""
        self.learn_all((event,))

    def learn_all(self, events: Iterable[AuditEvent]) -> None:
        """Take in records of pass one."""
        seen, owners, trace = self._seen, self._owners, Source.TRACE
        for event in events:
            if event.source is trace:
                self._learn_row(event)
                continue
            user, owner = event.user, event.mailbox
            if user not in seen and not event.app_only:
                seen.add(user)
                _count(user, self._people_of)
            if owner is not None and owner not in owners:
                owners.add(owner)
                _count(owner, self._owners_of)

    def _learn_row(self, event: AuditEvent) -> None:
        pairs, pair = self._pairs, (_DOMAINS[event.user], _DOMAINS[event.mailbox or ""])
        if pair in pairs or len(pairs) < _PAIRS_MAX:
            pairs[pair] += 1

    def found(self) -> tuple[str, ...]:
        """The tenant's own domains, sorted; empty when nothing says so."""
        home = _fair(self._owners_of, _OWNER_SHARE) | _fair(self._people_of, _PEOPLE_SHARE)
        return tuple(sorted(home or self._explaining_rows()))

    def _explaining_rows(self) -> set[str]:
        """Greedy: the domain at either end of most rows, then the same of the rows that it leaves."""
        rows, home = dict(self._pairs), set[str]()
        total = sum(rows.values())
        while rows:
            ends: Counter[str] = Counter()
            for pair, count in rows.items():
                for domain in {*pair} - {""}:
                    ends[domain] += count
            if not ends:
                break
            best = min(ends, key=lambda domain: (-ends[domain], domain))
            if home and ends[best] < _ROW_SHARE * total:
                break
            home.add(best)
            rows = {pair: count for pair, count in rows.items() if best not in pair}
        return home


def given_domains(domains: Iterable[str]) -> tuple[str, ...]:
    """Domains that the user named, cleaned and sorted."""
    return tuple(sorted({clean_domain(domain) for domain in domains} - {""}))


def _domain(address: str) -> str:
    if _GUEST in address or _WINDOWS in address:
        return ""
    return intern(clean_domain(address.rpartition("@")[2]))


_DOMAINS = Memo(_domain, 65_536, 128)


def _count(address: str, counts: Counter[str]) -> None:
    if "@" in address and (domain := _DOMAINS[address]):
        counts[domain] += 1


def _fair(counts: Counter[str], share: float) -> set[str]:
    least = share * counts.total()
    return {domain for domain, count in counts.items() if count >= least}
