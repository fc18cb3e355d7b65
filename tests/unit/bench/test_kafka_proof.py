"""The proof of a life collected to Kafka: it holds for whole topics, and names what is missing, too much or miscounted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from schemas.contracts.collected import Batch, Content, ContentState, Tally
from schemas.contracts.log import EntryKind, LogEntry
from schemas.contracts.topics import AUDIT, DEAD_LETTERS, FEEDS
from streams.drivers.kafka.feed_book import FeedBook
from streams.drivers.kafka.outbox import entry_messages
from streams.drivers.kafka.reading import LogMessage
from streams.drivers.kafka.settings import KafkaSettings
from tests.bench import kafka_proof
from tests.bench.live_service import CONTENTS, INVENTORY, digest

TENANT, FEED, SIGN_INS = "t1", "activity/Audit.Exchange", "graph/signIns/interactiveUser"
MAIL = [b'{"Id":"a"}', b'{"Id":"b"}']
ROW = b'{"id":"s","risk":1}'
SETTINGS = KafkaSettings("nowhere", partitions=1)
Topics = dict[str, list[LogMessage]]


@pytest.fixture
def topics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Topics:
    """Two records of one blob and one row, served and archived; one of them for two accounts."""
    served = tmp_path / "served" / TENANT
    served.mkdir(parents=True)
    (served / "activity.Audit.Exchange.jsonl").write_bytes(b"\n".join(MAIL) + b"\n")
    (served / "graph.signIns.interactiveUser.jsonl").write_bytes(ROW + b"\n")
    blobs, rows = {"Audit.Exchange": [("blob", 10, 99, False)]}, {"signIns": [(10, digest(ROW).hex())]}
    (tmp_path / INVENTORY).write_bytes(orjson.dumps({TENANT: {"blobs": blobs, "rows": rows, "down": False}}))
    book, changes = FeedBook(TENANT), []
    changes += book.apply(Batch("collector", checkpoint={"start": 5}), Tally(), 20)
    changes += book.apply(Batch(FEED, content=Content("blob", 10)), Tally(3, 2, 1, 0), 20)
    changes += book.apply(Batch(SIGN_INS), Tally(1, 1, 0, 0), 20)
    copies = [("management", "a", "one", MAIL[0]), ("management", "a", "two", MAIL[0])]
    copies += [("management", "b", "one", MAIL[1]), ("signin", "s", "one", ROW)]
    made: Topics = {AUDIT: [_message(*copy) for copy in copies], DEAD_LETTERS: []}
    made[FEEDS] = [LogMessage(FEEDS, 0, 0, key, value, []) for key, value in changes]

    def read(settings: KafkaSettings, topic: str) -> Iterator[tuple[int, int, LogMessage]]:
        return ((0, number, message) for number, message in enumerate(made[topic]))

    monkeypatch.setattr(kafka_proof, "read_log", read)
    return made


def _message(source: str, name: str, account: str, value: bytes) -> LogMessage:
    (found,) = entry_messages(SETTINGS, LogEntry(EntryKind.RECORD, TENANT, account, value, source, name, "actor"))
    return LogMessage(found.topic, 0, 0, found.key, found.value, found.headers)


def test_whole_topics_hold(topics: Topics, tmp_path: Path) -> None:
    found = kafka_proof.kafka_proof(tmp_path, SETTINGS)
    assert found["wrong"] == {}
    assert (found["served"], found["archived"], found["records"], found["copies"]) == (3, 3, 3, 4)
    assert found["ledger"] == {"read": 4, "produced": 3, "duplicates": 1, "dead": 0}
    assert (found["blobs"], found["blobs_fetched"]) == (1, 1)


def _expire(topics: Topics) -> None:
    book = FeedBook(TENANT)
    changes = book.apply(Batch(FEED, content=Content("old", 10, state=ContentState.EXPIRED)), Tally(), 20)
    topics[FEEDS] += [LogMessage(FEEDS, 0, 0, key, value, []) for key, value in changes if b"old" in key]


@pytest.mark.parametrize(
    ("of", "expires", "wrong"),
    [
        (["old"], True, {}),
        (["old"], False, {"not_archived": 1}),
        (["old", "blob"], True, {"not_archived": 1}),
    ],
)
def test_what_expired_before_it_was_stored_is_counted_apart(
    of: list[str], expires: bool, wrong: dict[str, int], topics: Topics, tmp_path: Path
) -> None:
    served, lost = tmp_path / "served" / TENANT, b'{"Id":"c"}'
    with (served / "activity.Audit.Exchange.jsonl").open("ab") as file:
        file.write(lost + b"\n")
    (served / CONTENTS).write_text("".join(f"{FEED} {name} {digest(lost).hex()}\n" for name in of))
    if expires:
        _expire(topics)
    found = kafka_proof.kafka_proof(tmp_path, SETTINGS)
    assert (found["expired_unstored"], found["wrong"]) == (int(not wrong), wrong)


def _lose(topics: Topics) -> None:
    del topics[AUDIT][2]


def _repeat(topics: Topics) -> None:
    topics[AUDIT].append(topics[AUDIT][0])


def _change(topics: Topics) -> None:
    topics[AUDIT][3] = _message("signin", "s", "one", b'{"id":"s","risk":2}')


def _unlist(topics: Topics) -> None:
    topics[FEEDS] = [message for message in topics[FEEDS] if message.key != f"{TENANT}|{FEED}|blob".encode()]


@pytest.mark.parametrize(
    ("harm", "wrong"),
    [
        (_lose, {"not_archived", "wrong_sums"}),
        (_repeat, {"copies_twice"}),
        (_change, {"never_served", "rows_never_read"}),  # the served version counts as superseded
        (_unlist, {"blobs_not_listed"}),
    ],
)
def test_what_is_wrong_is_named(
    harm: Callable[[Topics], None], wrong: set[str], topics: Topics, tmp_path: Path
) -> None:
    harm(topics)
    assert kafka_proof.kafka_proof(tmp_path, SETTINGS)["wrong"].keys() == wrong  # type: ignore[attr-defined]
