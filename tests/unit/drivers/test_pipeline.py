"""The offline driver: every effect before the next entry."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.engine.effects import Effect
from schemas.contracts.incident import Activity, Incident, Resource, Stage, Tier
from schemas.contracts.log import EntryKind, LogEntry
from schemas.contracts.signal import Contribution, Signal
from streams.drivers.pipeline import LocalPipeline


def entry(account: str) -> LogEntry:
    """A record of an account."""
    return LogEntry(EntryKind.RECORD, "t", account, b"{}")


def told(uid: str) -> Incident:
    """An incident of which only the uid matters."""
    resources, stages = (Resource("User", uid, uid),), (Stage.IMPACT,)
    numbers = {"time_ms": 0, "first_ms": 0, "last_ms": 0, "created_ms": 0, "score_nats": 0.0, "count": 1}
    lists = {
        "tier_times": {},
        "techniques": (),
        "detectors": (),
        "evidence": (),
        "stages": stages,
        "resources": resources,
    }
    texts = {
        "message_uid": uid,
        "tenant": "t",
        "title": "",
        "story": "",
        "remediation": "",
        "maturity": "",
        "profile": "",
    }
    return Incident(uid=uid, activity=Activity.CREATE, tier=Tier.REVIEW, **numbers, **lists, **texts)  # type: ignore[arg-type]


def signal(entity: str) -> Signal:
    """A signal to an entity."""
    return Signal("t", "network", entity, "a", "failure", 0, "r", "s", "o", None, 50126)


class Accounts:
    """Does what the account's name says and notes the order."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def fold(self, item: LogEntry) -> Iterable[Effect]:
        """`quiet`: nothing; `told`: an incident; else a signal, and an incident after it."""
        self.seen.append(item.account)
        if item.account == "quiet":
            return []
        if item.account.startswith("told"):
            return [told(item.account)]
        return [signal(item.account), told(f"after {item.account}")]

    def standing(self) -> Iterable[Incident]:
        """One open incident."""
        return [told("open")]


class Entities:
    """Answers a signal with two notices."""

    def fold(self, item: Signal | Contribution) -> Iterable[Effect]:
        """Two entries of accounts' logs."""
        return [entry(f"told by {item.entity} {place}") for place in (1, 2)]


def test_what_causes_nothing() -> None:
    assert LocalPipeline(Accounts(), Entities()).fold(entry("quiet")) == []


def test_effects_are_carried_out_in_order_until_there_is_none() -> None:
    accounts = Accounts()
    incidents = LocalPipeline(accounts, Entities()).fold(entry("x"))
    assert [incident.uid for incident in incidents] == ["after x", "told by x 1", "told by x 2"]
    assert accounts.seen == ["x", "told by x 1", "told by x 2"]


def test_what_is_open_is_the_accounts_to_tell() -> None:
    assert [incident.uid for incident in LocalPipeline(Accounts(), Entities()).standing()] == ["open"]
