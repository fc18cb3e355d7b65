"""What accounts tell entities (topic `watchpost.signals.v1`). Layer: schemas.

A signal is a vote: account X did Y at this entity in this time bucket. Entities keep sets, so a repeat changes nothing.
A contribution is what one partition counted for one tenant and day; the tenant entity turns a full set into the profile.
A watermark says up to which event time a partition of accounts has told everything; it goes to every partition of entities.
Values are JSON with sorted keys, so that equal signals are equal bytes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

BUCKET_MS = 600_000  # one signal per account, value and ten minutes


class MalformedSignal(ValueError):
    """A message of the signal log could not be read. `reason` is one plain line."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True, frozen=True)
class Signal:
    """One account's act at an entity. `kind` names the entity's kind ("network"), `what` the act ("failure", "success")."""

    tenant: str
    kind: str
    entity: str
    account: str
    what: str
    time_ms: int
    record_id: str
    source: str
    operation: str
    ip: str | None
    error: int
    agent: int = 0  # hash of the client's software family, 0 when unknown
    stranger: float = 0.0  # ln of how much likelier a stranger has this client than the owner; 0 when unknown

    @property
    def bucket(self) -> int:
        """Ten-minute bucket of event time."""
        return self.time_ms // BUCKET_MS

    @property
    def identity(self) -> tuple[str, str, str, str, int]:
        """(kind, entity, account, act, bucket)."""
        return (self.kind, self.entity, self.account, self.what, self.bucket)


@dataclass(slots=True, frozen=True)
class Contribution:
    """Integer counts of one partition for one tenant and day (days since 1970-01-01 UTC); also sent when empty.

    `popularity` is people per value of that day by kind ("network", "country", "agent", "app"); `season` 48 cells of sent
    messages (24 h workday, 24 h weekend; at most 20 per account and hour); `hours` histograms of an account's hourly
    counts by series, bin = floor(4 log2 n); `maxima` histogram of the accounts' highest incident score of the day in bins
    of 0.25 nats.
    """

    tenant: str
    day: int
    partition: int
    partitions: int
    people: int = 0
    active: int = 0  # people with at least one own act
    popularity: dict[str, dict[str, int]] = field(default_factory=dict)
    season: list[int] = field(default_factory=lambda: [0] * 48)
    hours: dict[str, dict[str, int]] = field(default_factory=dict)
    maxima: dict[str, int] = field(default_factory=dict)
    rare: dict[str, int] = field(default_factory=dict)  # people who did a rare act that day ("inbox-rule": 3)
    home_domains: list[str] = field(default_factory=list)  # of the profile that was active at the close

    @property
    def kind(self) -> str:
        """Entity kind: contributions go to the tenant."""
        return "tenant"

    @property
    def entity(self) -> str:
        """Entity name: the tenant itself."""
        return self.tenant


@dataclass(slots=True, frozen=True)
class Watermark:
    """The tenant's clock has reached `time_ms` (UTC milliseconds) in partition `partition` of `partitions` of accounts.

    Every signal of an earlier event time that this partition knew of lies before it in the log.
    """

    tenant: str
    partition: int
    partitions: int
    time_ms: int

    @property
    def kind(self) -> str:
        """No entity's kind: every partition of entities reads it."""
        return "watermark"

    @property
    def entity(self) -> str:
        """The partition of accounts that it speaks for."""
        return str(self.partition)


SignalItem = Signal | Contribution | Watermark


def signal_key(item: SignalItem) -> bytes:
    """Kafka key `tenant|kind|entity`."""
    return f"{item.tenant}|{item.kind}|{item.entity}".encode()


def encode_signal(item: SignalItem) -> bytes:
    """JSON bytes with sorted keys; member `type` says which of the three it is."""
    body: dict[str, Any] = asdict(item)
    body["type"] = type(item).__name__.lower()
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def decode_signal(value: bytes | None) -> SignalItem:
    """Read a value of the signal log; MalformedSignal when it is none."""
    try:
        body = orjson.loads(value or b"")
        return _FORMS[body.pop("type")](**body)
    except (orjson.JSONDecodeError, TypeError, KeyError, AttributeError):
        raise MalformedSignal("the value is not a signal, contribution or watermark") from None


_FORMS: dict[str, type[SignalItem]] = {"signal": Signal, "contribution": Contribution, "watermark": Watermark}
