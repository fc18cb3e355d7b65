"""The front half that `scan`, `collect` and `evaluate` share: paths to distinct records of one tenant, in time order.

Layer: streams.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from schemas.contracts.log import LogEntry
from schemas.identity.identity_map import IdentityMap
from schemas.records.event import AuditEvent
from streams.collectors.feed import FeedCounts, TenantVote, feed
from streams.collectors.files.reader import read_paths
from streams.collectors.files.report import ReadReport
from streams.collectors.home_domains import HomeDomains, given_domains
from streams.collectors.spool import Admission, Spool
from streams.operations.problems import Problems
from streams.operations.refusal import Refusal
from streams.operations.standard_error import StandardError

_BATCH = 1_024  # distinct records looked at together


@dataclass(slots=True)
class Export:
    """Pass one of an export, done. Close it (or use `with`): the records may lie in a temporary folder."""

    spool: Spool
    report: ReadReport
    tenant: str
    home_domains: tuple[str, ...]
    counts: FeedCounts = field(default_factory=FeedCounts)

    def entries(self, said: StandardError) -> Iterator[LogEntry]:
        """Pass two: the entries of the accounts' logs, with profile and clock. Fills `counts`; call it once."""
        records = said.counted(self.spool.ordered(), "judging", len(self.spool))
        return feed(records, self.tenant, IdentityMap(self.home_domains), self.home_domains, self.counts)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.spool.close()


def read_export(
    paths: Sequence[str | Path], home_domains: Sequence[str], said: StandardError, *, verbatim: bool = True
) -> Export:
    """Read every path once; Refusal when there is nothing readable at all.

    Home domains that are given hold; else they are found from the records. What cannot be read is named on the way. Entries
    carry the vendor's bytes only when the records are kept `verbatim`; their events are there in any case.
    """
    spool = Spool(verbatim=verbatim)
    try:
        return _read(paths, given_domains(home_domains), said, spool)
    except BaseException:
        spool.close()
        raise


def _read(paths: Sequence[str | Path], given: tuple[str, ...], said: StandardError, spool: Spool) -> Export:
    report = ReadReport()
    problems = Problems(said.tell)
    vote, domains = TenantVote(), HomeDomains()
    found = read_paths(paths, report, problems.unreadable, problems.warn)
    distinct: list[AuditEvent] = []
    for _, _, event, raw, digest in said.counted(found, "reading"):
        admission = spool.add(event, raw, digest)
        if admission is Admission.DUPLICATE:
            report.duplicates += 1
            continue
        report.revisions += admission is Admission.REVISION
        distinct.append(event)
        if len(distinct) == _BATCH:
            vote.learn_all(distinct)
            domains.learn_all(distinct)
            distinct.clear()
    vote.learn_all(distinct)
    domains.learn_all(distinct)
    report.distinct = len(spool)
    problems.finish()
    if report.nothing_readable:
        raise Refusal(f"nothing could be read: {report.unreadable} unreadable, no record")
    return Export(spool, report, vote.winner(), given or domains.found())
