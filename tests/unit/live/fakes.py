"""A cloud and a journal in memory, as unkind as the real ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from schemas.contracts.collected import Batch, Content, ContentState, Gap, Tally
from schemas.contracts.log import LogEntry
from schemas.identity.identity_map import IdentityMap
from schemas.records.values import time_ms
from streams.cloud.seam import Answer, Api, BadAnswer, Endpoints, Refused, Unreachable
from streams.collectors.content_index import ContentIndex
from streams.collectors.live.activity_calls import api_time
from streams.collectors.live.intake import Intake
from streams.collectors.live.seam import JournalLost

TENANT = "7f0c1b52-4a1e-4a0c-9e1d-5a0e6b1d2f33"
NOW = 1_786_000_000_000 // 86_400_000 * 86_400_000 + 12 * 3_600_000  # a noon
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


class FakeClock:
    """Time that passes only while somebody waits, or when told."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now
        self.on_wait: Callable[[], None] = lambda: None

    def now_ms(self) -> int:
        return self.now

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        self.now += int(max(seconds, 0.001) * 1000)
        self.on_wait()
        return stop.is_set()


@dataclass(slots=True)
class Call:
    """One call as it came."""

    method: str
    url: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]


Route = Callable[[Call], Answer]


class FakeCloud:
    """Hands every call to `route`; keeps them all."""

    def __init__(self, route: Route, clock: FakeClock | None = None, publisher: str = "") -> None:
        self.tenant = TENANT
        self.endpoints = Endpoints(
            "https://login.test", "https://manage.test", "https://graph.test", "https://exo.test", publisher
        )
        self.clock = clock or FakeClock()
        self.skew_ms = 0
        self.calls: list[Call] = []
        self._route = route
        self._lock = threading.Lock()

    def call(
        self,
        api: Api,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        cost: str = "",
    ) -> Answer:
        parts = urlsplit(url)
        call = Call(method, url, parts.path, dict(parse_qsl(parts.query)) | dict(params or {}), dict(headers or {}))
        with self._lock:
            self.calls.append(call)
            if not url.startswith((self.endpoints.management, self.endpoints.graph)):
                raise BadAnswer("a link to a foreign host")
            return self._route(call)

    def now_ms(self) -> int:
        return self.clock.now + self.skew_ms

    def roles(self, api: Api) -> frozenset[str]:
        return frozenset()


def ok(value: Any, **headers: str) -> Answer:
    """A successful answer; underscores of header names are hyphens."""
    return Answer(200, headers, value if isinstance(value, bytes) else orjson.dumps(value))


def refused(code: str, status: int = 400, message: str = "no") -> Refused:
    return Refused(status, code, message)


class Blobs:
    """The Management Activity API of one tenant: subscriptions, listings in small pages, blobs."""

    def __init__(self, clock: FakeClock, page: int = 2, link: str = "nextpageuri") -> None:
        self.clock = clock
        self.page = page
        self.link = link
        self.status: dict[str, str] = {}
        self.blobs: dict[str, tuple[str, int, int, bytes]] = {}  # id: content type, created, listed from, body
        self.gone: dict[str, str] = {}  # id: the code of its refusal
        self.faults: dict[str, list[Exception]] = {}  # by id, or "list": raised once each
        self.fetches: list[str] = []
        self.empty_page = False
        self.rows: Callable[[dict[str, Any]], dict[str, Any]] = lambda row: row

    def add(self, held: str, records: Sequence[dict[str, Any]], created: int, listed: int = 0, kind: str = "") -> None:
        self.blobs[held] = (kind or "Audit.Exchange", created, listed, orjson.dumps(list(records)))

    def __call__(self, call: Call) -> Answer:
        name = call.path.rpartition("/")[2]
        if "/activity/feed/audit/" in call.path:
            return self._blob(name.replace("%24", "$"))
        if name == "list":
            return ok(
                [{"contentType": kind, "status": status, "webhook": None} for kind, status in self.status.items()]
            )
        kind = call.params["contentType"]
        if name == "start":
            if self.status.get(kind) == "enabled":
                raise refused("AF20024")
            self.status[kind] = "enabled"
            return ok({"contentType": kind, "status": "enabled"})
        return self._content(kind, call)

    def _content(self, kind: str, call: Call) -> Answer:
        self._fault("list")
        if self.status.get(kind) != "enabled":
            raise refused("AF20022" if kind not in self.status else "AF20023")
        start, end = time_ms(call.params["startTime"] + "Z"), time_ms(call.params["endTime"] + "Z")
        now = self.clock.now
        if start is None or end is None or start >= end or end - start > DAY or start < now - 7 * DAY:
            raise refused("AF20055")
        found = sorted(
            (created, held)
            for held, (kinds, created, listed, _) in self.blobs.items()
            if kinds == kind and start <= created < end and max(created, listed) <= now
        )
        at = int(call.params.get("nextPage", "0"))
        page = [self.rows(self._row(kind, created, held)) for created, held in found[at : at + self.page]]
        following = at + self.page
        if self.empty_page and at == 0 and "empty" not in call.params:
            page, following = [], 0
        headers = {}
        if following < len(found) or (not page and found):
            query = f"contentType={kind}&startTime={api_time(start)}&endTime={api_time(end)}&nextPage={following}"
            headers[self.link] = f"https://manage.test/api/v1/{TENANT}/activity/feed/subscriptions/content?{query}"
            if not page:
                headers[self.link] += "&empty=1"
        return ok(page, **headers)

    def _row(self, kind: str, created: int, held: str) -> dict[str, Any]:
        return {
            "contentType": kind,
            "contentId": held,
            "contentUri": f"https://manage.test/api/v1.0/{TENANT}/activity/feed/audit/{held}",
            "contentCreated": api_time(created) + f".{created % 1000:03d}Z",
            "contentExpiration": api_time(created + 20 * DAY) + ".000Z",
        }

    def _blob(self, held: str) -> Answer:
        self._fault(held)
        if held in self.gone:
            raise refused(self.gone[held])
        if held not in self.blobs:
            raise refused("AF20050")
        self.fetches.append(held)
        return ok(self.blobs[held][3])

    def _fault(self, name: str) -> None:
        if self.faults.get(name):
            raise self.faults[name].pop(0)


class MemoryIndex:
    """The index of `scan` as a `RecordIndex`."""

    def __init__(self) -> None:
        self._held = ContentIndex()

    def contents(self, source: str, record_id: str, digest: bytes) -> int:
        return self._held.add(source, record_id, digest)


@dataclass
class FakeJournal:
    """Archive, ledger, checkpoints in memory. The process is killed at the write `crash_at` (from 0), which is lost."""

    tenant: str = TENANT
    crash_at: int = -1
    writes: int = 0
    rows: dict[str, dict[str, Content]] = field(default_factory=dict)
    checkpoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    complete: dict[str, int] = field(default_factory=dict)
    clocks: list[tuple[int, bool]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    entries: list[LogEntry] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    totals: Tally = field(default_factory=Tally)
    dead: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._intake = Intake(self.tenant, IdentityMap(("corp.example",)), MemoryIndex(), ("corp.example",))

    def _write(self, apply: Callable[[], Any]) -> Any:
        number = self.writes
        self.writes += 1
        if number == self.crash_at:
            raise JournalLost("killed before the write")
        return apply()

    def survive(self) -> None:
        """The process is started again."""
        self.crash_at = -1

    def checkpoint(self, feed: str) -> dict[str, Any]:
        return dict(orjson.loads(orjson.dumps(self.checkpoints.get(feed, {}))))

    def complete_ms(self, feed: str) -> int:
        return self.complete.get(feed, 0)

    def unseen(self, feed: str, contents: Sequence[Content]) -> list[Content]:
        return [content for content in contents if content.id not in self.rows.get(feed, {})]

    def pending(self, feed: str) -> list[Content]:
        held = [row for row in self.rows.get(feed, {}).values() if row.state is ContentState.LISTED]
        return sorted(held, key=lambda row: row.created_ms)

    def commit(self, batch: Batch) -> Tally:
        tally: Tally = self._write(lambda: self._commit(batch))
        return tally

    def _commit(self, batch: Batch) -> Tally:
        rows = self.rows.setdefault(batch.feed, {})
        for content in batch.listed:
            assert content.id not in rows, "listed twice"
            rows[content.id] = content
        if batch.content is not None:
            assert batch.partial == (batch.content.state is ContentState.LISTED)
            rows[batch.content.id] = batch.content
        taken = self._intake.take(batch)
        self.entries += taken.entries
        self.dead += [letter.raw for letter in taken.dead]
        for name in ("read", "produced", "duplicates", "dead"):
            setattr(self.totals, name, getattr(self.totals, name) + getattr(taken.tally, name))
        if batch.checkpoint is not None:
            self.checkpoints[batch.feed] = orjson.loads(orjson.dumps(batch.checkpoint))
        if batch.complete_ms is not None:
            assert batch.complete_ms >= self.complete.get(batch.feed, 0), "completeness went back"
            self.complete[batch.feed] = batch.complete_ms
        self.batches.append(batch)
        return taken.tally

    def clock(self, time_ms: int, historical: bool = False) -> None:
        self._write(lambda: self.clocks.append((time_ms, historical)))

    def gap(self, gap: Gap) -> None:
        self._write(lambda: self.gaps.append(gap))

    @property
    def ids(self) -> list[str]:
        """Ids of the archived records, in order of arrival."""
        return [entry.record_id for entry in self.entries]

    def states(self, feed: str) -> dict[str, str]:
        return {row.id: str(row.state) for row in self.rows.get(feed, {}).values()}


def unreachable() -> Exception:
    return Unreachable("connection reset")
