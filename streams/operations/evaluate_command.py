"""`watchpost evaluate`: the scan pipeline over labelled sets, measured against their truth. Layer: streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from detectors.engine.knowledge import Knowledge
from schemas.contracts.ocsf import to_ocsf
from streams.collectors.files.reader import read_paths
from streams.collectors.files.report import ReadReport
from streams.evaluation import MessageError, Messages, Meta, TruthError, evaluate, tables
from streams.operations.console import result_console
from streams.operations.detection import knowledge_of, local_pipeline
from streams.operations.export import read_export
from streams.operations.garbage import collect_seldom
from streams.operations.one_line_group import STATUS_OK
from streams.operations.ownership import require_ownership
from streams.operations.refusal import Refusal
from streams.operations.standard_error import StandardError


def run_evaluate(folders: Sequence[Path], geo: Sequence[Path], egress: Sequence[str], as_json: bool) -> int:
    """Print the figures as tables or as one JSON object; returns the exit status."""
    require_ownership()
    collect_seldom()
    knowledge = knowledge_of(geo, egress)
    try:
        with StandardError() as said:
            report = evaluate(folders, scan_messages(knowledge, said), record_times=record_times)
    except (TruthError, MessageError) as error:
        raise Refusal("; ".join(str(error).splitlines())) from None
    if as_json:
        print(report.to_json())
    else:
        console = result_console()
        for table in tables(report):
            console.print(table)
    return STATUS_OK


def scan_messages(knowledge: Knowledge, said: StandardError) -> Messages:
    """Every message of every incident of one set, in order of emission, as `scan` would be told."""

    def messages(folder: Path, meta: Meta) -> Iterator[Mapping[str, Any]]:
        with read_export([folder], meta.home_domains, said) as export:
            pipeline = local_pipeline(knowledge)
            for entry in export.entries(said):
                for incident in pipeline.fold(entry):
                    yield to_ocsf(incident)

    return messages


def record_times(folder: Path, uids: frozenset[str]) -> Mapping[str, int]:
    """Event time, UTC milliseconds, of the records with these ids."""
    found = read_paths([folder], ReadReport())
    return {record.event.record_id: record.event.time_ms for record in found if record.event.record_id in uids}
