"""What goes wrong on purpose: shares of calls that fail, each in the way the vendor fails. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from streams.simulation.service.values import pairs_of, value_like


class Fault(StrEnum):
    """One kind of failing call."""

    AF429 = "af429"  # 403 with AF429, proper JSON
    AF429_QUOTES = "af429_quotes"  # 403 with AF429, the published sample's single quotes
    THROTTLED = "throttled"  # 429 without Retry-After
    THROTTLED_AFTER = "throttled_after"  # 429 with Retry-After
    INTERNAL = "internal"  # 500 AF50000, or the Graph's with an empty message
    UNAVAILABLE = "unavailable"  # 503, empty
    TIMEOUT = "timeout"  # 408
    RESET = "reset"  # connection reset in the middle of the body
    TRUNCATED = "truncated"  # 200 with a body that is cut JSON of its own full length
    SLOW = "slow"  # the body comes in pieces
    UNAUTHORIZED = "unauthorized"  # 401, as for an expired token


_MANAGEMENT_ONLY = (Fault.AF429, Fault.AF429_QUOTES)


@dataclass(slots=True)
class Faults:
    """Shares of calls (0 to 1) that fail in each way, and standing conditions. May be changed while serving.

    `expired` and `missing` are shares of blobs: those expire within hours of being listed, or are unknown when fetched
    (`missing_404`: told by 404 rather than 400). `token_seconds` is the life of a token by the wall clock,
    `skew_ms` what the `Date` header is ahead by. `graph_limit`: 5 calls in 10 s of practice time for reports. `down`: every call
    is answered 503. `management_limit`: calls per minute of practice time; 0 is no limit.
    """

    af429: float = 0.0
    af429_quotes: float = 0.0
    throttled: float = 0.0
    throttled_after: float = 0.0
    internal: float = 0.0
    unavailable: float = 0.0
    timeout: float = 0.0
    reset: float = 0.0
    truncated: float = 0.0
    slow: float = 0.0
    unauthorized: float = 0.0
    expired: float = 0.0
    missing: float = 0.0
    missing_404: bool = False
    token_seconds: int = 3599
    retry_after_seconds: int = 20
    slow_seconds: float = 0.3
    skew_ms: int = 0
    graph_limit: bool = False
    management_limit: int = 0
    down: bool = False

    def draw(self, roll: float, management: bool) -> Fault | None:
        """The fault of a call for a number from 0 to 1."""
        for fault in Fault:
            if fault in _MANAGEMENT_ONLY and not management:
                continue
            roll -= float(getattr(self, fault.value))
            if roll < 0.0:
                return fault
        return None

    def become(self, other: Faults) -> None:
        """Take on the values of another."""
        for name in Faults.__slots__:
            setattr(self, name, getattr(other, name))

    def copy(self) -> Faults:
        """The same, to be changed apart."""
        return replace(self)


_SHARES = (*(fault.value for fault in Fault), "expired", "missing")
_SHARE_ALONE = 0.1


def fault_profile(text: str) -> Faults:
    """Faults by name, divided by commas: `none`, `all`, `reset`, `reset=0.02,skew_ms=600000,graph_limit`.

    `all` is everything that a patient collector must survive without loss. The name of a share alone is 10 %, of a
    condition alone that it holds. ValueError for what is unknown or impossible.
    """
    found = Faults()
    for name, value in pairs_of(text):
        if name == "all" and value is None:
            found.graph_limit = True
            for fault in Fault:
                setattr(found, fault.value, 0.01)
        elif name in Faults.__slots__:
            alone = str(_SHARE_ALONE) if value is None and name in _SHARES else value
            share = value_like(name, getattr(found, name), alone)
            if name in _SHARES and not 0.0 <= share <= 1.0:
                raise ValueError(f"{name}={value}: a share from 0 to 1 is wanted")
            setattr(found, name, share)
        elif (name, value) != ("none", None):
            raise ValueError(f"unknown fault profile {name!r}; known: none, all, {', '.join(Faults.__slots__)}")
    return found
