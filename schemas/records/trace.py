"""Message trace rows: one message to one recipient. Layer: schemas.

Graph `messageTraces` (camel case) and the rows of Get-MessageTrace, Get-MessageTraceV2 and the reporting service (Pascal case),
from JSON or CSV. Source: reference graph-signins-and-message-trace, section 6.
"""

from __future__ import annotations

from sys import intern
from typing import Final

from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent, Source, TraceRow
from schemas.records.values import Record, ip, text, time_ms

_OK: Final = {"delivered": True, "expanded": True, "failed": False}


def read(obj: Record) -> AuditEvent:
    """One row as an event: the sender acts, the recipient's mailbox is touched."""
    get = obj.get
    graph = "senderAddress" in obj
    received = get("receivedDateTime") if graph else get("Received", get("received"))
    instant = time_ms(received)
    if instant is None:
        raise UnreadableRecord("no time of receipt" if received is None else "the time of receipt is no time")
    recipient = text(get("recipientAddress" if graph else "RecipientAddress"))
    if recipient is None:
        raise UnreadableRecord("no recipient")
    recipient = intern(recipient.strip().lower())
    sender = intern((text(get("senderAddress" if graph else "SenderAddress")) or "").strip().lower())
    if sender == "<>":
        sender = ""
    trace_id = text(get("id") if graph else get("MessageTraceId")) or text(get("MessageTraceId"))
    status = intern((text(get("status" if graph else "Status")) or "").strip().lower())
    return AuditEvent(
        source=Source.TRACE,
        record_id=f"{trace_id.strip().lower()}|{recipient}" if trace_id else "",
        tenant="",
        time_ms=instant,
        operation="MessageTrace",
        workload="MessageTrace",
        user=sender,
        ok=_OK.get(status),
        ip=ip(get("fromIP" if graph else "FromIP")),
        mailbox=recipient,
        detail=TraceRow(
            message_id=text(get("messageId" if graph else "MessageId")),
            sender=sender,
            recipient=recipient,
            status=status,
        ),
    )
