"""UPN, object id, PUID, mailbox GUID and alias of the accounts of one tenant. Layer: schemas.

The map learns from the records themselves and never merges by guess: an id that no record has tied to a UPN resolves to None
and keeps a key of its own. An alias is the local part of a UPN while exactly one account has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from schemas.records.event import AuditEvent

_GUEST = "#ext#"
_LEARNT_MAX = 65_536  # combinations of ids
ID, ALIAS, PROXY = (
    "id",
    "alias",
    "proxy",
)  # tables of the durable form: object id, PUID, mailbox GUID; local part; address
IdentityRow = tuple[str, str, str | None]  # table, id, UPN; None: an alias that more than one account has


class IdentityMap:
    """Ids of one tenant. Memory grows with the number of its accounts, not of its records.

    `home_domains` are the tenant's mail domains, in any case. When there are none every domain counts as home.
    """

    def __init__(self, home_domains: Iterable[str] = ()) -> None:
        self.home_domains = frozenset(domain.strip().lower().removeprefix("@") for domain in home_domains) - {""}
        self._upn: dict[str, str] = {}  # oid, puid, mailbox GUID, all lower case -> UPN
        self._alias: dict[str, str | None] = {}  # local part -> UPN; None: more than one account has it
        self._proxy: dict[str, str] = {}  # other mail addresses -> UPN
        self._fresh: set[tuple[str, str]] = set()  # (table, id) since the last `changes`
        self._learnt: set[tuple[object, ...]] = set()  # what `learn` has met and would learn nothing from again
        self.answers: dict[object, list[tuple[str, Any]]] = {}  # of `concerns`; empty again with every change
        self.settled: dict[object, list[tuple[str, Any]]] = {}  # of `learn_and_concern`; so too

    def learn(self, event: AuditEvent) -> bool:
        """Take in the ids of the acting user and of the mailbox. True when something was new or changed."""
        met = (event.user, event.app_only, event.user_ids, event.mailbox_guid, event.mailbox)
        if met in self._learnt:
            return False
        changed = self._learn(event)
        if len(self._learnt) >= _LEARNT_MAX:
            self._learnt.clear()
        self._learnt.add(met)
        return changed

    def _learn(self, event: AuditEvent) -> bool:
        changed = False
        if "@" in event.user and not event.app_only:
            changed = self._learn_alias(event.user)
            for _, held in event.user_ids:
                changed |= self.bind(held, event.user)
        if event.mailbox_guid is not None and event.mailbox is not None and "@" in event.mailbox:
            changed |= self.bind(event.mailbox_guid, event.mailbox)
            changed |= self._learn_alias(event.mailbox)
        return changed

    def bind(self, held: str, upn: str) -> bool:
        """Tie one id to a UPN; the latest word counts (an object id outlives a rename). True when that is news."""
        held, upn = held.lower(), upn.lower()
        if not held or "@" not in upn or self._upn.get(held) == upn:
            return False
        self._upn[held] = upn
        self._changed(ID, held)
        self._learnt.clear()  # the word before this one would be the latest again
        return True

    def add_address(self, address: str, upn: str) -> bool:
        """Make another mail address of an account known (proxyAddresses). True when that is news."""
        address, upn = address.lower(), upn.lower()
        if address == upn or self._proxy.get(address) == upn:
            return False
        self._proxy[address] = upn
        self._changed(PROXY, address)
        return True

    def resolve(self, held: str) -> str | None:
        """UPN of an id, alias or address; None when nothing is known. A UPN is its own answer."""
        held = held.strip().lower()
        if "@" in held:
            return self._proxy.get(held, held)
        return self._upn.get(held) or self._alias.get(held)

    def ids(self) -> Iterator[tuple[str, str]]:
        """Every (id, UPN) that was learnt, in order of id."""
        yield from sorted(self._upn.items())

    def is_home(self, upn: str) -> bool:
        """Whether an address is of the tenant's own domains; with none declared every address is."""
        return "@" in upn and (not self.home_domains or upn.rpartition("@")[2].lower() in self.home_domains)

    def _learn_alias(self, upn: str) -> bool:
        if _GUEST in upn or not self.is_home(upn):
            return False
        alias = upn.partition("@")[0]
        known = self._alias.get(alias, upn)
        if alias in self._alias and known in (upn, None):
            return False
        self._alias[alias] = upn if known == upn else None
        self._changed(ALIAS, alias)
        return True

    def _changed(self, table: str, held: str) -> None:
        self._fresh.add((table, held))
        self.answers.clear()
        self.settled.clear()

    # --- durable form --------------------------------------------------------------------------------------------

    def changes(self) -> list[IdentityRow]:
        """Rows that are new or changed since the last call, in order. All rows ever given, the later over the earlier, are
        the map."""
        fresh, self._fresh = self._fresh, set()
        return [(table, held, self._table(table)[held]) for table, held in sorted(fresh)]

    def restore(self, rows: Iterable[IdentityRow]) -> None:
        """Take over rows as `changes` gave them; they are no change. ValueError for a table that is none."""
        for table, held, upn in rows:
            self._table(table)[held] = upn
        self._learnt.clear()
        self.answers.clear()
        self.settled.clear()

    def _table(self, table: str) -> dict[str, Any]:
        tables: dict[str, dict[str, Any]] = {ID: self._upn, ALIAS: self._alias, PROXY: self._proxy}
        if table not in tables:
            raise ValueError(f"the identity map has no table {table!r}")
        return tables[table]
