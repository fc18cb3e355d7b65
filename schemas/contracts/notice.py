"""What an entity answers: a notice, an entry of the account's own log. Layer: schemas."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import orjson


@dataclass(slots=True, frozen=True)
class Notice:
    """An entity's finding addressed to one account that succeeded there.

    `nats` is the entity's own surprise at `accounts` distinct accounts failing within `window_ms`; the account weighs it
    with what it knows (was the network its own, did it fail there itself). The record is the account's success, or, when
    nobody succeeded and the notice goes to the key `net:<entity>`, the latest failure. `what` says how far it came:
    "success", "password" (accepted, then a further step refused) or "failure". `records` are failures that count, at most
    16: `[record id, time in ms, operation, account]`.
    """

    detector: str
    kind: str
    entity: str
    accounts: int
    attempts: int
    window_ms: int
    expected: float
    nats: float
    first_ms: int
    last_ms: int
    time_ms: int  # event time of the success
    record_id: str
    source: str
    operation: str
    ip: str | None
    failed_here: bool  # the account itself is among those that failed
    what: str = "success"
    records: list[list[Any]] = field(default_factory=list)
    total: int = 0  # accounts that failed since the spray began, whatever the window; 0: not counted


def encode_notice(notice: Notice) -> bytes:
    """JSON bytes with sorted keys."""
    return orjson.dumps(asdict(notice), option=orjson.OPT_SORT_KEYS)


def decode_notice(value: bytes) -> Notice:
    """Read a notice; ValueError when the bytes are none."""
    try:
        return Notice(**orjson.loads(value))
    except TypeError as error:
        raise ValueError("the value is not a notice") from error
