"""How many requests a tenant may send: one budget per cost class, shared fairly between feeds. Layer: streams.

A token bucket per class (sustained 90 % of the limit, a burst of the rest) never lets more through than the limit in any
window of the class. Feeds that wait for the same budget are served by start-time fair queueing (Goyal, Vin, Cheng 1996) with
equal weights: a feed that floods waits behind its own requests, the others get their share. Time is an argument: seconds of
any clock, which may step back.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from streams.cloud.seam import Api

SUSTAINED_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class CostClass:
    """A limit of the service: `requests_max` in any `window_seconds`; who would wait longer than `patience_seconds` is refused.

    A slow class has more patience: a feed in the midst of its pages gets its turn after all others, and must not be sent away.
    """

    requests_max: int
    window_seconds: float
    patience_seconds: float = 2.0

    @property
    def rate(self) -> float:
        """Sustained requests per second."""
        return SUSTAINED_SHARE * self.requests_max / self.window_seconds

    @property
    def burst(self) -> float:
        """Requests at once after a pause."""
        return max(1.0, (1 - SUSTAINED_SHARE) * self.requests_max)


MANAGEMENT, REPORTING, IDENTITY_PROTECTION, MESSAGE_TRACE = (
    "management",
    "reporting",
    "identity-protection",
    "message-trace",
)
DIRECTORY, EXCHANGE = "graph", "exchange"

# Limits per tenant and app as documented; "graph" and "exchange" are our own restraint.
CLASSES: Mapping[str, CostClass] = MappingProxyType(
    {
        MANAGEMENT: CostClass(2000, 60.0),
        REPORTING: CostClass(5, 10.0, patience_seconds=12.0),
        IDENTITY_PROTECTION: CostClass(1, 1.0, patience_seconds=4.0),
        MESSAGE_TRACE: CostClass(100, 300.0, patience_seconds=7.0),
        DIRECTORY: CostClass(1000, 10.0),
        EXCHANGE: CostClass(600, 60.0),
    }
)
_CLASS_OF_API = {Api.MANAGEMENT: MANAGEMENT, Api.GRAPH: DIRECTORY, Api.EXCHANGE: EXCHANGE}


def lane(api: Api, cost: str) -> tuple[str, str]:
    """Class and feed that a call counts on. `cost` is "class:feed"; an unknown class is the feed's name in the API's own."""
    name, _, feed = cost.partition(":")
    if name in CLASSES:
        return name, feed
    return _CLASS_OF_API[api], cost


@dataclass(slots=True)
class Ticket:
    """A place in the queue of a class. `claim` or `cancel` ends it."""

    cost_class: str
    feed: str
    start: float  # virtual start time: requests served before, in fair share
    number: int


@dataclass(slots=True)
class _Queue:
    """State of one class."""

    limit: CostClass
    tokens: float
    at: float | None = None
    virtual: float = 0.0  # start of the request served last
    finishes: dict[str, float] = field(default_factory=dict)  # where each feed's next request may start
    waiting: list[Ticket] = field(default_factory=list)

    def refill(self, now: float) -> None:
        """Tokens up to `now`; a clock that steps back gives none."""
        if self.at is not None and now > self.at:
            self.tokens = min(self.limit.burst, self.tokens + (now - self.at) * self.limit.rate)
        self.at = now

    def wait(self, ticket: Ticket) -> float:
        """Seconds until it is this ticket's turn, if nobody comes before it."""
        before = sum((other.start, other.number) < (ticket.start, ticket.number) for other in self.waiting)
        missing = before + 1 - self.tokens
        return missing / self.limit.rate if missing > 1e-9 else 0.0


class Budget:
    """The budgets of one tenant. Thread-safe."""

    def __init__(self, classes: Mapping[str, CostClass] = CLASSES) -> None:
        self._queues = {name: _Queue(limit, limit.burst) for name, limit in classes.items()}
        self._number = 0
        self._lock = threading.Lock()

    def patience(self, cost_class: str) -> float:
        """Seconds that a class may wait for its turn."""
        return self._queues[cost_class].limit.patience_seconds

    def ask(self, cost_class: str, feed: str, now: float) -> Ticket | float:
        """A place in the queue, or, when its turn would come too late, the seconds after which to ask again."""
        with self._lock:
            queue = self._queues[cost_class]
            queue.refill(now)
            if not queue.waiting:
                queue.finishes.clear()  # nobody was kept waiting: the past no longer matters
            self._number += 1
            ticket = Ticket(cost_class, feed, max(queue.virtual, queue.finishes.get(feed, 0.0)), self._number)
            queue.waiting.append(ticket)
            wait = queue.wait(ticket)
            if wait > queue.limit.patience_seconds:
                queue.waiting.remove(ticket)
                return wait
            queue.finishes[feed] = ticket.start + 1.0
            return ticket

    def claim(self, ticket: Ticket, now: float) -> float:
        """0 when the request may be sent now (it is counted, the ticket is used); else seconds until its turn."""
        with self._lock:
            queue = self._queues[ticket.cost_class]
            queue.refill(now)
            wait = queue.wait(ticket)
            if wait == 0.0:
                queue.waiting.remove(ticket)
                queue.tokens = max(0.0, queue.tokens - 1.0)
                queue.virtual = max(queue.virtual, ticket.start)
            return wait

    def cancel(self, ticket: Ticket) -> None:
        """Leave the queue without a request."""
        with self._lock:
            queue = self._queues[ticket.cost_class]
            if ticket in queue.waiting:
                queue.waiting.remove(ticket)
