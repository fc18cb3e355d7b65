"""The durable side of an account engine: what changed, all there is, and taking it over again. Layer: detectors.

A live state takes some twenty times the memory of its bytes. What is restored rests as bytes (`saved` of the tenant) until
an entry needs it; the driver may let others rest again when they have not been touched for a while (`rest`). Effects and
bytes are the same whenever it does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from detectors.engine.account import Account, book_of, dump_account, load_account, new_account
from detectors.engine.detector import Detector
from detectors.engine.tenant_state import MARK, Tenant
from detectors.incidents.book import QUIET_MS


class AccountStates:
    """States of the accounts of one partition, by tenant."""

    def __init__(self, detectors: tuple[Detector[Any], ...]) -> None:
        self._detectors = detectors
        self._tenants: dict[str, Tenant] = {}
        self._lately: set[tuple[str, str]] = set()  # accounts (tenant, account) that were touched since the last `rest`
        self.damaged = 0  # sections of states that had to start anew

    def states(self) -> dict[bytes, bytes]:
        """State bytes of every account by `tenant|account`."""
        found: dict[bytes, bytes] = {}
        for name, tenant in self._tenants.items():
            found |= {f"{name}|{key}".encode(): data for key, data in tenant.saved.items() if key not in tenant.people}
            for key, account in tenant.people.items():
                found[f"{name}|{key}".encode()] = dump_account(account, self._detectors)
        return found

    def load_state(self, tenant: str, key: str, data: bytes) -> None:
        """Take over an account's bytes, live; damaged sections start anew and are counted."""
        place = self._tenants.setdefault(tenant, Tenant(tenant))
        account = self._loaded(place, key, data)
        place.people[key] = account
        place.saved.pop(key, None)
        place.accused.discard(account.number)
        if account.book.incident is not None:
            place.accused.add(account.number)
            place.agenda(key, account.book.last_grave_ms(), QUIET_MS)

    def changed(self, only: str | None = None) -> dict[bytes, bytes | None]:
        """All that changed since the last call: accounts by `tenant|account`, registers by keys of `tenant_state`.

        None: no longer there. What was loaded did not change. `restore` with the sum of all changes gives this engine.
        `only`: of this tenant; what changed of others is given out later.
        """
        found: dict[bytes, bytes | None] = {}
        for name, tenant in self._tenants.items():
            if only not in (None, name):
                continue
            accounts, registers = tenant.take_changes()
            for key in accounts:
                data = found[f"{name}|{key}".encode()] = dump_account(tenant.people[key], self._detectors)
                tenant.saved[key] = data
                self._lately.add((name, key))
            prefix = f"{name}|".encode()
            found |= {prefix + register: data for register, data in registers.items()}
        return found

    def rest(self) -> None:
        """Let the accounts rest that no entry has touched since the last call and whose changes `changed` has given out."""
        for name, tenant in self._tenants.items():
            kept = {key for key in tenant.people if (name, key) in self._lately or key not in tenant.saved}
            kept |= tenant.unwritten()
            tenant.people = {key: account for key, account in tenant.people.items() if key in kept}
        self._lately = set()

    def snapshot(self) -> dict[bytes, bytes]:
        """Everything: the accounts' states and the tenants' registers."""
        found = self.states()
        for name, tenant in self._tenants.items():
            prefix = f"{name}|".encode()
            found |= {prefix + register: data for register, data in tenant.registers().items()}
        return found

    def restore(self, states: Iterable[tuple[bytes, bytes]]) -> None:
        """Take over a snapshot, into an engine that has folded nothing. Damaged parts start anew and are counted.

        Accounts rest until they are needed: damaged sections of theirs other than the evidence are counted only then.
        """
        registers = []
        for key, data in states:
            tenant, _, name = key.partition(b"|")
            if name.startswith(MARK):
                registers.append((tenant.decode(), name.removeprefix(MARK), data))
            else:
                self._lay_down(tenant.decode(), name.decode(), data)
        for held, name, data in registers:
            try:
                self._tenants.setdefault(held, Tenant(held)).load_register(name, data)
            except ValueError:
                self.damaged += 1
        self.changed()

    def forget_tenant(self, tenant: str) -> None:
        """Let all of a tenant go."""
        self._tenants.pop(tenant, None)
        self._lately = {place for place in self._lately if place[0] != tenant}

    # --- resting states ------------------------------------------------------------------------------------------

    def _wake(self, tenant: Tenant, key: str) -> Account:
        """The live state of an account that has none yet: that of its bytes, or of one never seen."""
        data = tenant.saved.get(key)
        account = new_account(tenant.number(key), self._detectors) if data is None else self._loaded(tenant, key, data)
        tenant.people[key] = account
        return account

    def _accused(self, tenant: Tenant, key: str) -> Account | None:
        """The live state of an account with an open incident; None for others."""
        if tenant.numbers.get(key) not in tenant.accused:
            return None
        return tenant.people.get(key) or self._wake(tenant, key)

    def _loaded(self, tenant: Tenant, key: str, data: bytes) -> Account:
        account, damaged = load_account(data, tenant.number(key), self._detectors)
        self.damaged += damaged
        return account

    def _lay_down(self, tenant: str, key: str, data: bytes) -> None:
        """Take over an account's bytes as they are; those whose evidence cannot be read as `load_state` does."""
        try:
            book = book_of(data)
        except ValueError:
            self.load_state(tenant, key, data)
            return
        place = self._tenants.setdefault(tenant, Tenant(tenant))
        place.saved[key] = data
        if book.incident is not None:
            place.accused.add(place.number(key))
            place.agenda(key, book.last_grave_ms(), QUIET_MS)
