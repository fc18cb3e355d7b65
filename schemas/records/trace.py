"""Message trace rows: one message to one recipient. Layer: schemas.

Graph `messageTraces` (camel case) and the rows of Get-MessageTrace, Get-MessageTraceV2 and the reporting service (Pascal case),
from JSON or CSV. Source: reference graph-signins-and-message-trace, section 6.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent, Source, TraceRow
from schemas.records.values import Record, ip, lowered, text, time_ms


class _Names(NamedTuple):
    """Members of a row in one spelling."""

    received: str
    sender: str
    recipient: str
    id: str
    status: str
    ip: str
    message_id: str


_GRAPH: Final = _Names(
    *("receivedDateTime", "senderAddress", "recipientAddress", "id", "status", "fromIP", "messageId"),
)
_CMDLET: Final = _Names(
    *("Received", "SenderAddress", "RecipientAddress", "MessageTraceId", "Status", "FromIP", "MessageId"),
)
_OK: Final = {"delivered": True, "expanded": True, "failed": False}


def read(obj: Record) -> AuditEvent:
    """One row as an event: the sender acts, the recipient's mailbox is touched."""
    get = obj.get
    names = _GRAPH if "senderAddress" in obj else _CMDLET
    received = get(names.received)
    if received is None:
        received = get("received")
    instant = time_ms(received)
    if instant is None:
        raise UnreadableRecord("no time of receipt" if received is None else "the time of receipt is no time")
    recipient = text(get(names.recipient))
    if recipient is None:
        raise UnreadableRecord("no recipient")
    recipient = lowered(recipient)
    sender = lowered(text(get(names.sender)) or "")
    if sender == "<>":
        sender = ""
    trace_id = text(get(names.id)) or text(get("MessageTraceId"))
    status = lowered(text(get(names.status)) or "")
    return AuditEvent(
        Source.TRACE,
        f"{trace_id.strip().lower()}|{recipient}" if trace_id else "",
        "",
        instant,
        "MessageTrace",
        "MessageTrace",
        sender,
        ok=_OK.get(status),
        ip=ip(get(names.ip)),
        mailbox=recipient,
        detail=TraceRow(text(get(names.message_id)), sender, recipient, status),
    )
