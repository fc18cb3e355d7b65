"""Sources of a tenant's records beside Microsoft's APIs: followed files, Kafka topics (Event Hubs among them). Layer: streams.

[[tenants]]
follow = ["/var/log/office365"]
[[tenants.topics]]
topic = "insights-logs-signinlogs"
lateness_minutes = 15
[tenants.topics.properties]                # librdkafka's; a name that ends in .file is a file that holds the value
"bootstrap.servers" = "NAMESPACE.servicebus.windows.net:9093"
"security.protocol" = "SASL_SSL"
"sasl.mechanism" = "PLAIN"
"sasl.username" = "$ConnectionString"
"sasl.password.file" = "/run/secrets/event-hub"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streams.collectors.live.followed_files import FollowedFiles
from streams.collectors.live.seam import Journal, LiveFeed
from streams.operations.refusal import Refusal

TOPICS_MAX = 32
_FILE = ".file"
_SETTINGS = frozenset({"topic", "lateness_minutes", "properties"})


@dataclass(frozen=True, slots=True)
class TopicSource:
    """A topic with vendor records. `properties` are librdkafka's; they may hold a password and are not shown."""

    topic: str
    properties: Mapping[str, str] = field(repr=False)
    lateness_ms: int = 15 * 60_000


@dataclass(frozen=True, slots=True)
class OtherSources:
    """What is read beside the APIs."""

    follow: tuple[str, ...] = ()
    topics: tuple[TopicSource, ...] = ()

    def open(self, journal: Journal, now_ms: Callable[[], int]) -> list[LiveFeed]:
        """A feed for each source; followed paths are one. `now_ms` is the service's clock, as of the other feeds."""
        feeds: list[LiveFeed] = []
        if self.follow:
            feeds.append(FollowedFiles(journal, self.follow, now_ms=now_ms, name="followed"))
        if self.topics:
            from streams.collectors.live.kafka_topic import TopicFeed  # a client library that others do not need

            feeds += [
                TopicFeed(journal, source.topic, source.properties, now_ms=now_ms, lateness_ms=source.lateness_ms)
                for source in self.topics
            ]
        return feeds


def other_sources(entry: Mapping[str, Any]) -> OtherSources:
    """The sources of one entry of [[tenants]]. Refusal when one is wrong; no value is shown."""
    follow = entry.get("follow", [])
    follow = [follow] if isinstance(follow, str) else follow
    if not isinstance(follow, list) or not all(isinstance(path, str) and path for path in follow):
        raise Refusal('follow is a list of files and folders, such as ["/var/log/office365"]')
    topics = entry.get("topics", [])
    if not isinstance(topics, list) or not all(isinstance(table, Mapping) for table in topics):
        raise Refusal("topics must be a list of tables: write [[tenants.topics]] before each")
    if len(topics) > TOPICS_MAX:
        raise Refusal(f"more than {TOPICS_MAX} topics of one tenant")
    return OtherSources(tuple(follow), tuple(_topic(table) for table in topics))


def _topic(table: Mapping[str, Any]) -> TopicSource:
    unknown = sorted(set(table) - _SETTINGS)
    if unknown:
        raise Refusal(f"unknown setting {unknown[0]} in [[tenants.topics]]; known: {', '.join(sorted(_SETTINGS))}")
    topic, minutes = table.get("topic"), table.get("lateness_minutes", 15)
    properties = table.get("properties", {})
    if not isinstance(topic, str) or not topic:
        raise Refusal("[[tenants.topics]] needs topic, its name")
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 <= minutes <= 1_440:
        raise Refusal("[[tenants.topics]]: lateness_minutes is from 0 to 1440")
    if not isinstance(properties, Mapping):
        raise Refusal("[[tenants.topics]]: properties is a table of librdkafka's settings")
    flat = _flat(properties)
    if "bootstrap.servers" not in flat:
        raise Refusal('[[tenants.topics]]: properties need "bootstrap.servers"')
    return TopicSource(topic, flat, int(minutes * 60_000))


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Properties by librdkafka's names, secrets read from their files."""
    found: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{name}.")
        elif f"{prefix}{name}".endswith(_FILE):
            found[f"{prefix}{name}".removesuffix(_FILE)] = _read(f"{prefix}{name}", str(value))
        else:
            found[f"{prefix}{name}"] = str(value).lower() if isinstance(value, bool) else str(value)
    return found


def _read(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise Refusal(f"the file named by {name} in [[tenants.topics]] cannot be read: {reason}") from None
