"""How to reach Kafka, and the times and sizes of the driver. Layer: streams."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

ClientConfig = dict[str, str | int | float | bool | logging.Logger]
CLIENT_LOG = logging.getLogger("watchpost.kafka.client")  # librdkafka's lines go here, never raw to standard error
CLIENT_LOG.setLevel(logging.CRITICAL + 1)  # what matters of them comes as an error of ours
ENVIRONMENT_PREFIX = "WATCHPOST_KAFKA_"


class KafkaSettingsError(ValueError):
    """A Kafka setting is missing or wrong; the text is one plain line and holds no value."""


@dataclass(frozen=True, slots=True, repr=False)
class KafkaSettings:
    """`librdkafka` holds every other property as librdkafka names it; its values never appear in `repr`.

    `instance` is the static group member (the pod's name). `partitions` is the number of partitions of the topics whose
    count is on-disk format.
    """

    brokers: str
    application: str = "watchpost"
    partitions: int = 12
    replication: int = 1
    instance: str = ""
    topic_prefix: str = ""  # several Watchposts on one cluster; empty: the names of contracts 3
    librdkafka: Mapping[str, str] = field(default_factory=dict)
    session_seconds: float = 8.0  # a killed worker's partitions wait this long
    stop_seconds: float = 15.0  # our own deadline after SIGTERM, shorter than a pod's grace period
    request_seconds: float = 20.0  # one answer of a broker
    profile_seconds: float = 120.0  # `collect` waits this long for a day's profile
    idle_seconds: float = 30.0  # reading a log: no message for so long before its end is an error
    batch_records: int = 1000
    batch_seconds: float = 0.2
    transaction_records: int = 1000
    transaction_bytes: int = 4_000_000
    message_bytes: int = 9_000_000  # topics that are made here take a record as large as the decoder does
    states_on_stop: bool = False  # write all states to watchpost.state.v1 on a clean stop (nothing reads them yet)

    def __repr__(self) -> str:
        """Names of librdkafka's properties, never their values."""
        shown = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "librdkafka"}
        inner = ", ".join(f"{name}={value!r}" for name, value in shown.items())
        return f"KafkaSettings({inner}, librdkafka={sorted(self.librdkafka)})"

    def topic(self, name: str) -> str:
        """A topic's name on this cluster."""
        return self.topic_prefix + name

    @classmethod
    def from_mapping(cls, table: Mapping[str, object], environ: Mapping[str, str] | None = None) -> KafkaSettings:
        """Settings from the `[kafka]` table and the `WATCHPOST_KAFKA_…` variables (a variable wins over the table).

        A name that is none of ours is a property of librdkafka; in a variable its dots are underscores. A property
        `….password.file` names the file that holds the password.
        """
        found = dict(_flat(table))
        for name, text in (environ or {}).items():
            if name.startswith(ENVIRONMENT_PREFIX):
                found[name.removeprefix(ENVIRONMENT_PREFIX).lower()] = text
        own: dict[str, object] = {}
        rest: dict[str, str] = {}
        kinds = {item.name: type(item.default) for item in fields(cls) if item.name != "librdkafka"}
        for name, value in found.items():
            if name in kinds:
                own[name] = value if name == "brokers" else _typed(name, value, kinds[name])
            else:
                rest[name.replace("_", ".")] = _text(value)
        brokers = str(own.pop("brokers", "") or rest.pop("bootstrap.servers", ""))
        if not brokers:
            raise KafkaSettingsError("no Kafka brokers are set: give WATCHPOST_KAFKA_BROKERS or `brokers` in [kafka]")
        return cls(brokers=brokers, librdkafka=_with_secrets(rest), **own)  # type: ignore[arg-type]

    def client(self, **extra: str | float | bool) -> ClientConfig:
        """Configuration of a confluent-kafka client."""
        config: ClientConfig = dict(self.librdkafka)
        config |= {"bootstrap.servers": self.brokers, "log_level": 3, "logger": CLIENT_LOG}
        return config | {name.replace("_", "."): value for name, value in extra.items()}


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _typed(name: str, value: object, kind: type) -> object:
    try:
        if kind is bool:
            return {"true": True, "1": True, "false": False, "0": False}[_text(value).lower()]
        return kind(str(value))
    except (ValueError, KeyError):
        raise KafkaSettingsError(f"the Kafka setting `{name}` is not a valid {kind.__name__}") from None


def _with_secrets(properties: dict[str, str]) -> dict[str, str]:
    result = dict(properties)
    for name in properties:
        if name.endswith(".password.file"):
            try:
                result[name.removesuffix(".file")] = Path(result.pop(name)).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise KafkaSettingsError(f"the file named by `{name}` cannot be read: {error.strerror}") from None
    return result
