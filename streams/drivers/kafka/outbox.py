"""Effects of a fold, and messages that could not be read, as messages to other topics. Layer: streams."""

from __future__ import annotations

from collections.abc import Callable

from detectors.engine.effects import Effect
from schemas.contracts.incident import Incident
from schemas.contracts.log import EntryKind, LogEntry
from schemas.contracts.profile import decode_profile
from schemas.contracts.signal import Watermark, encode_signal, signal_key
from schemas.contracts.topics import ALERTS, AUDIT, DEAD_LETTERS, PROFILES, SIGNALS, STATE, partition_of
from streams.drivers.kafka.reading import LogMessage
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.store import Outgoing, first_told_prefix

EncodeIncident = Callable[[Incident], bytes]


class Outbox:
    """Knows which topic, key and partition each effect goes to."""

    def __init__(self, settings: KafkaSettings, encode_incident: EncodeIncident) -> None:
        self._settings = settings
        self._encode = encode_incident

    def messages(self, effect: Effect) -> list[Outgoing]:
        """Messages of one effect."""
        settings = self._settings
        if isinstance(effect, Incident):
            key = f"{effect.tenant}|{effect.resources[0].uid}".encode()
            return [Outgoing(settings.topic(ALERTS), key, self._encode(effect))]
        if isinstance(effect, LogEntry):
            copies = [profile_copy(settings, effect)] if effect.kind is EntryKind.PROFILE else []
            return entry_messages(settings, effect) + copies
        key, value, topic = signal_key(effect), encode_signal(effect), settings.topic(SIGNALS)
        everywhere = isinstance(effect, Watermark)
        targets = range(settings.partitions) if everywhere else (partition_of(key, settings.partitions),)
        return [Outgoing(topic, key, value, partition) for partition in targets]

    def first_told(self, message: LogMessage, uid: str, time_ms: int | None) -> Outgoing:
        """When an incident was first told, for the next owner of the message's partition; None: it is closed."""
        value = None if time_ms is None else b"%d" % time_ms
        key = first_told_prefix(message.topic, message.partition) + uid.encode()
        return Outgoing(self._settings.topic(STATE), key, value, message.partition)

    def dead_letter(self, message: LogMessage, stage: str, error: Exception) -> Outgoing:
        """A message that could not be read, with where it was and why."""
        reason = getattr(error, "reason", "") or "the message could not be read"
        headers = [
            ("reason", reason.encode()),
            ("stage", stage.encode()),
            ("original-topic", message.topic.encode()),
            ("partition", b"%d" % message.partition),
            ("offset", b"%d" % message.offset),
            ("error", type(error).__name__.encode()),
        ]
        return Outgoing(self._settings.topic(DEAD_LETTERS), message.key, message.value, None, headers)


def entry_messages(settings: KafkaSettings, entry: LogEntry) -> list[Outgoing]:
    """An entry of the audit log: in its account's partition, or in every one when it concerns whole partitions."""
    key = entry.key
    targets = range(settings.partitions) if entry.account == "" else (partition_of(key, settings.partitions),)
    headers = entry.headers()
    topic = settings.topic(AUDIT)
    return [Outgoing(topic, key, entry.value, partition, headers) for partition in targets]


def profile_copy(settings: KafkaSettings, entry: LogEntry) -> Outgoing:
    """The copy of a tenant profile for readers."""
    profile = decode_profile(entry.value)
    return Outgoing(settings.topic(PROFILES), f"{entry.tenant}|{profile.day}".encode(), entry.value)
