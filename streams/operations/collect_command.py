"""`watchpost collect --from PATH`: an export to the audit log of Kafka, judged there as `scan` judges it. Layer: streams."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from schemas.contracts.home_domains import home_domains_entry
from schemas.contracts.log import LogEntry
from schemas.contracts.profile import Profile
from streams.collectors.home_domains import given_domains
from streams.drivers.kafka.collect import CollectError, CollectResult, collect
from streams.drivers.kafka.reading import LogReadError
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.store import StoreLost
from streams.drivers.kafka.topics import TopicsError
from streams.operations.export import read_export
from streams.operations.final_incidents import FinalIncidents
from streams.operations.garbage import collect_seldom
from streams.operations.one_line_group import STATUS_INCOMPLETE, STATUS_OK
from streams.operations.ownership import require_ownership
from streams.operations.refusal import Refusal
from streams.operations.settings import split
from streams.operations.standard_error import StandardError, line, tell
from streams.operations.summary import summary_line


def run_collect(paths: Sequence[str | Path], home_domains: Sequence[str], wait: bool, settings: KafkaSettings) -> int:
    """Write every record once per account that it concerns, with clock and first profile; returns the exit status."""
    started = time.monotonic()
    require_ownership()
    collect_seldom()
    with StandardError() as said, read_export(paths, split(home_domains), said) as export:
        try:
            entries = export.entries(said)
            result = collect(_with_domains(entries, given_domains(split(home_domains))), settings, wait)
        except (CollectError, TopicsError, StoreLost, LogReadError) as error:
            raise Refusal(str(error)) from None
    tell(_told(result))
    line(summary_line(export.report, export.counts, FinalIncidents(), time.monotonic() - started))
    return STATUS_INCOMPLETE if export.report.unreadable else STATUS_OK


def _with_domains(entries: Iterator[LogEntry], given: Sequence[str]) -> Iterator[LogEntry]:
    """The entries; after the first profile, which a log that has begun passes over, the home domains that were given."""
    for number, entry in enumerate(entries):
        yield entry
        if not number and given:
            yield home_domains_entry(Profile(entry.tenant, -1), given)


def _told(result: CollectResult) -> str:
    return (
        f"wrote {result.entries} entries in {result.transactions} transactions; waited {result.waited_seconds:.1f} s"
        f" for the profiles of {result.days} days"
    )
