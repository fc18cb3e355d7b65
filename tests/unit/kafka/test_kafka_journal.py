"""A tenant's journal on a broker in memory: what is archived, what a new owner knows, when history waits."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from schemas.contracts.collected import Batch, Content, Gap, GapKind, Tally
from schemas.contracts.log import ARCHIVED, EntryKind, LogEntry, entry_from_message
from schemas.contracts.profile import Profile, decode_profile, encode_profile
from schemas.contracts.topics import AUDIT, DAY_MS, DEAD_LETTERS, FEEDS, IDENTITIES
from schemas.identity.identity_map import IdentityMap
from streams.collectors.live.intake import Intake
from streams.collectors.live.seam import JournalLost
from streams.collectors.recent_index import RecentIndex
from streams.drivers.batch_parts import TRANSACTION_RECORDS_MAX as RECORDS_MAX
from streams.drivers.kafka.collect import CollectError, WaitEnded, closed_day
from streams.drivers.kafka.journal import TOO_LARGE, KafkaJournal
from streams.drivers.kafka.outbox import entry_messages
from streams.drivers.kafka.shared_reads import SharedReads
from tests.unit.collectors.conftest import TENANT, management, signin, trace
from tests.unit.kafka.memory_broker import SETTINGS, MemoryBroker
from tests.unit.live.fakes import NOW, FakeClock

FEED, HOME = "activity/Audit.Exchange", ("corp.example",)
BOOT = 1  # transactions of a journal that is new: the first profile


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> MemoryBroker:
    made = MemoryBroker()
    made.install(monkeypatch)
    return made


def opened(
    stop: threading.Event | None = None, say: Callable[[str], None] = print, home: tuple[str, ...] = HOME
) -> KafkaJournal:
    clock = FakeClock()
    intake = Intake(TENANT, IdentityMap(home), RecentIndex(clock), home)
    return KafkaJournal(SharedReads(SETTINGS), TENANT, intake, clock, JournalLost, stop, say)


def batch(*records: dict[str, Any] | bytes, **more: Any) -> Batch:
    return Batch(FEED, [raw if isinstance(raw, bytes) else orjson.dumps(raw) for raw in records], **more)


def archive(broker: MemoryBroker, kind: EntryKind = EntryKind.RECORD) -> list[LogEntry]:
    found = [entry_from_message(message.key, message.value, message.headers) for message in broker.messages(AUDIT)]
    return [entry for entry in found if entry.kind is kind]


def test_the_first_profile_is_written_to_every_partition_once(broker: MemoryBroker) -> None:
    for _ in range(2):
        opened()
    assert len(archive(broker, EntryKind.PROFILE)) == SETTINGS.partitions


def profiles(broker: MemoryBroker) -> list[tuple[int, tuple[str, ...]]]:
    """Day and home domains of every profile entry of the first partition."""
    values = [message.value or b"" for message in broker.log[AUDIT, 0]]
    found = [decode_profile(value) for value in values if b"home_domains" in value]
    return [(profile.day, profile.home_domains) for profile in found]


def test_home_domains_that_became_known_later_are_told_once_to_every_partition(broker: MemoryBroker) -> None:
    opened(home=())
    for home in (("b.example", "a.example"), ("a.example", "b.example"), ()):
        opened(home=home)
    assert profiles(broker) == [(-1, ()), (-1, ("a.example", "b.example"))]
    assert len(archive(broker, EntryKind.PROFILE)) == 2 * SETTINGS.partitions


def test_a_later_profile_that_knows_the_former_domains_does_not_make_it_tell_them_again(broker: MemoryBroker) -> None:
    opened(home=())
    opened()
    late = LogEntry(EntryKind.PROFILE, TENANT, "", encode_profile(Profile(TENANT, 20_000)), "profile", "20000")
    broker.take(entry_messages(SETTINGS, late))
    opened()
    assert profiles(broker) == [(-1, ()), (-1, HOME), (20_000, ())]
    opened(home=("c.example",))
    assert profiles(broker)[-1] == (20_000, ("c.example",))


def test_domains_that_profiles_pass_on_are_known_and_one_partition_without_them_is_enough(broker: MemoryBroker) -> None:
    opened()
    later = LogEntry(EntryKind.PROFILE, TENANT, "", encode_profile(Profile(TENANT, 9, HOME)), "profile", "9")
    for held in broker.log.values():
        held.clear()  # past its time
    broker.take(entry_messages(SETTINGS, later))
    opened()
    assert len(archive(broker, EntryKind.PROFILE)) == SETTINGS.partitions
    broker.log[AUDIT, 1].clear()
    opened()
    assert len(archive(broker, EntryKind.PROFILE)) == 2 * SETTINGS.partitions - 1


def test_records_rows_and_checkpoint_are_one_transaction(broker: MemoryBroker) -> None:
    held = Content("blob", NOW)
    opened().commit(batch(management(), b"{", content=held, listed=[held], checkpoint={"at": 1}, complete_ms=NOW))
    assert len(broker.transactions) == BOOT + 1
    assert {out.topic for out in broker.transactions[-1]} == {AUDIT, DEAD_LETTERS, FEEDS, IDENTITIES}


def test_entries_say_when_their_content_was_there_and_by_whose_clock(broker: MemoryBroker) -> None:
    journal = opened()
    journal.commit(batch(management("a"), content=Content("blob", NOW - 9), collected_ms=NOW, skew_ms=-250))
    journal.commit(batch(management("b"), collected_ms=NOW))
    found = [(entry.content_ms, entry.collected_ms, entry.skew_ms) for entry in archive(broker)]
    assert sorted(found) == [(0, NOW, 0), (NOW - 9, NOW, -250)]


def test_a_new_owner_knows_all_and_delivers_nothing_twice(broker: MemoryBroker) -> None:
    first = opened()
    held = Content("blob", NOW)
    records = (management("a"), signin("b"), trace("c"), trace("d", status="pending"))
    first.commit(batch(*records, content=held, checkpoint={"at": [1]}, complete_ms=NOW))
    first.clock(NOW)
    second = opened()
    assert second.recalled == len(archive(broker)) == len(records)
    assert (second.checkpoint(FEED), second.complete_ms(FEED)) == ({"at": [1]}, NOW)
    assert not second.unseen(FEED, [held]) and not second.pending(FEED)
    assert second.commit(batch(*records)) == Tally(4, 0, 4)
    second.clock(NOW)
    assert len(archive(broker, EntryKind.CLOCK)) == SETTINGS.partitions


def test_the_former_owner_is_shut_out_with_one_line(broker: MemoryBroker) -> None:
    first = opened()
    opened()
    before = len(broker.transactions)
    for write in (
        lambda: first.commit(batch(management())),
        lambda: first.clock(NOW),
        lambda: first.gap(Gap(FEED, GapKind.SILENT, 1, 2, "quiet")),
    ):
        with pytest.raises(JournalLost, match=r"^tenant \S+ can no longer be written by this process: fenced$"):
            write()
    assert len(broker.transactions) == before


def test_a_revision_that_adds_nothing_is_archived_for_nobodys_account(broker: MemoryBroker) -> None:
    journal = opened()
    first, second = orjson.dumps(management("a")), orjson.dumps(management("a", Extra=1))
    assert journal.commit(batch(first, second)).produced == 2
    assert [(entry.value, entry.role) for entry in archive(broker)] == [(first, "actor"), (second, ARCHIVED)]
    assert opened().commit(batch(first, second)) == Tally(2, 0, 2)


def test_a_new_owner_has_the_identity_map_as_it_was_and_not_as_the_archive_is_read(broker: MemoryBroker) -> None:
    renamed = "b0a1d2c3-0000-4000-8000-000000000001"
    names = ("zoe@corp.example", "ann@corp.example", "kim@corp.example")
    journal = opened()
    for number, name in enumerate(names):
        journal.commit(batch(signin(str(number), userPrincipalName=name, userId=renamed)))
    journal = opened()
    journal.commit(batch(management("m", UserId="admin@corp.example", ObjectId=renamed, Operation="Update user.")))
    assert {entry.account for entry in archive(broker) if entry.record_id == "m"} >= {"admin@corp.example"}
    intake = Intake(TENANT, IdentityMap(HOME), RecentIndex(FakeClock()), HOME)
    KafkaJournal(SharedReads(SETTINGS), TENANT, intake, FakeClock(), JournalLost)
    assert intake.identity_map.resolve(renamed) == names[-1]
    assert not intake.identity_map.changes()


def test_other_tenants_in_the_same_topics_are_no_concern(broker: MemoryBroker) -> None:
    clock = FakeClock()
    other = Intake("other", IdentityMap(HOME), RecentIndex(clock), HOME)
    KafkaJournal(SharedReads(SETTINGS), "other", other, clock).commit(batch(management("a"), checkpoint={"its": 1}))
    journal = opened()
    assert (journal.recalled, journal.checkpoint(FEED)) == (0, {})
    assert journal.commit(batch(management("a"))).produced == 1


def test_what_is_too_large_for_the_log_is_a_dead_letter_and_the_rest_goes_on(broker: MemoryBroker) -> None:
    broker.bytes_max = 100_000
    large = orjson.dumps(management("large", Extra="x" * 200_000))
    assert opened().commit(batch(large, management("small"))) == Tally(2, 1, 0, 1)
    assert [entry.record_id for entry in archive(broker)] == ["small"]
    (letter,) = broker.messages(DEAD_LETTERS)
    headers = dict(letter.headers)
    assert (headers["reason"].decode(), headers["cut-from"]) == (TOO_LARGE, b"%d" % len(large))
    assert letter.value is not None and large.startswith(letter.value) and len(letter.value) < broker.bytes_max


def test_a_large_batch_is_several_transactions_whose_last_moves_the_checkpoint(broker: MemoryBroker) -> None:
    held = Content("blob", NOW)
    journal = opened()
    broker.refuse_after = BOOT + 1
    whole = batch(
        *(management(str(number)) for number in range(RECORDS_MAX + 1)),
        content=held,
        listed=[held],
        checkpoint={"at": 1},
    )
    with pytest.raises(JournalLost):
        journal.commit(whole)
    broker.refuse_after = None
    journal = opened()
    assert (journal.checkpoint(FEED), [content.id for content in journal.pending(FEED)]) == ({}, ["blob"])
    assert journal.commit(whole) == Tally(RECORDS_MAX + 1, 1, RECORDS_MAX)
    assert (journal.checkpoint(FEED), journal.pending(FEED)) == ({"at": 1}, [])


def test_small_batches_are_one_transaction_with_a_tally_each_and_large_ones_are_not(broker: MemoryBroker) -> None:
    size = RECORDS_MAX * 3 // 5
    small = [batch(management(str(number % 3)), content=Content(str(number), NOW)) for number in range(5)]
    large = [batch(*(management(f"{side}{number}") for number in range(size))) for side in "ab"]
    journal = opened()
    assert journal.commit_all(small) == [Tally(1, 1)] * 3 + [Tally(1, 0, 1)] * 2
    assert len(broker.transactions) == BOOT + 1
    assert journal.commit_all(large) == [Tally(size, size)] * 2
    assert len(broker.transactions) == BOOT + 3
    assert opened().commit_all([*small, *large]) == [Tally(1, 0, 1)] * 5 + [Tally(size, 0, size)] * 2


def test_the_clock_of_a_back_fill_waits_for_its_days_profile_and_the_present_does_not(broker: MemoryBroker) -> None:
    journal = opened()
    journal.clock(NOW - DAY_MS, historical=True)
    journal.clock(NOW)
    journal.commit(batch(management()))
    assert broker.waits == [closed_day(NOW - DAY_MS)]


def test_killed_while_it_waits_history_goes_on_waiting_after_the_restart(broker: MemoryBroker) -> None:
    stop = threading.Event()
    journal = opened(stop)

    def killed(day: int) -> None:
        stop.set()
        raise WaitEnded

    broker.on_wait = killed
    journal.clock(NOW - DAY_MS, historical=True)
    broker.on_wait = lambda day: None
    journal = opened()
    journal.commit(batch(management("live")))  # the present does not wait
    assert broker.waits == [closed_day(NOW - DAY_MS)]
    for name in "ab":
        journal.commit(batch(management(name), historical=True))
    assert broker.waits == [closed_day(NOW - DAY_MS)] * 2


def test_a_missing_detect_is_told_once_and_waited_for(broker: MemoryBroker) -> None:
    said: list[str] = []

    def late(day: int) -> None:
        if len(broker.waits) < 4:
            raise CollectError("no profile came: is `watchpost detect` running?")

    broker.on_wait = late
    opened(say=said.append).clock(NOW, historical=True)
    assert len(broker.waits) == 4
    assert said == ["no profile came: is `watchpost detect` running? The back-fill waits for it."]


def test_given_up_while_the_archive_is_read_it_ends(broker: MemoryBroker) -> None:
    opened().commit(batch(management()))
    stop = threading.Event()
    stop.set()
    with pytest.raises(JournalLost, match="was given up"):
        opened(stop)


def test_a_damaged_ledger_is_told_in_one_line(broker: MemoryBroker) -> None:
    opened().commit(batch(management()))
    for held in broker.log.values():
        held[:] = [m._replace(value=b"{") if m.topic == FEEDS else m for m in held]
    with pytest.raises(JournalLost, match="cannot be read"):
        opened()


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_transaction_nothing_is_lost_or_twice_and_the_sums_are_right(
    broker: MemoryBroker, seed: int
) -> None:
    rng = random.Random(seed)
    make = (management, signin, trace)
    records = [make[rng.randrange(3)](str(rng.randrange(60)), Extra=rng.randrange(2)) for _ in range(200)]
    blobs = [records[at : at + 10] for at in range(0, 200, 10)]
    journal = opened()
    done = 0
    while done < len(blobs):
        if rng.random() < 0.3:
            broker.refuse_after = len(broker.transactions)
        held = Content(str(done), NOW + done)
        try:
            journal.commit(batch(*blobs[done], content=held))
            done += 1
        except JournalLost:
            broker.refuse_after = None
            journal = opened()
    row = journal._book.feeds[FEED]
    assert (row.fetched, row.read, row.dead) == (20, 200, 0)
    assert row.read == row.produced + row.duplicates
    distinct = Counter((entry.source, entry.record_id, entry.value) for entry in archive(broker))
    assert len(distinct) == row.produced == len({orjson.dumps(record) for record in records})
    copies = Counter((entry.key, entry.identity, entry.value) for entry in archive(broker))
    assert max(copies.values()) == 1
