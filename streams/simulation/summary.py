"""How lively the practice tenant is: an easy tenant proves nothing. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass, field

from streams.simulation.clock import HOUR
from streams.simulation.life.day import Day
from streams.simulation.record import MANAGEMENT, SIGNINS
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant

_RULES = ("New-InboxRule", "Set-InboxRule", "Remove-InboxRule", "Disable-InboxRule", "Enable-InboxRule",
          "UpdateInboxRules", "New-SweepRule")  # fmt: skip


@dataclass(slots=True)
class _Account:
    sends: int = 0
    recipients: int = 0
    networks: set[int] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    countries: set[str] = field(default_factory=set)
    agents: set[str] = field(default_factory=set)
    rules: int = 0
    failed: int = 0
    signins: int = 0
    records: int = 0
    trips: int = 0
    days: int = 0
    hours: set[int] = field(default_factory=set)


@dataclass(slots=True)
class SimulationSummary:
    """What was generated."""

    accounts: int
    days: int
    records: int = 0
    lines: dict[str, int] = field(default_factory=dict)
    repeats: int = 0
    megabytes: float = 0.0
    seconds: float = 0.0
    attacks: dict[str, int] = field(default_factory=dict)
    negatives: dict[str, int] = field(default_factory=dict)
    rows: list[tuple[str, list[float]]] = field(default_factory=list)
    empty_hours: float = 0.0

    def text(self) -> str:
        """The table to print."""
        lines = [
            f"{self.accounts} accounts, {self.days} days: {self.records} records, {self.repeats} repeats",
            f"{self.megabytes:.0f} MB of JSON in {self.seconds:.1f} s",
            "per account        mean     p10     p50     p90     p99     max",
        ]
        for name, values in self.rows:
            lines.append(f"{name:<14}" + "".join(f"{value:8.1f}" for value in values))
        lines.append(f"hours without external mail: {self.empty_hours:.1%}")
        lines.append("attacks: " + (", ".join(f"{k} {v}" for k, v in sorted(self.attacks.items())) or "none"))
        lines.append("benign look-alikes: " + ", ".join(f"{k} {v}" for k, v in sorted(self.negatives.items())))
        return "\n".join(lines)


class Census:
    """Counts, account by account, the benign life."""

    def __init__(self, tenant: Tenant, people: list[Person]) -> None:
        self._tenant = tenant
        self._accounts = [_Account() for _ in people]
        for person, account in zip(people, self._accounts, strict=True):
            days = sorted(day for day in person.trips if day < tenant.days)
            account.trips = sum(1 for day in days if day - 1 not in person.trips)

    def observe(self, day: Day) -> None:
        """Take in one account's day."""
        account = self._accounts[day.person.index]
        account.days += 1
        account.records += len(day.out)
        for at, external in day.mailed:
            account.sends += 1
            if external:
                account.recipients += external
                account.hours.add(at // HOUR)
        for feed, _, _, body in day.out:
            if feed == SIGNINS:
                account.signins += 1
                account.failed += body["status"]["errorCode"] not in (0, 50140)
                account.networks.add(body["autonomousSystemNumber"])
                account.addresses.add(body["ipAddress"])
                account.countries.add(body["location"]["countryOrRegion"])
                account.agents.add(body["userAgent"])
            elif feed == MANAGEMENT and body["Operation"] in _RULES:
                account.rules += 1

    def table(self) -> list[tuple[str, list[float]]]:
        """Mean and quantiles over accounts."""
        whole = max(1, self._tenant.days)
        columns: dict[str, list[float]] = {
            "sends/day": [a.sends / whole for a in self._accounts],
            "ext rcpt/day": [a.recipients / whole for a in self._accounts],
            "records/day": [a.records / whole for a in self._accounts],
            "sign-ins/day": [a.signins / whole for a in self._accounts],
            "failed logins": [a.failed for a in self._accounts],
            "networks": [len(a.networks) for a in self._accounts],
            "addresses": [len(a.addresses) for a in self._accounts],
            "countries": [len(a.countries) for a in self._accounts],
            "user agents": [len(a.agents) for a in self._accounts],
            "rule records": [a.rules for a in self._accounts],
            "trips": [a.trips for a in self._accounts],
        }
        return [(name, _quantiles(values)) for name, values in columns.items()]

    def empty_hours(self) -> float:
        """Share of hours without external mail."""
        total = max(1, len(self._accounts) * self._tenant.days * 24)
        return 1 - sum(len(a.hours) for a in self._accounts) / total


def _quantiles(values: list[float]) -> list[float]:
    ordered = sorted(values)
    last = len(ordered) - 1
    return [sum(ordered) / len(ordered), *(ordered[round(last * q)] for q in (0.1, 0.5, 0.9, 0.99)), ordered[-1]]
