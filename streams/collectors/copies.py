"""One record to the entries of the accounts that it concerns, whoever delivers it. Layer: streams."""

from __future__ import annotations

from schemas.contracts.log import EntryKind, LogEntry
from schemas.identity.concerns import Concern
from schemas.records.event import AuditEvent, DirectoryAudit, RiskDetection, Source, TraceRow

_RECORD = EntryKind.RECORD
_UNDECIDED = frozenset({"pending", "gettingstatus", "none"})  # message trace: a later row says what became of it
_UNSCORED = frozenset({type(None), DirectoryAudit, RiskDetection})  # details that no detector scores


def copies(
    event: AuditEvent,
    raw: bytes,
    tenant: str,
    concerned: list[Concern],
    collected_ms: int = 0,
    historical: bool = False,
) -> list[LogEntry]:
    """One entry per concerned account, the primary first. `collected_ms`: UTC milliseconds, 0 when nobody collected it."""
    source, record_id = event.source._value_, event.record_id
    if len(concerned) == 1:
        ((key, role),) = concerned
        return [LogEntry(_RECORD, tenant, key, raw, source, record_id, role._value_, collected_ms, historical, event)]
    return [
        LogEntry(_RECORD, tenant, key, raw, source, record_id, role._value_, collected_ms, historical, event)
        for key, role in concerned
    ]


def is_undecided(event: AuditEvent) -> bool:
    """A message trace row that nobody counts yet: a later row of the same id says what became of the message."""
    return isinstance(event.detail, TraceRow) and event.detail.status in _UNDECIDED


def enriches(event: AuditEvent) -> bool:
    """Another content of the same record adds something to the first: a sign-in with its risk, a risk with its outcome."""
    return event.source is Source.SIGNIN or event.source is Source.RISK


def out_of_scope(event: AuditEvent) -> bool:
    """A record that is kept and counted, and concerns no engine."""
    return event.source is Source.DIAGNOSTIC


def unread(event: AuditEvent, concerned: list[Concern]) -> bool:
    """No detector can look into this record: it is skipped in the counts, and archived all the same."""
    return not concerned or (event.ip is None and type(event.detail) in _UNSCORED)
