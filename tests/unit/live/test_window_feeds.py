"""The feeds over Graph logs against an unkind service."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from schemas.records.values import time_ms
from streams.cloud.seam import Answer, BadAnswer, Refused, Throttled
from streams.collectors.live.directory_audits import directory_audits
from streams.collectors.live.message_trace import message_trace
from streams.collectors.live.risk_detections import risk_detections
from streams.collectors.live.seam import JournalLost, Unavailable, Window
from streams.collectors.live.signins import SignInStream, sign_ins
from streams.collectors.live.window_feed import WindowFeed
from tests.unit.collectors.conftest import signin, trace
from tests.unit.live.fakes import DAY, HOUR, MINUTE, NOW, Call, FakeClock, FakeCloud, FakeJournal, ok, refused

_BOUNDS = re.compile(r"(\w+) ge (\S+) and \w+ le (\S+)")


class Graph:
    """Logs of one tenant by path, in small pages, newest first unless sorted; opaque links."""

    def __init__(self, clock: FakeClock, page: int = 3) -> None:
        self.clock = clock
        self.page = page
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.top_max: dict[str, int] = {}
        self.refusals: dict[str, Exception] = {}  # by path, always
        self.faults: list[Exception | None] = []  # of the next calls
        self.stale_links = False

    def __call__(self, call: Call) -> Answer:
        path = call.path.lstrip("/")
        if self.faults and (fault := self.faults.pop(0)) is not None:
            raise fault
        if path in self.refusals:
            raise self.refusals[path]
        if path not in self.rows:
            raise refused("UnknownError", 404, "")
        if int(call.params["$top"]) > self.top_max.get(path, 1000):
            raise refused("BadRequest", 400, "Invalid page size specified")
        if "%20ge%20" not in call.url or "'" in call.url or " " in call.url:
            raise refused("BadRequest", 400, "not encoded")
        at = int(call.params.get("$skiptoken", "0"))
        if at and self.stale_links:
            raise refused("BadRequest", 400, "the token has expired")
        found = self._found(path, call)
        page = found[at : at + self.page]
        answer: dict[str, Any] = {"@odata.context": "c", "value": page}
        if at + self.page < len(found):
            answer["@odata.nextLink"] = re.sub(r"&\$skiptoken=\d+", "", call.url) + f"&$skiptoken={at + self.page}"
        return ok(answer)

    def _found(self, path: str, call: Call) -> list[dict[str, Any]]:
        match = _BOUNDS.match(call.params["$filter"])
        assert match is not None
        member, start, end = match[1], time_ms(match[2]), time_ms(match[3])
        assert start is not None and end is not None
        if "messageTraces" in path and (end - start > 10 * DAY or end > self.clock.now):
            raise refused("BadRequest", 400, "window")
        kind = re.search(r"eq '(\w+)'", call.params["$filter"])
        found = []
        for row in self.rows[path]:
            when = time_ms(row[member])
            if when is not None and start <= when <= end and row.get("_kind", "") == (kind[1] if kind else ""):
                found.append({name: value for name, value in row.items() if name != "_kind"})
        return sorted(found, key=lambda row: str(row[member]), reverse="$orderby" not in call.params)


class Setting:
    """Service, cloud, journal."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.graph = Graph(self.clock)
        self.cloud = FakeCloud(self.graph, self.clock)
        self.journal = FakeJournal()

    def stream(self, stream: SignInStream = SignInStream.INTERACTIVE) -> WindowFeed:
        return sign_ins(self.cloud, self.journal, stream)


BETA, V1 = "beta/auditLogs/signIns", "v1.0/auditLogs/signIns"
TRACES = "v1.0/admin/exchange/tracing/messageTraces"
RISKS = "v1.0/identityProtection/riskDetections"
HOUR_WINDOW = Window(NOW - HOUR, NOW)


def rows(count: int, kind: str = "", path: str = BETA) -> dict[str, list[dict[str, Any]]]:
    found = [signin(f"{kind or 's'}{number}", NOW - (number + 1) * MINUTE) for number in range(count)]
    return {path: [row | {"_kind": kind} for row in found]}


def test_every_row_arrives_once_and_the_bytes_are_the_services() -> None:
    setting = Setting()
    setting.graph.rows = rows(8)
    setting.stream().collect(HOUR_WINDOW)
    assert sorted(setting.journal.ids) == [f"s{number}" for number in range(8)]
    assert {entry.value for entry in setting.journal.entries} == {
        orjson.dumps({name: value for name, value in row.items() if name != "_kind"})
        for row in setting.graph.rows[BETA]
    }
    assert list(setting.journal.states("graph/signIns/interactiveUser").values()) == ["fetched"]


def test_overlapping_windows_bring_only_what_is_new() -> None:
    setting = Setting()
    setting.graph.rows = rows(5)
    feed = setting.stream()
    feed.collect(HOUR_WINDOW)
    setting.graph.rows[BETA].append(signin("late", NOW - 30 * MINUTE) | {"_kind": ""})
    setting.graph.rows[BETA].append(signin("s3", NOW - 4 * MINUTE, riskState="atRisk") | {"_kind": ""})
    feed.collect(HOUR_WINDOW)
    assert setting.journal.ids[5:] == ["late", "s3"]
    assert setting.journal.totals.duplicates == 5


@pytest.mark.parametrize("stream", list(SignInStream))
def test_each_stream_asks_for_its_own(stream: SignInStream) -> None:
    setting = Setting()
    mine = "" if stream is SignInStream.INTERACTIVE else str(stream)
    setting.graph.rows = {BETA: [row for kind in ("", *map(str, SignInStream)) for row in rows(2, kind)[BETA]]}
    feed = setting.stream(stream)
    feed.prepare()
    feed.collect(HOUR_WINDOW)
    assert feed.name == f"graph/signIns/{stream}"
    assert sorted(setting.journal.ids) == [f"{mine or 's'}{number}" for number in range(2)]
    assert all(call.headers["Prefer"] == "include-unknown-enum-members" for call in setting.cloud.calls)


def test_interactive_sign_ins_fall_back_to_the_version_that_is_there() -> None:
    setting = Setting()
    setting.graph.rows = rows(2, path=V1)
    feed = setting.stream()
    feed.prepare()
    feed.collect(HOUR_WINDOW)
    assert sorted(setting.journal.ids) == ["s0", "s1"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_missing_licence_is_unavailable_with_its_remedy(status: int) -> None:
    setting = Setting()
    setting.graph.refusals = {BETA: refused("Authentication_RequestFromNonPremiumTenant", status, "no premium licence")}
    with pytest.raises(Unavailable) as caught:
        setting.stream().prepare()
    assert "sign-ins of people are not seen" in caught.value.blind_spot
    assert "P1" in caught.value.remedy
    assert len(setting.cloud.calls) == 1


@pytest.mark.parametrize("make", [directory_audits, risk_detections, message_trace])
def test_an_endpoint_that_is_not_there_is_unavailable(make: Callable[..., WindowFeed]) -> None:
    setting = Setting()
    with pytest.raises(Unavailable) as caught:
        make(setting.cloud, setting.journal).prepare()
    assert caught.value.remedy


def test_a_failing_service_is_not_taken_for_a_missing_licence() -> None:
    setting = Setting()
    setting.graph.faults = [Throttled(NOW + 10_000)]
    with pytest.raises(Throttled):
        setting.stream().prepare()


def test_a_window_that_was_throttled_goes_on_where_it_was() -> None:
    setting = Setting()
    setting.graph.rows = rows(8)
    setting.graph.faults = [None, None, Throttled(NOW + 10_000)]
    feed = setting.stream()
    with pytest.raises(Throttled):
        feed.collect(HOUR_WINDOW)
    assert len(setting.journal.ids) == 6
    before = len(setting.cloud.calls)
    sign_ins(setting.cloud, setting.journal, SignInStream.INTERACTIVE).collect(Window(NOW - MINUTE // 2, NOW))
    assert sorted(setting.journal.ids) == [f"s{number}" for number in range(8)]
    assert len(setting.cloud.calls) == before + 2  # the last page, and the window that was asked for
    assert setting.journal.totals.duplicates == 0


def test_a_link_that_is_no_longer_taken_starts_the_window_anew() -> None:
    setting = Setting()
    setting.graph.rows = rows(8)
    setting.graph.faults = [None, None, Throttled(NOW + 10_000)]
    feed = setting.stream()
    with pytest.raises(Throttled):
        feed.collect(HOUR_WINDOW)
    setting.graph.faults = [refused("BadRequest", 400, "the token has expired")]
    feed.collect(HOUR_WINDOW)
    assert sorted(setting.journal.ids) == [f"s{number}" for number in range(8)]


def test_links_that_are_never_taken_are_a_failure() -> None:
    setting = Setting()
    setting.graph.rows = rows(8)
    setting.graph.stale_links = True
    with pytest.raises(Refused):
        setting.stream().collect(HOUR_WINDOW)


def test_an_empty_page_with_a_link_is_followed_and_an_empty_window_leaves_no_row() -> None:
    pages = [
        ok({"value": [], "@odata.nextLink": "https://graph.test/beta/auditLogs/signIns?$skiptoken=1"}),
        ok({"value": []}),
    ]
    journal = FakeJournal()
    feed = sign_ins(FakeCloud(lambda call: pages.pop(0)), journal, SignInStream.INTERACTIVE)
    feed.collect(HOUR_WINDOW)
    assert pages == []
    assert (journal.rows, journal.writes) == ({}, 0)


@pytest.mark.parametrize("link", ["self", 17])
def test_links_that_run_in_a_circle_end(link: Any) -> None:
    def route(call: Call) -> Answer:
        return ok({"value": [], "@odata.nextLink": call.url if link == "self" else link})

    with pytest.raises(BadAnswer):
        sign_ins(FakeCloud(route), FakeJournal(), SignInStream.INTERACTIVE).collect(HOUR_WINDOW)


def test_risk_detections_ask_for_changes_and_else_for_detections() -> None:
    setting = Setting()
    setting.graph.top_max[RISKS] = 500
    setting.graph.rows = {RISKS: []}
    feed = risk_detections(setting.cloud, setting.journal)
    feed.prepare()
    feed.collect(HOUR_WINDOW)
    assert "lastUpdatedDateTime" in setting.cloud.calls[-1].params["$filter"]
    setting.graph.faults = [refused("Request_UnsupportedQuery")]
    feed.prepare()
    feed.collect(HOUR_WINDOW)
    assert "detectedDateTime" in setting.cloud.calls[-1].params["$filter"]


def test_a_trace_window_is_at_most_ten_days_wide_and_never_ends_in_the_future() -> None:
    setting = Setting()
    setting.graph.top_max[TRACES] = 5000
    setting.graph.rows = {TRACES: [trace(f"t{day}", NOW - day * DAY - HOUR) for day in range(25)]}
    feed = message_trace(setting.cloud, setting.journal)
    feed.prepare()
    feed.collect(Window(NOW - 24 * DAY - 2 * HOUR, NOW + HOUR))
    assert len(setting.journal.ids) == 25


def test_a_clock_that_is_ahead_does_not_make_a_log_unavailable() -> None:
    setting = Setting()
    setting.graph.top_max[TRACES] = 5000
    setting.graph.rows = {TRACES: []}
    setting.cloud.skew_ms = 10 * MINUTE
    message_trace(setting.cloud, setting.journal).prepare()
    asked = setting.cloud.calls[-1].params["$filter"].rpartition(" ")[2]
    assert (time_ms(asked) or 0) < setting.clock.now


def test_repeats_across_pages_are_one_row() -> None:
    setting = Setting()
    setting.graph.top_max[TRACES] = 5000
    setting.graph.rows = {TRACES: [trace("t", NOW - HOUR // 2)] * 4}
    message_trace(setting.cloud, setting.journal).collect(HOUR_WINDOW)
    assert len(setting.journal.ids) == 1
    assert setting.journal.totals.duplicates == 3


def test_a_window_over_the_start_is_split_there() -> None:
    setting = Setting()
    setting.graph.rows = rows(6)
    setting.stream().collect(Window(NOW - HOUR, NOW, historical_before_ms=NOW - 3 * MINUTE - MINUTE // 2))
    flags = {entry.record_id: entry.historical for entry in setting.journal.entries}
    assert flags == {f"s{number}": number >= 3 for number in range(6)}


def test_killed_at_any_write_nothing_is_lost_and_nothing_comes_twice() -> None:
    for write in range(3):
        setting = Setting()
        setting.graph.rows = rows(8)
        setting.journal.crash_at = write
        with pytest.raises(JournalLost):
            setting.stream().collect(HOUR_WINDOW)
        setting.journal.survive()
        setting.stream().collect(HOUR_WINDOW)
        assert sorted(setting.journal.ids) == [f"s{number}" for number in range(8)]
        assert set(setting.journal.states("graph/signIns/interactiveUser").values()) == {"fetched"}
