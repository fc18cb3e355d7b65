"""The topics of contracts 3, and which partition a key belongs to. Layer: schemas.

Names, keys and cleanup are what others rely on. The number of partitions of the topics with `on_disk` is on-disk format:
a key's history lies in one partition, so it is fixed when the topic is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

DAY_MS = 86_400_000
PARTITIONS = 12

AUDIT = "watchpost.audit.v1"
SIGNALS = "watchpost.signals.v1"
STATE = "watchpost.state.v1"
PROFILES = "watchpost.profiles.v1"
IDENTITIES = "watchpost.identities.v1"
FEEDS = "watchpost.feeds.v1"
ALERTS = "watchpost.alerts.v1"
RESPONSES = "watchpost.responses.v1"
FEEDBACK = "watchpost.feedback.v1"
DEAD_LETTERS = "watchpost.deadletter.v1"


class Cleanup(StrEnum):
    """Kafka's `cleanup.policy`."""

    DELETE = "delete"
    COMPACT = "compact"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `retention_ms` is None when compacted; `owner` names the only command that writes it, `on_disk` the format."""

    name: str
    key: str
    value: str
    cleanup: Cleanup
    retention_ms: int | None
    partitions: int
    owner: str
    on_disk: bool = False


TOPICS: tuple[Topic, ...] = (
    Topic(
        AUDIT,
        "tenant|account",
        "vendor record, bytes as received; header `entry` says when it is a clock, profile, notice, feedback, gap, handover",
        Cleanup.DELETE,
        30 * DAY_MS,
        PARTITIONS,
        "collect, detect",
        on_disk=True,
    ),
    Topic(
        SIGNALS,
        "tenant|kind|entity",
        "compact signal from an account to an entity",
        Cleanup.DELETE,
        7 * DAY_MS,
        PARTITIONS,
        "detect",
        on_disk=True,
    ),
    Topic(
        STATE,
        "account or entity key; position|topic|partition",
        "state blobs, written in transactions",
        Cleanup.COMPACT,
        None,
        PARTITIONS,
        "detect",
        on_disk=True,
    ),
    Topic(
        PROFILES,
        "tenant|day",
        "copy of the tenant profile",
        Cleanup.DELETE,
        30 * DAY_MS,
        1,
        "detect",
    ),
    Topic(
        IDENTITIES,
        "tenant|id",
        "UPN, object id, PUID, mailbox GUID",
        Cleanup.COMPACT,
        None,
        PARTITIONS,
        "collect",
    ),
    Topic(
        FEEDS,
        "tenant|feed",
        "checkpoint and ledger of a feed; with a third part a row per listed content",
        Cleanup.COMPACT,
        None,
        PARTITIONS,
        "collect",
        on_disk=True,
    ),
    Topic(
        ALERTS,
        "tenant|account",
        "incident: OCSF 1.8 Detection Finding",
        Cleanup.DELETE,
        30 * DAY_MS,
        PARTITIONS,
        "detect",
    ),
    Topic(
        RESPONSES,
        "tenant|account",
        "response command, OpenC2-shaped",
        Cleanup.DELETE,
        30 * DAY_MS,
        PARTITIONS,
        "detect",
    ),
    Topic(
        FEEDBACK,
        "tenant|account",
        "verdict, approval or owner's answer",
        Cleanup.DELETE,
        180 * DAY_MS,
        PARTITIONS,
        "people, SOAR",
    ),
    Topic(
        DEAD_LETTERS,
        "original key",
        "original bytes; headers: reason, stage, original-topic, partition, offset, error",
        Cleanup.DELETE,
        30 * DAY_MS,
        1,
        "detect",
    ),
)


@lru_cache(maxsize=131_072)
def partition_of(key: bytes, partitions: int) -> int:
    """Partition of a key among `partitions`: murmur2 as Kafka's Java client, so that every other producer agrees."""
    return (murmur2(key) & 0x7FFF_FFFF) % partitions


def murmur2(data: bytes) -> int:
    """Kafka's 32-bit murmur2 (seed 0x9747b28c), unsigned."""
    mask, m = 0xFFFF_FFFF, 0x5BD1_E995
    h = 0x9747_B28C ^ len(data)
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        k = (int.from_bytes(data[at : at + 4], "little") * m) & mask
        k ^= k >> 24
        h = ((h * m) & mask) ^ ((k * m) & mask)
    if whole != len(data):
        h = ((h ^ int.from_bytes(data[whole:], "little")) * m) & mask
    h = ((h ^ (h >> 13)) * m) & mask
    return h ^ (h >> 15)
