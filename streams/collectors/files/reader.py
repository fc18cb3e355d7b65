"""Paths to audit events with their verbatim records; what cannot be read is named and counted. Layer: streams."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent
from schemas.text import printable
from streams.collectors.files.containers import contents
from streams.collectors.files.framing import frames
from streams.collectors.files.limits import DEFAULT_LIMITS, Limits
from streams.collectors.files.outcomes import outcomes_of
from streams.collectors.files.report import ReadReport

_REASON_CHARACTERS_MAX = 200

_new = tuple.__new__  # a named tuple without the call that names cost

OnUnreadable = Callable[[str, int, str], None]  # file, line from 1 (0: the file as a whole), reason; all safe to print
OnWarning = Callable[[str, str], None]  # file, what about it; safe to print


class ReadRecord(NamedTuple):
    """One vendor record. `file` is safe to print, `line` counts from 1, `raw` is the vendor's JSON as received.

    `digest` identifies the content whatever its layout: 16 bytes over the canonical JSON.
    """

    file: str
    line: int
    event: AuditEvent
    raw: bytes
    digest: bytes


def read_paths(
    paths: Sequence[str | Path],
    report: ReadReport,
    on_unreadable: OnUnreadable = lambda file, line, reason: None,
    on_warning: OnWarning = lambda file, text: None,
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[ReadRecord]:
    """Read files, folders and `-` in the order given. Counts unreadables; who takes the records counts those."""
    for file, stream in contents(paths, limits):
        report.files += 1
        empty = True
        for line, payload in frames(stream, limits):
            empty = False
            for outcome in outcomes_of(payload):
                if isinstance(outcome, UnreadableRecord):
                    reason = printable(outcome.reason, _REASON_CHARACTERS_MAX)
                    report.unreadable += 1
                    report.reasons.add(reason)
                    on_unreadable(file, line, reason)
                else:
                    event, raw, digest = outcome
                    if event.detail is None:
                        _count_undetailed(event, report)
                    yield _new(ReadRecord, (file, line, event, raw, digest))
        if empty:
            report.empty_files += 1
            on_warning(file, "is empty")


def _count_undetailed(event: AuditEvent, report: ReadReport) -> None:
    report.undetailed_operations.add(event.operation)
    report.undetailed_record_types.add(str(event.record_type))
