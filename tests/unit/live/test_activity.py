"""One content type of the Management Activity API against an unkind service."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import orjson
import pytest

from schemas.contracts.collected import GapKind
from streams.cloud.seam import Answer, BadAnswer, CloudError, Refused, Throttled, Unreachable
from streams.collectors.live import activity
from streams.collectors.live.activity import ActivityFeed
from streams.collectors.live.seam import JournalLost, Unavailable, Window
from tests.unit.collectors.conftest import management
from tests.unit.live.fakes import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    TENANT,
    Blobs,
    Call,
    FakeClock,
    FakeCloud,
    FakeJournal,
    ok,
    refused,
    unreachable,
)

NAME = "activity/Audit.Exchange"
LAST_DAY = Window(NOW - DAY, NOW)


class Setting:
    """Service, cloud, journal and feed."""

    def __init__(self, **more: Any) -> None:
        self.clock = FakeClock()
        self.service = Blobs(self.clock, **more)
        self.service.status["Audit.Exchange"] = "enabled"
        self.cloud = FakeCloud(self.service, self.clock)
        self.journal = FakeJournal()
        self.feed = ActivityFeed(self.cloud, self.journal, "Audit.Exchange")

    def again(self) -> None:
        """The process is started again on the same journal."""
        self.journal.survive()
        self.feed = ActivityFeed(self.cloud, self.journal, "Audit.Exchange")


def fill(service: Blobs, blobs: int = 7, step: int = HOUR) -> list[str]:
    """Blobs of two records each, of which one repeats a record of the blob before; gives the ids of the records."""
    names = [f"r{number}" for number in range(blobs + 1)]
    for number in range(blobs):
        records = [management(names[number]), management(names[number + 1])]
        service.add(f"20260814{number:015d}$b$audit_exchange$na{number}", records, NOW - (number + 1) * step)
    return names


def test_every_record_arrives_once_with_the_bytes_of_the_blob() -> None:
    setting = Setting()
    body = b'[ {"CreationTime":"2026-03-03T09:00:00","Id" : "x","Operation":"Send","UserId":"a@corp.example"} ,17]'
    setting.service.blobs["odd$id"] = ("Audit.Exchange", NOW - MINUTE, 0, body)
    names = fill(setting.service)
    setting.feed.collect(LAST_DAY)
    assert sorted(setting.journal.ids) == sorted([*names, "x"])
    assert next(entry.value for entry in setting.journal.entries if entry.record_id == "x") == body[2:-5]
    assert setting.journal.dead == [b"17"]
    assert set(setting.journal.states(NAME).values()) == {"fetched"}
    assert setting.journal.totals.duplicates == 6


@pytest.mark.parametrize("link", ["nextpageuri", "nextpageurl"])
def test_pages_are_followed_by_either_header_also_after_an_empty_one(link: str) -> None:
    setting = Setting(page=1, link=link)
    setting.service.empty_page = True
    names = fill(setting.service)
    setting.feed.collect(LAST_DAY)
    assert sorted(setting.journal.ids) == names


def test_times_are_sent_both_without_zone_or_fraction_and_never_more_than_a_day() -> None:
    setting = Setting()
    setting.feed.collect(Window(NOW - 3 * DAY + 123, NOW + 457))
    windows = [(call.params["startTime"], call.params["endTime"]) for call in setting.cloud.calls]
    assert len(windows) == 4
    assert all(len(text) == 19 and "T" in text for pair in windows for text in pair)
    assert all(before[1] == after[0] for before, after in pairwise(windows))
    assert all(call.params["PublisherIdentifier"] == TENANT for call in setting.cloud.calls)


def test_the_window_is_clamped_to_what_the_service_lists() -> None:
    setting = Setting()
    fill(setting.service)
    setting.feed.collect(Window(NOW - 30 * DAY, NOW))
    assert len(setting.cloud.calls[0].params["startTime"]) == 19
    assert len(setting.journal.rows[NAME]) == 7


def test_the_publisher_is_added_where_a_link_lacks_it_and_only_there() -> None:
    setting = Setting(page=1)
    setting.service.rows = lambda row: row | {"contentUri": row["contentUri"] + "?publisheridentifier=own"}
    fill(setting.service, 2)
    setting.feed.collect(LAST_DAY)
    followed = [call for call in setting.cloud.calls if "nextPage" in call.url]
    blobs = [call for call in setting.cloud.calls if "/audit/" in call.url]
    assert followed and blobs
    assert all(call.url.count("&PublisherIdentifier=") == 1 for call in followed)
    assert all("PublisherIdentifier" not in call.url and "$" in call.url for call in blobs)


def test_a_blob_listed_late_is_found_by_the_next_overlapping_window() -> None:
    setting = Setting()
    fill(setting.service, 2)
    setting.service.add("late$", [management("late")], NOW - 3 * HOUR, listed=NOW + MINUTE)
    setting.feed.collect(LAST_DAY)
    assert "late" not in setting.journal.ids
    setting.clock.now += 3 * MINUTE
    setting.feed.collect(Window(NOW - 6 * HOUR, setting.clock.now))
    assert setting.journal.ids.count("late") == 1
    assert len(setting.service.fetches) == 3


def test_a_blob_is_fetched_once_however_often_it_is_listed() -> None:
    setting = Setting(page=1)
    setting.service.rows = lambda row: row
    fill(setting.service, 3)
    for _ in range(3):
        setting.feed.collect(LAST_DAY)
    assert len(setting.service.fetches) == 3


def test_links_that_run_in_a_circle_end() -> None:
    link = f"https://manage.test/api/v1.0/{TENANT}/activity/feed/subscriptions/content?x=1"
    feed = ActivityFeed(FakeCloud(lambda call: ok([], nextpageuri=link)), FakeJournal(), "Audit.Exchange")
    with pytest.raises(BadAnswer, match="circle"):
        feed.collect(LAST_DAY)


def test_a_foreign_host_gets_no_call_and_the_others_are_still_fetched() -> None:
    setting = Setting()
    names = fill(setting.service, 3)
    setting.service.rows = lambda row: (
        row | {"contentUri": "https://evil.test/audit/1"} if "na1" in row["contentId"] else row
    )
    with pytest.raises(BadAnswer, match="foreign"):
        setting.feed.collect(LAST_DAY)
    assert set(setting.journal.ids) == set(names)
    assert sorted(setting.journal.states(NAME).values()) == ["fetched", "fetched", "listed"]


@pytest.mark.parametrize("fault", [unreachable(), BadAnswer("cut")])
def test_what_failed_is_fetched_by_the_next_session(fault: Exception) -> None:
    setting = Setting()
    names = fill(setting.service)
    victim = next(held for held in setting.service.blobs if "na3" in held)
    setting.service.faults[victim] = [fault]
    with pytest.raises(CloudError):
        setting.feed.collect(LAST_DAY)
    assert set(setting.journal.states(NAME).values()) == {"fetched", "listed"}
    setting.again()
    setting.feed.collect(Window(NOW - MINUTE, NOW))
    assert sorted(setting.journal.ids) == names


def test_a_cut_body_is_not_stored() -> None:
    setting = Setting()
    setting.service.blobs["cut$"] = ("Audit.Exchange", NOW - HOUR, 0, orjson.dumps([management()])[:-9])
    with pytest.raises(BadAnswer):
        setting.feed.collect(LAST_DAY)
    assert setting.journal.states(NAME) == {"cut$": "listed"}
    assert setting.journal.entries == []


def test_throttling_is_passed_on_at_once() -> None:
    setting = Setting()
    fill(setting.service)
    setting.service.faults["list"] = [Throttled(NOW + 9_000)]
    with pytest.raises(Throttled):
        setting.feed.collect(LAST_DAY)
    assert len(setting.cloud.calls) == 1


def test_a_service_that_is_down_is_not_asked_for_every_blob() -> None:
    setting = Setting(page=50)
    fill(setting.service, 40, 20 * MINUTE)
    setting.service.faults = {held: [unreachable()] for held in setting.service.blobs}
    with pytest.raises(Unreachable):
        setting.feed.collect(LAST_DAY)
    assert len([call for call in setting.cloud.calls if "/audit/" in call.url]) < 12


def test_a_large_blob_is_stored_in_parts() -> None:
    setting = Setting()
    setting.service.add("big$", [management(f"r{number}") for number in range(4_500)], NOW - HOUR)
    setting.feed.collect(LAST_DAY)
    parts = [batch for batch in setting.journal.batches if batch.content is not None]
    assert [(len(part.records), part.partial) for part in parts] == [(2_000, True), (2_000, True), (500, False)]


def test_an_empty_blob_is_fetched_too() -> None:
    setting = Setting()
    setting.service.add("none$", [], NOW - HOUR)
    setting.feed.collect(LAST_DAY)
    assert setting.journal.states(NAME) == {"none$": "fetched"}


def test_what_was_created_before_the_start_is_history() -> None:
    setting = Setting()
    fill(setting.service, 4)
    setting.feed.collect(Window(NOW - DAY, NOW, historical_before_ms=NOW - 2 * HOUR - MINUTE))
    flags = [batch.historical for batch in setting.journal.batches if batch.content is not None]
    assert sorted(flags) == [False, False, True, True]


def test_detected_values_are_redacted_before_the_journal() -> None:
    setting = Setting()
    setting.service.add("dlp$", [management(Detail={"DetectedValues": [{"Value": "4111 1111"}]})], NOW - HOUR)
    setting.feed.collect(LAST_DAY)
    assert b"4111" not in b"".join(record for batch in setting.journal.batches for record in batch.records)


def test_only_what_is_missing_is_started_and_nothing_is_ever_stopped() -> None:
    setting = Setting()
    setting.feed.prepare()
    assert [call.method for call in setting.cloud.calls] == ["GET"]
    setting.service.status.clear()
    setting.feed.prepare()
    assert setting.service.status == {"Audit.Exchange": "enabled"}
    assert setting.journal.gaps == []
    assert not any("stop" in call.url for call in setting.cloud.calls)


def test_a_disabled_subscription_is_started_and_told() -> None:
    setting = Setting()
    setting.service.status["Audit.Exchange"] = "disabled"
    setting.journal.complete[NAME] = NOW - HOUR
    setting.feed.prepare()
    assert setting.service.status == {"Audit.Exchange": "enabled"}
    assert [(gap.kind, gap.from_ms, gap.over) for gap in setting.journal.gaps] == [
        (GapKind.DISABLED, NOW - HOUR, False),
        (GapKind.DISABLED, NOW - HOUR, True),
    ]


def always(error: Exception) -> Callable[[Call], Answer]:
    """A service that refuses everything, but lists one blob where `error` is about blobs."""

    def route(call: Call) -> Answer:
        raise error

    return route


def blob_refused(code: str, status: int = 400) -> Setting:
    setting = Setting()
    fill(setting.service, 2)
    victim = min(setting.service.blobs)
    setting.service.faults[victim] = [refused(code, status)]
    return setting


@pytest.mark.parametrize(("code", "status"), [("AF20050", 400), ("AF20052", 400), ("ResourceNotFound", 404)])
def test_content_that_does_not_exist_is_given_up(code: str, status: int) -> None:
    setting = blob_refused(code, status)
    setting.feed.collect(LAST_DAY)
    assert sorted(setting.journal.states(NAME).values()) == ["fetched", "missing"]
    assert setting.journal.gaps == []


def test_expired_content_is_given_up_and_told() -> None:
    setting = blob_refused("AF20051")
    setting.feed.collect(LAST_DAY)
    assert sorted(setting.journal.states(NAME).values()) == ["expired", "fetched"]
    assert [(gap.kind, gap.over) for gap in setting.journal.gaps] == [(GapKind.EXPIRED, False), (GapKind.EXPIRED, True)]


@pytest.mark.parametrize("code", ["AF20030", "AF20055"])
def test_a_window_that_is_not_allowed_is_clamped_once(code: str) -> None:
    setting = Setting()
    names = fill(setting.service)
    setting.service.faults["list"] = [refused(code)]
    setting.feed.collect(LAST_DAY)
    assert sorted(setting.journal.ids) == names
    setting.service.faults["list"] = [refused(code), refused(code)]
    with pytest.raises(Refused):
        setting.feed.collect(LAST_DAY)


def test_a_bad_link_restarts_the_window() -> None:
    setting = Setting()
    names = fill(setting.service)
    setting.service.faults["list"] = [refused("AF20031"), refused("AF20031")]
    setting.feed.collect(LAST_DAY)
    assert sorted(setting.journal.ids) == names
    setting.service.faults["list"] = [refused("AF20031")] * 3
    with pytest.raises(Refused):
        setting.feed.collect(LAST_DAY)


@pytest.mark.parametrize(("status", "gaps"), [({}, 0), ({"Audit.Exchange": "disabled"}, 2)])
def test_a_subscription_that_went_is_started_and_comes_again(status: dict[str, str], gaps: int) -> None:
    setting = Setting()
    names = fill(setting.service)
    setting.service.status = dict(status)
    with pytest.raises(Unreachable, match="started"):
        setting.feed.collect(LAST_DAY)
    assert len(setting.journal.gaps) == gaps
    setting.feed.collect(LAST_DAY)
    assert sorted(setting.journal.ids) == names


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AF10001", GapKind.UNLICENSED),
        ("AF20010", GapKind.UNLICENSED),
        ("AF20011", GapKind.DISABLED),
        ("AF20013", GapKind.UNLICENSED),
        ("AF20020", GapKind.UNLICENSED),
    ],
)
def test_what_a_person_must_change_is_unavailable_with_its_remedy(code: str, kind: GapKind) -> None:
    feed = ActivityFeed(FakeCloud(always(refused(code, 401))), FakeJournal(), "Audit.Exchange")
    for act in (feed.prepare, lambda: feed.collect(LAST_DAY)):
        with pytest.raises(Unavailable) as caught:
            act()
        assert caught.value.remedy and caught.value.kind is kind
        assert "mailboxes" in caught.value.blind_spot


def test_auditing_that_is_off_is_told_with_the_cmdlet() -> None:
    message = f"Microsoft.Office.Compliance.Audit.DataServiceException: Tenant {TENANT} does not exist."
    feed = ActivityFeed(FakeCloud(always(refused("AF50000", 500, message))), FakeJournal(), "Audit.Exchange")
    with pytest.raises(Unavailable) as caught:
        feed.prepare()
    assert caught.value.kind is GapKind.DISABLED
    assert "Set-AdminAuditLogConfig" in caught.value.remedy


@pytest.mark.parametrize(
    "code", ["AF20001", "AF20002", "AF20003", "AF20021", "AF20053", "AF20054", "AF99999", "", "Forbidden"]
)
def test_an_error_of_ours_or_an_unknown_one_is_told_as_it_is(code: str) -> None:
    feed = ActivityFeed(FakeCloud(always(refused(code))), FakeJournal(), "Audit.Exchange")
    with pytest.raises(Refused) as caught:
        feed.collect(LAST_DAY)
    assert caught.value.code == code


@pytest.mark.parametrize("code", ["AF429", "AF50000", "AF50005", "AF50006"])
def test_trouble_of_the_service_is_tried_again(code: str) -> None:
    feed = ActivityFeed(FakeCloud(always(refused(code, 500))), FakeJournal(), "Audit.Exchange")
    with pytest.raises(Unreachable):
        feed.collect(LAST_DAY)


def test_a_tenant_that_the_service_has_wrong_is_left_alone_for_a_while() -> None:
    feed = ActivityFeed(FakeCloud(always(refused("AF20012"))), FakeJournal(), "Audit.Exchange")
    with pytest.raises(Throttled) as caught:
        feed.collect(LAST_DAY)
    assert caught.value.retry_ms >= NOW + 20 * MINUTE


@pytest.mark.parametrize("listing", [{}, [1], [{"contentUri": "x"}], [{"contentId": ""}], "x"])
def test_a_listing_that_is_none_is_told(listing: Any) -> None:
    feed = ActivityFeed(FakeCloud(lambda call: ok(listing)), FakeJournal(), "Audit.Exchange")
    with pytest.raises(BadAnswer):
        feed.collect(LAST_DAY)


def test_killed_at_any_write_nothing_is_lost_and_nothing_comes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "RECORDS_MAX", 5)

    def run(crash_at: int = -1) -> tuple[Setting, list[str], bool]:
        setting = Setting()
        names = fill(setting.service, 5)
        setting.service.add("big$", [management(f"big{number}") for number in range(12)], NOW - 9 * HOUR)
        setting.service.add("gone$", [management("gone")], NOW - 8 * HOUR)
        setting.service.gone["gone$"] = "AF20051"
        setting.journal.crash_at = crash_at
        killed = False
        try:
            setting.feed.collect(LAST_DAY)
        except JournalLost:
            killed = True
            setting.again()
            setting.feed.collect(LAST_DAY)
        return setting, sorted([*names, *(f"big{number}" for number in range(12))]), killed

    undisturbed, names, _ = run()
    assert sorted(undisturbed.journal.ids) == names
    for write in range(undisturbed.journal.writes):
        setting, names, killed = run(write)
        assert killed
        assert sorted(setting.journal.ids) == names
        assert setting.journal.states(NAME) == undisturbed.journal.states(NAME)
        assert {(gap.kind, gap.over) for gap in setting.journal.gaps} == {
            (GapKind.EXPIRED, False),
            (GapKind.EXPIRED, True),
        }
