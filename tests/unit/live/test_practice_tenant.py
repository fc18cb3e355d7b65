"""Every feed against a practice tenant over HTTPS, with every fault on, the collector killed over and over."""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from pathlib import Path

import pytest

from schemas.records.decode import decode
from streams.clock import PracticeClock, WallClock
from streams.cloud.credentials import ClientSecret, Source
from streams.cloud.http import CloudHttp
from streams.cloud.seam import Endpoints
from streams.cloud.secret import Secret
from streams.cloud.tenant_access import TenantAccess
from streams.collectors.live.activity import CONTENT_TYPES, ActivityFeed
from streams.collectors.live.counted_journal import CountedJournal
from streams.collectors.live.directory_audits import directory_audits
from streams.collectors.live.message_trace import message_trace
from streams.collectors.live.risk_detections import risk_detections
from streams.collectors.live.schedule import TenantCollector
from streams.collectors.live.seam import JournalLost, LiveFeed
from streams.collectors.live.signins import SignInStream, sign_ins
from streams.simulation.service import PracticeService, ServiceOptions, TenantOptions
from streams.simulation.service.faults import fault_profile
from tests.unit.live.fakes import FakeJournal

START = 1_773_223_200_000  # Wednesday 2026-03-11, 10:00 UTC
HOUR = 3_600_000
SPEED = 3_000.0
HOURS = 1
KILLS = 3


class Practice:
    """The service with one tenant, a clock that runs once it is up, and a journal that outlives its collectors."""

    def __init__(self, folder: Path) -> None:
        wall = WallClock().now_ms()
        options = TenantOptions(seed=5, accounts=6, past_days=3, subscribed=tuple(CONTENT_TYPES), late_listed=0.1)
        self.clock = PracticeClock(START, wall, SPEED)
        service = ServiceOptions(folder, (options,), faults=fault_profile("all"), sent=True)
        self.service = PracticeService(service, self.clock)
        self.service.start()
        who, urls = self.service.tenants[0], self.service.urls
        self.access = TenantAccess(
            who.id,
            who.client_id,
            ClientSecret(Source("client_secret", value=Secret(who.client_secret))),
            Endpoints(urls["login"], urls["management"], urls["graph"], urls["exchange"]),
            ca_bundle=self.service.ca_bundle,
        )
        self.journal = FakeJournal(tenant=who.id)
        self.served = folder / "served"

    def collect(self, end_ms: int) -> bool:
        """Run a collector until that time; False when it was killed before."""
        stop, journal = threading.Event(), CountedJournal(self.journal)
        cloud = CloudHttp(self.access, self.clock, stop)
        feeds: list[LiveFeed] = [ActivityFeed(cloud, journal, kind) for kind in CONTENT_TYPES]
        feeds += [sign_ins(cloud, journal, stream) for stream in SignInStream]
        feeds += [make(cloud, journal) for make in (directory_audits, risk_detections, message_trace)]
        timer = threading.Timer(max(0.1, (end_ms - self.clock.now_ms()) / 1000 / SPEED), stop.set)
        timer.start()
        try:
            TenantCollector(self.access.tenant, feeds, journal, self.clock, cloud.now_ms).run(stop)
        except JournalLost:
            return False
        finally:
            timer.cancel()
            self.journal.survive()
            cloud.close()
        return True

    def under_way(self) -> set[bytes]:
        """Records of blobs that were listed, and perhaps served, when the collector was stopped."""
        found: set[bytes] = set()
        for kind, store in self.service.tenant().stores.blobs.items():
            for content in self.journal.pending(f"activity/{kind}"):
                blob = store.find(content.id)
                assert blob is not None
                found.update(store.content(blob))
        return found

    def lines(self) -> dict[str, set[bytes]]:
        """What was served, by feed."""
        found: dict[str, set[bytes]] = defaultdict(set)
        for path in self.served.rglob("*.jsonl"):
            found[path.stem] |= set(path.read_bytes().splitlines())
        return found


@pytest.mark.parametrize("seed", [11])
def test_what_was_served_is_archived_whatever_fails_and_whoever_is_killed(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    practice = Practice(tmp_path)
    try:
        for _ in range(KILLS):
            practice.journal.crash_at = practice.journal.writes + chance.randrange(5, 150)
            practice.collect(START + 60 * HOUR)
        back_filled = practice.clock.now_ms()
        while not any(not historical for _, historical in practice.journal.clocks) and back_filled < START + 60 * HOUR:
            practice.collect(practice.clock.now_ms() + HOUR)
            back_filled = practice.clock.now_ms()
        practice.collect(back_filled + HOURS * HOUR)
        stores = practice.service.tenant().stores
        under_way = practice.under_way()
    finally:
        practice.service.stop()
    archived = {entry.value for entry in practice.journal.entries}
    served = practice.lines()
    assert sum(map(len, served.values())) > 500
    complete = practice.journal.complete
    for kind, store in stores.blobs.items():
        listed = practice.journal.rows.get(f"activity/{kind}", {})
        due = [
            blob
            for blob in store.blobs
            if blob.created > START - 48 * HOUR and blob.visible < complete.get(f"activity/{kind}", 0)
        ]
        assert [blob.id for blob in due if blob.id not in listed] == []
    for feed, lines in served.items():
        times = [decode(line).time_ms for line in lines - archived - under_way]
        read_when_stopped = feed.startswith("graph") and min(times, default=0) > back_filled - 12 * HOUR
        assert not times or read_when_stopped
    clocks = [time_ms for time_ms, _ in practice.journal.clocks]
    assert clocks == sorted(clocks)
