"""The names of the topics and the partition of a key are contracts."""

from __future__ import annotations

import pytest
from aiokafka.partitioner import murmur2 as reference  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.topics import TOPICS, Cleanup, murmur2, partition_of


def test_names_keys_and_cleanup_are_pinned() -> None:
    assert [(topic.name, topic.key, topic.cleanup.value) for topic in TOPICS] == [
        ("watchpost.audit.v1", "tenant|account", "delete"),
        ("watchpost.signals.v1", "tenant|kind|entity", "delete"),
        ("watchpost.state.v1", "account or entity key; position|topic|partition", "compact"),
        ("watchpost.profiles.v1", "tenant|day", "delete"),
        ("watchpost.identities.v1", "tenant|id", "compact"),
        ("watchpost.feeds.v1", "tenant|feed", "compact"),
        ("watchpost.alerts.v1", "tenant|account", "delete"),
        ("watchpost.responses.v1", "tenant|account", "delete"),
        ("watchpost.feedback.v1", "tenant|account", "delete"),
        ("watchpost.deadletter.v1", "original key", "delete"),
    ]


def test_retention_is_that_of_the_contract() -> None:
    days = {topic.name.split(".")[1]: (topic.retention_ms or 0) // 86_400_000 for topic in TOPICS}
    assert days["audit"] == days["alerts"] == days["profiles"] == days["responses"] == days["deadletter"] == 30
    assert (days["signals"], days["feedback"]) == (7, 180)
    assert all(topic.retention_ms is None for topic in TOPICS if topic.cleanup is Cleanup.COMPACT)


@pytest.mark.parametrize(
    ("key", "signed"),  # vectors of Kafka's own UtilsTest
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_is_javas(key: bytes, signed: int) -> None:
    assert murmur2(key) == signed & 0xFFFF_FFFF
    assert partition_of(key, 12) == (signed & 0x7FFF_FFFF) % 12


@given(st.binary(max_size=80))
def test_murmur2_agrees_with_another_implementation(key: bytes) -> None:
    assert murmur2(key) == int(reference(key)) & 0xFFFF_FFFF
