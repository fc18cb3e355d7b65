"""`watchpost` with a stop-watch beside it: where a message of one tenant spends its time, from the bytes to the sink.

`python -m tests.bench.live_legs OUT TENANT ARGUMENT...`. At its end OUT holds, as JSON, each message of the tenant with the
moments of its way (`MOMENTS`, monotonic seconds), and what was slow meanwhile, whoever's it was: transactions held, garbage
collected, and times at which a thread that wanted ten milliseconds of sleep got far more (nobody ran, or one did not let go).
"""

from __future__ import annotations

import gc
import itertools
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from schemas.contracts.collected import Batch, Tally
from schemas.contracts.incident import Incident
from streams.collectors.live import activity, graph_pages
from streams.collectors.live.counted_journal import CountedJournal
from streams.collectors.live.redaction import redacted
from streams.collectors.live.verbatim import Pieces
from streams.drivers.embedded import journal as journals
from streams.drivers.embedded.database import Database
from streams.drivers.embedded.outbox import Outbox
from streams.sinks.alert_sink import Alert
from streams.sinks.file import AlertFile

MOMENTS = ("begun", "whole", "cut", "asked", "waited", "got", "stored", "committed", "sending", "sent", "noted")
SLOW_SECONDS = 0.15
SLEEP_SECONDS = 0.01


class Legs:
    """The stop-watch. Its functions stand in for those of the program, which they call."""

    def __init__(self, tenant: str) -> None:
        self.messages: dict[str, dict[str, float]] = {}
        self.slow: list[dict[str, Any]] = []
        self.garbage = [{"times": 0, "s": 0.0, "most_s": 0.0} for _ in range(3)]  # by generation
        self._tenant = tenant
        self._bodies: dict[int, tuple[float, float]] = {}  # by identity: first and last byte
        self._arrived: dict[bytes, tuple[float, float, float]] = {}  # by record, and when its body was cut
        self._here = threading.local()
        self._open: list[str] = []  # messages of the transaction under way

    def mine(self) -> bool:
        """Whether the thread is one of the tenant's feeds."""
        return threading.current_thread().name.startswith(f"feeds of {self._tenant}")

    def note(self, kind: str, seconds: float, **more: object) -> None:
        """Something took long."""
        if seconds >= SLOW_SECONDS:
            self.slow.append({"at": time.monotonic(), "kind": kind, "s": round(seconds, 3), **more})

    def body(self, real: Callable[..., bytes]) -> Callable[..., bytes]:
        """Reading a body."""

        def read(*given: Any) -> bytes:
            begun = time.monotonic()
            found = real(*given)
            self._bodies[id(found)] = (begun, time.monotonic())
            return found

        return read

    def cut(self, real: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
        """Cutting a body into records."""

        def cutting(body: bytes) -> Any:
            at, found = time.monotonic(), real(body)
            pieces: Pieces = found if isinstance(found, Pieces) else found[0]
            if self.mine() and (held := self._bodies.get(id(body))):
                for record in pieces.records:
                    self._arrived.setdefault(redacted(record), (*held, at))
            return found

        return cutting

    def commit(self, real: Callable[..., list[Tally]]) -> Callable[..., list[Tally]]:
        """Handing batches over."""

        def committing(counted: CountedJournal, batches: Sequence[Batch]) -> list[Tally]:
            begun, feed, past = time.monotonic(), batches[0].feed, batches[0].historical
            records = [self._arrived[one] for batch in batches for one in batch.records if one in self._arrived]
            self._here.way = dict(zip(MOMENTS, (*max(records), time.monotonic()), strict=False)) if records else None
            try:
                return real(counted, batches)
            finally:
                self._here.way = None
                if counted.tenant == self._tenant:
                    self.note("commit", time.monotonic() - begun, feed=feed, historical=past)

        return committing

    def transaction(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """A transaction of anybody."""

        @contextmanager
        def held(database: Database, who: str = "", live: bool = True) -> Iterator[Any]:
            waited = time.monotonic()
            with real(database, who, live) as connection:
                got, spent, told = time.monotonic(), time.thread_time(), list[str]()
                self._open = told
                yield connection
                stored = time.monotonic()
            committed, caller = time.monotonic(), sys._getframe(2).f_code.co_name
            self.note("turn", got - waited, who=who, live=live, by=caller)
            self.note(
                "transaction", committed - got, who=who, live=live, by=caller,
                cpu_s=round(time.thread_time() - spent, 3), commit_s=round(committed - stored, 3),
            )  # fmt: skip
            for uid in told if live else ():
                moments = {"waited": waited, "got": got, "stored": stored, "committed": committed}
                self.messages[uid] = (getattr(self._here, "way", None) or {}) | moments

        return held

    def told(self, real: Callable[..., list[Incident]]) -> Callable[..., list[Incident]]:
        """Messages stored."""

        def telling(*given: Any) -> list[Incident]:
            found = real(*given)
            if getattr(self._here, "way", None):
                self._open += [one.message_uid for one in found]
            return found

        return telling

    def send(self, real: Callable[..., None]) -> Callable[..., None]:
        """Messages on their way out."""

        def sending(sink: AlertFile, alerts: Sequence[Alert]) -> None:
            at = time.monotonic()
            real(sink, alerts)
            sent = time.monotonic()
            self._here.sent = [(one.uid, at, sent) for one in alerts]

        return sending

    def delivered(self, real: Callable[..., None]) -> Callable[..., None]:
        """Delivery noted."""

        def noting(outbox: Outbox, ids: Sequence[int], now_ms: int) -> None:
            noted = time.monotonic()  # the time that is noted is taken before the transaction
            real(outbox, ids, now_ms)
            for uid, at, sent in getattr(self._here, "sent", ()):
                if uid in self.messages:
                    self.messages[uid] |= {"sending": at, "sent": sent, "noted": noted}

        return noting

    def reading(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """Reads of anybody."""

        @contextmanager
        def held(database: Database) -> Iterator[Any]:
            asked = time.monotonic()
            with real(database) as connection:
                got = time.monotonic()
                yield connection
            by = sys._getframe(2).f_code.co_name
            self.note("read", time.monotonic() - asked, by=by, waited_s=round(got - asked, 3))

        return held

    def watch(self) -> None:
        """Notice when everything stands; never returns."""
        while True:
            before, spent = time.monotonic(), time.process_time()
            time.sleep(SLEEP_SECONDS)
            late = time.monotonic() - before - SLEEP_SECONDS
            self.note("stood", late, cpu_s=round(time.process_time() - spent, 3))

    def collected(self, phase: str, info: dict[str, int]) -> None:
        """For `gc.callbacks`."""
        if phase == "start":
            self._here.gc = time.monotonic()
            return
        generation, pause = info["generation"], time.monotonic() - self._here.gc
        held = self.garbage[generation]
        held["times"], held["s"], held["most_s"] = held["times"] + 1, held["s"] + pause, max(held["most_s"], pause)
        self.note("garbage", pause, generation=generation)


def place(legs: Legs) -> None:
    """Put the stop-watch into the program."""
    from streams.cloud import http

    changes: Sequence[tuple[Any, str, Callable[[Any], Any]]] = (
        (http, "read_body", legs.body),
        (activity, "array_elements", legs.cut),
        (graph_pages, "page_elements", legs.cut),
        (CountedJournal, "commit_all", legs.commit),
        (Database, "transaction", legs.transaction),
        (Database, "reading", legs.reading),
        (journals, "store_told", legs.told),
        (AlertFile, "send", legs.send),
        (Outbox, "delivered", legs.delivered),
    )
    for owner, name, standing_in in changes:
        setattr(owner, name, standing_in(getattr(owner, name)))
    gc.callbacks.append(legs.collected)
    threading.Thread(target=legs.watch, daemon=True).start()


def legs_of(path: Path) -> dict[str, Any]:
    """Of each leg of the messages that came all the way: median, 99 % and most, milliseconds; the whole way too."""
    found = orjson.loads(path.read_bytes())
    ways = [way for way in found["messages"].values() if len(way) == len(MOMENTS)]
    pairs = list(itertools.pairwise(MOMENTS))
    spans = {f"{first} to {then}": [way[then] - way[first] for way in ways] for first, then in pairs}
    spans["all"] = [way["noted"] - way["begun"] for way in ways]
    head = {"messages": len(ways), "garbage": found["garbage"]}
    return head | {name: quantiles_ms(held) for name, held in spans.items() if len(held) > 1}


def quantiles_ms(seconds: Sequence[float]) -> dict[str, float]:
    """Median, 99 % and most, milliseconds."""
    cuts = statistics.quantiles(seconds, n=100)
    return {
        name: round(1000 * value, 1)
        for name, value in (("p50", cuts[49]), ("p99", min(cuts[98], max(seconds))), ("most", max(seconds)))
    }


def main() -> None:
    """Run the command line, timed."""
    out, legs = Path(sys.argv[1]), Legs(sys.argv[2])
    sys.argv = ["watchpost", *sys.argv[3:]]
    place(legs)
    from streams.operations.cli import main as command

    try:
        command()
    finally:
        out.write_bytes(orjson.dumps({"messages": legs.messages, "slow": legs.slow, "garbage": legs.garbage}))


if __name__ == "__main__":
    main()
