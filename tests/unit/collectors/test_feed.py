"""Records to entries: copies, clock, revisions, counts."""

from __future__ import annotations

import pytest

from schemas.contracts.log import EntryKind
from schemas.contracts.profile import decode_profile
from schemas.records.decode import decode
from schemas.records.event import AuditEvent
from streams.collectors.feed import GAP_DAYS_MAX, FeedCounts, TenantVote, clocks_passed, next_clock
from tests.unit.collectors.conftest import DAY_MS, NINE, TENANT, entries, management, signin, trace

HOUR_MS = 3_600_000


def test_the_first_entry_is_a_profile_that_knows_the_home_domains() -> None:
    first = entries([management()], ["corp.example"])[0]
    assert (first.kind, first.tenant, first.account) == (EntryKind.PROFILE, TENANT, "")
    profile = decode_profile(first.value)
    assert (profile.day, profile.home_domains) == (-1, ("corp.example",))


def test_one_copy_per_concerned_account_with_the_bytes_as_received() -> None:
    found = entries([management(MailboxOwnerUPN="bob@corp.example", Operation="SendAs")])[1:-1]
    assert [(entry.account, entry.role) for entry in found] == [
        ("ann@corp.example", "actor"),
        ("bob@corp.example", "mailbox"),
    ]
    assert found[0].value == found[1].value
    assert decode(found[0].value).record_id == "m"
    assert found[0].identity == ("management", "m", "actor")


def test_records_come_in_time_order() -> None:
    found = entries([management("late", NINE + 5_000), management("early", NINE)])[1:-1]
    assert [entry.record_id for entry in found] == ["early", "late"]


def test_a_clock_at_each_six_that_passes_and_before_the_record_that_passes_it() -> None:
    found = entries([management("a", NINE), management("b", NINE + 2 * DAY_MS + HOUR_MS)])[1:-1]
    assert [entry.kind for entry in found] == [EntryKind.RECORD, EntryKind.CLOCK, EntryKind.CLOCK, EntryKind.RECORD]
    assert [entry.clock_ms() for entry in found[1:3]] == [NINE - 3 * HOUR_MS + day * DAY_MS for day in (1, 2)]


def test_the_last_clock_says_how_far_the_records_go() -> None:
    last = entries([management("a", NINE), management("b", NINE + HOUR_MS)])[-1]
    assert (last.kind, last.clock_ms()) == (EntryKind.CLOCK, NINE + HOUR_MS + 1)


@pytest.mark.parametrize(("before", "after"), [(-1, 0), (0, DAY_MS), (1, DAY_MS)])
def test_the_next_clock_is_later_than_the_time(before: int, after: int) -> None:
    six = NINE - 3 * HOUR_MS
    assert next_clock(six + before) == six + after


def test_a_silence_of_years_is_two_clocks() -> None:
    first = next_clock(NINE)
    assert len(list(clocks_passed(first, first + GAP_DAYS_MAX * DAY_MS))) == GAP_DAYS_MAX + 1
    far = first + 20 * 365 * DAY_MS
    assert list(clocks_passed(first, far)) == [first, far]


def test_a_management_revision_is_not_delivered_twice() -> None:
    counts = FeedCounts()
    found = entries([management(), management(Extra=1), management(Extra=2)], counts=counts)
    assert len(found) == 3
    assert (counts.records, counts.skipped) == (3, 2)


def test_a_signin_with_its_risk_is_delivered_again() -> None:
    found = entries([signin(), signin(riskState="atRisk")])[1:-1]
    assert [entry.record_id for entry in found] == ["s", "s"]


@pytest.mark.parametrize("statuses", [["pending", "delivered"], ["delivered", "failed"], ["delivered"]])
@pytest.mark.parametrize("size", range(20))  # another content, another order of the contents
def test_a_trace_row_counts_once_in_its_final_state(statuses: list[str], size: int) -> None:
    rows = [trace(status=status, size=size + more) for status in statuses for more in (1, 2)]
    details = [decode(entry.value).detail for entry in entries(rows, ["corp.example"])[1:-1]]
    final = [detail for detail in details if getattr(detail, "status", "") != "pending"]
    assert len(final) == 1


def test_what_no_detector_can_read_is_skipped_and_still_delivered() -> None:
    counts = FeedCounts()
    found = entries([management(Operation="Odd", ClientIP=None)], counts=counts)
    assert (counts.records, counts.skipped) == (1, 1)
    assert len(found) == 3


def test_accounts_are_people_and_mailboxes() -> None:
    counts = FeedCounts()
    entries(
        [management("a"), management("b", UserId="Not Available"), management("c", UserId="ANN@corp.example")],
        counts=counts,
    )
    assert counts.accounts == 1
    assert len(counts.keys) == 2


def test_the_tenant_is_the_most_frequent() -> None:
    vote = TenantVote()
    assert vote.winner() == "local"
    for tenant in ("b" * 36, "a" * 36, "b" * 36, ""):
        vote.learn(_of(tenant))
    assert vote.winner() == "b" * 36
    vote.learn(_of("a" * 36))
    assert vote.winner() == "a" * 36


def _of(tenant: str) -> AuditEvent:
    event = decode(b'{"CreationTime":"2026-03-03T09:00:00","Id":"1","Operation":"Send","UserId":"a@b.c"}')
    event.tenant = tenant
    return event
