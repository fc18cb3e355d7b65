"""A Kafka topic as a feed, over a consumer in memory."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from schemas.contracts.collected import GapKind
from streams.cloud.seam import Unreachable
from streams.collectors.live import kafka_topic
from streams.collectors.live.kafka_topic import TopicFeed
from streams.collectors.live.seam import JournalLost, Unavailable, Window
from streams.collectors.live.value_forms import records_of
from tests.unit.collectors.conftest import management, signin
from tests.unit.live.fakes import DAY, HOUR, NOW, FakeClock, FakeJournal

LIVE = Window(NOW - HOUR, NOW)


@dataclass
class FakeMessage:
    """One message, or the end of a partition."""

    number: int
    at: int
    held: bytes | None = None
    time_ms: int = NOW
    problem: Any = None

    def partition(self) -> int:
        return self.number

    def offset(self) -> int:
        return self.at

    def value(self) -> bytes | None:
        return self.held

    def timestamp(self) -> tuple[int, int]:
        return 1, self.time_ms

    def error(self) -> Any:
        return self.problem


class Topic:
    """A broker with one topic; `low` is what its retention left."""

    def __init__(self, partitions: int = 2) -> None:
        self.logs: dict[int, list[tuple[bytes | None, int]]] = {number: [] for number in range(partitions)}
        self.low = dict.fromkeys(range(partitions), 0)
        self.down = False
        self.silent = False
        self.marks = 0  # at the end of every log, which no consumer sees
        self.assigned = 0
        self.properties: dict[str, Any] = {}
        self._assigned: dict[int, int] = {}
        self._ended: set[int] = set()

    def put(self, number: int, value: Any, time_ms: int = NOW) -> None:
        self.logs[number].append((value if isinstance(value, bytes | None) else orjson.dumps(value), time_ms))

    def connect(self, properties: dict[str, Any]) -> Topic:
        self.properties = properties
        return self

    def list_topics(self, topic: str, timeout: float) -> Any:
        self._check()
        found = {"signins": SimpleNamespace(error=None, partitions=dict.fromkeys(self.logs))} if self.logs else {}
        return SimpleNamespace(topics=found)

    def get_watermark_offsets(self, place: TopicPartition, timeout: float) -> tuple[int, int]:
        self._check()
        return self.low[place.partition], len(self.logs[place.partition])

    def offsets_for_times(self, places: list[TopicPartition], timeout: float) -> list[Any]:
        self._check()
        log = self.logs[places[0].partition]
        found = [at for at, (_, time_ms) in enumerate(log) if time_ms >= places[0].offset]
        return [SimpleNamespace(offset=found[0] if found else -1)]

    def assign(self, places: list[TopicPartition]) -> None:
        self._assigned = {place.partition: place.offset for place in places}
        self._ended = set()
        self.assigned += 1

    def unassign(self) -> None:
        self._assigned = {}

    def poll(self, timeout: float) -> FakeMessage | None:
        if self.silent:
            return None
        for number, at in self._assigned.items():
            if at < len(self.logs[number]) - self.marks:
                self._assigned[number] += 1
                return FakeMessage(number, at, *self.logs[number][at])
            if number not in self._ended:
                self._ended.add(number)
                end = max(at, len(self.logs[number]))
                return FakeMessage(number, end, problem=KafkaError(KafkaError._PARTITION_EOF))
        return None

    def close(self) -> None:
        pass

    def _check(self) -> None:
        if self.down:
            raise KafkaException(KafkaError(KafkaError._ALL_BROKERS_DOWN))


def make(topic: Topic, journal: FakeJournal | None = None) -> tuple[TopicFeed, FakeJournal]:
    journal = journal or FakeJournal()
    feed = TopicFeed(
        journal,
        "signins",
        {"bootstrap.servers": "hub.test:9093", "sasl.password": "hunter2", "enable.auto.commit": "true"},
        now_ms=FakeClock().now_ms,
        connect=topic.connect,
    )
    return feed, journal


def test_values_of_every_form_are_read_once_and_the_offsets_are_the_checkpoint() -> None:
    topic = Topic()
    topic.put(0, {"records": [{"category": "SignInLogs", "properties": signin("a")}, management("b")]})
    topic.put(0, [management("c"), 7])
    topic.put(1, management("d"))
    topic.put(1, None)
    topic.put(1, b"\xff")
    feed, journal = make(topic)
    feed.prepare()
    feed.collect(LIVE)
    feed.collect(LIVE)
    assert sorted(journal.ids) == ["a", "b", "c", "d"]
    assert sorted(journal.dead) == [b"7", b"\xff"]
    assert journal.checkpoints["kafka/signins"] == {"offsets": {"0": 2, "1": 3}}
    assert journal.states("kafka/signins") == {"0:0-2": "fetched", "1:0-3": "fetched"}
    topic.put(1, management("e"))
    make(topic, journal)[0].collect(LIVE)
    assert journal.ids[-1] == "e" and len(journal.ids) == 5


def test_what_is_no_message_is_not_read_again() -> None:
    topic = Topic(1)
    topic.put(0, management())
    feed, journal = make(topic)
    feed.collect(LIVE)
    topic.logs[0].append((b"a mark of a transaction", NOW))
    topic.marks = 1
    feed.collect(LIVE)
    assigned = topic.assigned
    feed.collect(LIVE)
    assert topic.assigned == assigned == 2
    assert len(journal.ids) == 1


def test_our_settings_stand_and_the_given_ones_are_passed_on() -> None:
    topic = Topic()
    make(topic)[0].prepare()
    assert topic.properties["sasl.password"] == "hunter2"
    assert topic.properties["enable.auto.commit"] == "false"


def test_many_messages_are_several_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_topic, "MESSAGES_MAX", 10)
    topic = Topic(1)
    for number in range(25):
        topic.put(0, management(f"r{number}"))
    feed, journal = make(topic)
    feed.collect(LIVE)
    assert list(journal.states("kafka/signins")) == ["0:0-10", "0:10-20", "0:20-25"]


def test_a_window_of_the_past_ends_at_its_time_and_the_next_goes_on() -> None:
    topic = Topic(1)
    for day in range(5):
        topic.put(0, management(f"r{day}"), NOW - (5 - day) * DAY)
    feed, journal = make(topic)
    feed.collect(Window(NOW - 4 * DAY, NOW - 2 * DAY, True))
    assert journal.ids == ["r1", "r2"]
    assert all(entry.historical for entry in journal.entries)
    feed.collect(Window(NOW - 2 * DAY, NOW))
    assert journal.ids == ["r1", "r2", "r3", "r4"]


def test_messages_that_the_broker_deleted_are_told() -> None:
    topic = Topic(1)
    for number in range(6):
        topic.put(0, management(f"r{number}"))
    feed, journal = make(topic)
    journal.checkpoints["kafka/signins"] = {"offsets": {"0": 1}}
    topic.low[0] = 4
    feed.collect(LIVE)
    assert journal.ids == ["r4", "r5"]
    assert [(gap.kind, gap.over) for gap in journal.gaps] == [(GapKind.EXPIRED, False), (GapKind.EXPIRED, True)]


def test_a_topic_made_anew_is_read_from_its_beginning() -> None:
    topic = Topic(1)
    topic.put(0, management("new"))
    feed, journal = make(topic)
    journal.checkpoints["kafka/signins"] = {"offsets": {"0": 900}}
    feed.collect(LIVE)
    assert journal.ids == ["new"]


def test_a_broker_that_is_down_is_unreachable_and_no_secret_is_told() -> None:
    topic = Topic()
    topic.down = True
    for act in (make(topic)[0].prepare, lambda: make(topic)[0].collect(LIVE)):
        with pytest.raises(Unreachable) as caught:
            act()
        assert "hunter2" not in str(caught.value)


def test_a_broker_that_falls_silent_before_the_end_is_unreachable() -> None:
    topic = Topic(1)
    topic.put(0, management())
    topic.silent = True
    feed, journal = make(topic)
    with pytest.raises(Unreachable, match="before the end"):
        feed.collect(LIVE)
    assert journal.entries == []


def test_a_missing_topic_and_wrong_settings_are_unavailable() -> None:
    with pytest.raises(Unavailable, match="no such topic"):
        make(Topic(0))[0].prepare()
    feed = TopicFeed(FakeJournal(), "signins", {"no.such.property": "1"}, now_ms=FakeClock().now_ms)
    with pytest.raises(Unavailable) as caught:
        feed.prepare()
    assert "settings" in caught.value.remedy


def test_killed_at_any_write_nothing_is_lost_and_nothing_comes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_topic, "MESSAGES_MAX", 3)
    for write in range(6):
        topic = Topic()
        for number in range(16):
            topic.put(number % 2, management(f"r{number:02}"))
        feed, journal = make(topic)
        journal.crash_at = write
        with pytest.raises(JournalLost):
            feed.collect(LIVE)
        journal.survive()
        make(topic, journal)[0].collect(LIVE)
        assert sorted(journal.ids) == [f"r{number:02}" for number in range(16)]
        assert journal.totals.duplicates == 0


@pytest.mark.parametrize(
    ("value", "records", "unreadable"),
    [
        (b'{"records":[{"a": 1}]}', [b'{"a": 1}'], 0),
        (b' {"x":"records","value":[{"a":1},3]}', [b'{"a":1}'], 1),
        (b'[{"a":1},{"b":2}]', [b'{"a":1}', b'{"b":2}'], 0),
        (b'{"text":"records"}', [b'{"text":"records"}'], 0),
        (b'{"records":{"a":1}}', [b'{"records":{"a":1}}'], 0),
        (b'[{"a":1}', [], 1),
        (b"", [], 1),
        (b'"x"', [], 1),
        (b"{" + b" " * (9 << 20) + b"}", [], 1),
    ],
)
def test_forms_of_values(value: bytes, records: list[bytes], unreadable: int) -> None:
    found = records_of(value)
    assert (found.records, len(found.unreadable)) == (records, unreadable)
