"""`watchpost topics`: the topics with partitions, key, retention and owner; with `--create` the missing are made.

Layer: streams.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import orjson
from rich.table import Table

from schemas.contracts.topics import DAY_MS, TOPICS
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.topics import TopicRow, TopicsError, create_topics, list_topics, wanted_partitions
from streams.operations.console import result_console
from streams.operations.one_line_group import STATUS_INCOMPLETE, STATUS_OK
from streams.operations.refusal import Refusal
from streams.operations.standard_error import tell


def show_topics(
    settings: KafkaSettings | None, create: bool, partitions: int | None, replication: int | None, as_json: bool
) -> int:
    """Print all topics; status 1 when one has another partition count than the setting. Without settings: the contract's."""
    try:
        rows = _rows(settings, create, partitions, replication)
    except TopicsError as error:
        raise Refusal(str(error)) from None
    if as_json:
        for row in rows:
            print(orjson.dumps(asdict(row)).decode())
    else:
        result_console().print(_table(rows, settings is not None))
    return STATUS_INCOMPLETE if any(row.mismatch for row in rows) else STATUS_OK


def _rows(
    settings: KafkaSettings | None, create: bool, partitions: int | None, replication: int | None
) -> Sequence[TopicRow]:
    if settings is None:
        if create:
            raise Refusal("no Kafka brokers are set: give WATCHPOST_KAFKA_BROKERS or `brokers` in [kafka]")
        tell("no Kafka brokers are set (WATCHPOST_KAFKA_BROKERS): these are the topics that would be made")
        return [_contract_row(index, partitions) for index in range(len(TOPICS))]
    return create_topics(settings, partitions, replication) if create else list_topics(settings)


def _contract_row(index: int, partitions: int | None) -> TopicRow:
    topic = TOPICS[index]
    count = wanted_partitions(topic, partitions or topic.partitions)
    return TopicRow(topic.name, count, topic.key, topic.cleanup, topic.retention_ms, topic.owner, False, "")


def _table(rows: Sequence[TopicRow], asked: bool) -> Table:
    table = Table()
    for column in ("Topic", "Partitions", "Key", "Cleanup", "Retention", "Written by", "There"):
        table.add_column(column, overflow="fold")
    for row in rows:
        there = row.mismatch or ("yes" if row.exists else "no" if asked else "unknown")
        table.add_row(row.name, str(row.partitions), row.key, row.cleanup, _retention(row), row.owner, there)
    return table


def _retention(row: TopicRow) -> str:
    return "-" if row.retention_ms is None else f"{row.retention_ms // DAY_MS} d"
