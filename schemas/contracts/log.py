"""The log entry: the only thing that may change an account's state. Layer: schemas.

The headers are those of contracts 3 for `watchpost.audit.v1`, and `content-at`, `skew` (ms) where they are known; the value is
opaque bytes (for a record the vendor's bytes, verbatim). Clock, profile and gap entries concern a whole partition: their
account is "".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from schemas.records.event import AuditEvent

ARCHIVED: Final = "archive"  # role of a record that is kept and that changes no account's state


class EntryKind(StrEnum):
    """What a log entry is (header `entry`)."""

    RECORD = "record"
    CLOCK = "clock"
    PROFILE = "profile"
    NOTICE = "notice"
    FEEDBACK = "feedback"
    GAP = "gap"
    HANDOVER = "handover"


class MalformedEntry(ValueError):
    """A message of the log is not an entry. `reason` is one plain line without content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def clock_bytes(time_ms: int) -> bytes:
    """Value of a clock entry: UTC milliseconds as decimal text."""
    return b"%d" % time_ms


@dataclass(slots=True, eq=False)
class LogEntry:
    """One entry of an account's log. `event` is a cache of the decoded record: never durable, never required.

    `content_ms`: when the vendor made the content available that a record came in; `skew_ms`: how far the service's clock, by
    which `collected_ms` is, was ahead of the collector's. Both 0 where not known; they say whose delay an alert had.
    """

    kind: EntryKind
    tenant: str
    account: str
    value: bytes
    source: str = ""
    record_id: str = ""
    role: str = ""
    collected_ms: int = 0
    historical: bool = False
    event: AuditEvent | None = None
    content_ms: int = 0
    skew_ms: int = 0

    @property
    def key(self) -> bytes:
        """Kafka key, `tenant|account` in UTF-8."""
        return f"{self.tenant}|{self.account}".encode()

    @property
    def identity(self) -> tuple[str, str, str]:
        """(source, record id or clock value, role): what makes two entries the same one, whatever their offset."""
        return (self.source or self.kind, self.record_id, self.role)

    def clock_ms(self) -> int:
        """Time of a clock entry in UTC milliseconds; MalformedEntry when the value is no number."""
        try:
            return int(self.value)
        except ValueError:
            raise MalformedEntry("the value of a clock entry is not a number of milliseconds") from None

    def headers(self) -> list[tuple[str, bytes]]:
        """Kafka headers in a fixed order."""
        pairs = [
            ("entry", self.kind.encode()),
            ("source", self.source.encode()),
            ("record-id", self.record_id.encode()),
            ("tenant", self.tenant.encode()),
            ("role", self.role.encode()),
            ("collected-at", b"%d" % self.collected_ms),
        ]
        if self.historical:
            pairs.append(("historical", b"1"))
        if self.content_ms:
            pairs.append(("content-at", b"%d" % self.content_ms))
        if self.skew_ms:
            pairs.append(("skew", b"%d" % self.skew_ms))
        return pairs


def entry_from_message(key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes]] | None) -> LogEntry:
    """Read a Kafka message of the audit log back into an entry; MalformedEntry when it is none."""
    found = dict(headers or ())
    try:
        kind = EntryKind(found.get("entry", b"").decode())
        tenant, separator, account = (key or b"").decode().partition("|")
        source, record_id, role = (found.get(name, b"").decode() for name in ("source", "record-id", "role"))
        collected_ms, content_ms, skew_ms = (
            int(found.get(name, b"0")) for name in ("collected-at", "content-at", "skew")
        )
    except (ValueError, UnicodeDecodeError):
        raise MalformedEntry("the headers or the key are not those of a log entry") from None
    if not separator or value is None:
        raise MalformedEntry("the message has no key `tenant|account`, or no value")
    historical = found.get("historical") == b"1"
    return LogEntry(
        kind, tenant, account, value, source, record_id, role, collected_ms, historical,
        content_ms=content_ms, skew_ms=skew_ms,
    )  # fmt: skip
