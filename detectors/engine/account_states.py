"""The durable side of an account engine: what changed, all there is, and taking it over again. Layer: detectors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from detectors.engine.account import dump_account, load_account
from detectors.engine.detector import Detector
from detectors.engine.tenant_state import MARK, Tenant
from detectors.incidents.book import QUIET_MS


class AccountStates:
    """States of the accounts of one partition, by tenant."""

    def __init__(self, detectors: tuple[Detector[Any], ...]) -> None:
        self._detectors = detectors
        self._tenants: dict[str, Tenant] = {}
        self.damaged = 0  # sections of states that had to start anew

    def states(self) -> dict[bytes, bytes]:
        """State bytes of every account by `tenant|account`."""
        return {
            f"{name}|{key}".encode(): dump_account(account, self._detectors)
            for name, tenant in self._tenants.items()
            for key, account in tenant.people.items()
        }

    def load_state(self, tenant: str, key: str, data: bytes) -> None:
        """Take over an account's bytes; damaged sections start anew and are counted."""
        place = self._tenants.setdefault(tenant, Tenant(tenant))
        account, damaged = load_account(data, place.number(key), self._detectors)
        self.damaged += damaged
        place.people[key] = account
        place.accused.discard(account.number)
        if account.book.incident is not None:
            place.accused.add(account.number)
            place.agenda(key, account.book.last_grave_ms(), QUIET_MS)

    def changed(self) -> dict[bytes, bytes | None]:
        """All that changed since the last call: accounts by `tenant|account`, registers by keys of `tenant_state`.

        None: no longer there. What was loaded did not change. `restore` with the sum of all changes gives this engine.
        """
        found: dict[bytes, bytes | None] = {}
        for name, tenant in self._tenants.items():
            accounts, registers = tenant.take_changes()
            for key in accounts:
                found[f"{name}|{key}".encode()] = dump_account(tenant.people[key], self._detectors)
            prefix = f"{name}|".encode()
            found |= {prefix + register: data for register, data in registers.items()}
        return found

    def snapshot(self) -> dict[bytes, bytes]:
        """Everything: the accounts' states and the tenants' registers."""
        found = self.states()
        for name, tenant in self._tenants.items():
            prefix = f"{name}|".encode()
            found |= {prefix + register: data for register, data in tenant.registers().items()}
        return found

    def restore(self, states: Iterable[tuple[bytes, bytes]]) -> None:
        """Take over a snapshot, into an engine that has folded nothing. Damaged parts start anew and are counted."""
        registers = []
        for key, data in states:
            tenant, _, name = key.partition(b"|")
            if name.startswith(MARK):
                registers.append((tenant.decode(), name.removeprefix(MARK), data))
            else:
                self.load_state(tenant.decode(), name.decode(), data)
        for held, name, data in registers:
            try:
                self._tenants.setdefault(held, Tenant(held)).load_register(name, data)
            except ValueError:
                self.damaged += 1
        self.changed()

    def forget_tenant(self, tenant: str) -> None:
        """Let all of a tenant go."""
        self._tenants.pop(tenant, None)
