"""The records of a folder, read, de-duplicated and in time order, held in memory for measurements."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from schemas.records.event import AuditEvent
from streams.collectors.feed import TenantVote
from streams.collectors.files.reader import read_paths
from streams.collectors.files.report import ReadReport
from streams.collectors.home_domains import HomeDomains
from streams.collectors.spool import Admission, Spool, SpooledRecord
from streams.operations.garbage import collecting_later


class RecordSet(NamedTuple):
    """Distinct records by event time, with the tenant and its mail domains as `scan` finds them."""

    records: list[SpooledRecord]
    tenant: str
    home: tuple[str, ...]


def read_set(folder: Path) -> RecordSet:
    """Read every file of a folder."""
    report, vote, domains = ReadReport(), TenantVote(), HomeDomains()
    distinct: list[AuditEvent] = []
    with Spool(memory_bytes_max=1 << 40) as spool, collecting_later():
        for _, _, event, raw, digest in read_paths([folder], report):
            if spool.add(event, raw, digest) is not Admission.DUPLICATE:
                distinct.append(event)
        vote.learn_all(distinct)
        domains.learn_all(distinct)
        return RecordSet(list(spool.ordered()), vote.winner(), domains.found())
