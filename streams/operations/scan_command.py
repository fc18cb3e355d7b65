"""`watchpost scan`: an export in, its incidents out. Layer: streams."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from detectors.engine.knowledge import Knowledge
from schemas.contracts.incident import Tier
from schemas.contracts.log import LogEntry
from streams.drivers.pipeline import LocalPipeline
from streams.operations.detection import knowledge_of, local_pipeline
from streams.operations.export import Export, read_export
from streams.operations.final_incidents import FinalIncidents
from streams.operations.garbage import collect_seldom, collecting_later
from streams.operations.one_line_group import STATUS_FOUND, STATUS_INCOMPLETE, STATUS_OK
from streams.operations.output import chosen_format, require_writable, require_zone, write_result
from streams.operations.output_format import OutputFormat
from streams.operations.ownership import require_ownership
from streams.operations.settings import split
from streams.operations.standard_error import StandardError, line, tell
from streams.operations.summary import summary_line
from streams.sinks.sink import RunFacts

SAMPLE = Path(__file__).parent / "sample"


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """Options of the command. No path at all: the sample that Watchpost ships."""

    paths: tuple[str, ...] = ()
    form: OutputFormat | None = None
    output: Path | None = None
    tier: Tier = Tier.REVIEW
    home_domains: tuple[str, ...] = ()
    geo: tuple[Path, ...] = ()
    egress: tuple[str, ...] = ()
    fail_on: Tier | None = None
    zone: str = "UTC"


def run_scan(options: ScanOptions) -> int:
    """Read, judge, write; returns the exit status: 3 (asked for, and found) before 1 (unreadable input) before 0.

    Refusal before any result is written.
    """
    started = time.monotonic()
    require_ownership()
    collect_seldom()
    require_writable(options.output)
    require_zone(options.zone)
    knowledge = knowledge_of(options.geo, options.egress)
    paths: Sequence[str | Path] = options.paths
    if not paths:
        tell("no export was given: this is the sample that Watchpost ships, a made tenant with one attack")
        paths = (SAMPLE,)
    given = split(options.home_domains)
    with StandardError() as said:
        with collecting_later():
            read = read_export(paths, given, said, verbatim=False)
        with read as export:
            incidents = judge(export, knowledge, said)
    form = chosen_format(options.form, options.output)
    write_result(incidents.ordered(options.tier), form, options.output, _facts(export), options.zone)
    line(summary_line(export.report, export.counts, incidents, time.monotonic() - started))
    if options.fail_on is not None and incidents.reached(options.fail_on):
        return STATUS_FOUND
    return STATUS_INCOMPLETE if export.report.unreadable else STATUS_OK


def judge(export: Export, knowledge: Knowledge, said: StandardError) -> FinalIncidents:
    """Fold an export's entries and keep what is told last of each incident."""
    incidents = FinalIncidents()
    fold_into(incidents, local_pipeline(knowledge), export.entries(said))
    return incidents


def fold_into(incidents: FinalIncidents, pipeline: LocalPipeline, entries: Iterable[LogEntry]) -> None:
    """Fold entries one by one; what is open at the end is taken as it then stands."""
    for entry in entries:
        told = pipeline.fold(entry)
        if told:
            incidents.take(told)
    incidents.take(pipeline.standing())


def _facts(export: Export) -> RunFacts:
    report = export.report
    return RunFacts(
        facts=(
            ("Tenant", export.tenant),
            ("Home domains", ", ".join(export.home_domains) or "unknown"),
            ("Records", f"{report.distinct} distinct, {report.duplicates} repeated, {report.unreadable} unreadable"),
            ("Out of scope", f"{export.counts.skipped} records"),
            ("Accounts", str(export.counts.accounts)),
        )
    )
