"""`[[sinks]]` tables of the settings file -> sinks. Layer: streams.

    [[sinks]]
    kind = "slack"            # stdout, file, webhook, teams, slack, mail, syslog, kafka
    name = "soc-channel"      # the kind unless given; unique; part of the variables of its secrets
    tier = "review"           # the lowest tier that is sent
    activities = ["create", "update", "close"]
    historical = true         # also incidents of a back-fill
    url_file = "/run/secrets/slack"

The other settings are each kind's own: `sink_kinds`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.contracts.incident import Activity, Incident, Tier
from schemas.text import printable
from streams.clock import Clock
from streams.sinks.alert_sink import AlertSink
from streams.sinks.sink_kinds import KINDS
from streams.sinks.sink_table import SinkError, SinkTable

SINKS_MAX = 32
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class ConfiguredSink:
    """A sink and which alerts it is for."""

    sink: AlertSink
    kind: str
    tier: Tier = Tier.REVIEW
    activities: frozenset[Activity] = frozenset(Activity)
    historical: bool = True

    @property
    def name(self) -> str:
        """The sink's name: unique, durable, key of its rows in the outbox."""
        return self.sink.name

    def wants(self, tier: Tier, activity: Activity, historical: bool) -> bool:
        """Whether messages of this kind are for this sink."""
        if self.tier is Tier.ACT and tier is not Tier.ACT:
            return False
        return activity in self.activities and (self.historical or not historical)


def sinks_for(sinks: Sequence[ConfiguredSink], incident: Incident) -> list[str]:
    """Names of the sinks that a message about an incident goes to."""
    return [one.name for one in sinks if one.wants(incident.tier, incident.activity, incident.historical)]


def sinks_from(tables: object, environ: Mapping[str, str], clock: Clock) -> list[ConfiguredSink]:
    """The sinks of the `sinks` entry of a settings file, in its order; `SinkError`."""
    if not isinstance(tables, Sequence) or isinstance(tables, str) or not all(isinstance(one, dict) for one in tables):
        raise SinkError("sinks must be a list of tables: write [[sinks]] before each sink")
    if len(tables) > SINKS_MAX:
        raise SinkError(f"{len(tables)} sinks are set, more than {SINKS_MAX}")
    found = [_sink(number, table, environ, clock) for number, table in enumerate(tables, 1)]
    names = [one.name for one in found]
    for name in names:
        if names.count(name) > 1:
            raise SinkError(f"two sinks are called {name}: give each a name of its own")
    return found


def _sink(number: int, table: Mapping[str, Any], environ: Mapping[str, str], clock: Clock) -> ConfiguredSink:
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise SinkError(f"sink {number}: kind must be one of {', '.join(KINDS)}")
    name = table.get("name", kind)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise SinkError(f"sink {number} ({kind}): name must be small letters, digits and hyphens, at most 40")
    rest = {setting: value for setting, value in table.items() if setting not in ("kind", "name")}
    reader = SinkTable(name, rest, environ)
    tier = reader.choice("tier", Tier, Tier.REVIEW)
    activities = _activities(reader)
    historical = reader.flag("historical", True)
    sink = KINDS[kind](name, reader, clock)
    reader.finish()
    return ConfiguredSink(sink, kind, tier, activities, historical)


def _activities(reader: SinkTable) -> frozenset[Activity]:
    texts = reader.texts("activities", tuple(Activity))
    try:
        return frozenset(Activity(text) for text in texts)
    except ValueError:
        raise reader.error("activities", "must be of " + ", ".join(Activity)) from None


def shown(sinks: Sequence[ConfiguredSink]) -> list[str]:
    """One line per sink for a start-up message: name, kind, tier."""
    return [printable(f"{one.name} ({one.kind}, from {one.tier.value})") for one in sinks]
