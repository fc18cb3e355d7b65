"""What the checks of the installation share. Layer: streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from streams.clock import Clock
from streams.drivers.kafka.settings import KafkaSettings


@dataclass(frozen=True)
class Installation:
    """This installation. `sinks` are the `[[sinks]]` tables of the settings file, `environ` the variables."""

    clock: Clock
    store: Path
    kafka: KafkaSettings | None = None
    sinks: Sequence[Mapping[str, object]] = ()
    geo: Sequence[Path] = ()
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
