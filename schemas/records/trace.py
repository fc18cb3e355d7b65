"""Message trace rows: one message to one recipient. Layer: schemas.

Graph `messageTraces` (camel case) and the rows of Get-MessageTrace, Get-MessageTraceV2 and the reporting service (Pascal case),
from JSON or CSV. Source: reference graph-signins-and-message-trace, section 6.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent, Source, TraceRow
from schemas.records.values import IP, LOWERED, Record, text, time_ms


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
_SOURCE: Final = Source.TRACE
_OK: Final = {"delivered": True, "expanded": True, "failed": False}


def read(obj: Record) -> AuditEvent:
    """One row as an event: the sender acts, the recipient's mailbox is touched."""
    get = obj.get
    names = _GRAPH if "senderAddress" in obj else _CMDLET
    received_name, sender_name, recipient_name, id_name, status_name, ip_name, message_name = names
    received = get(received_name)
    if received is None:
        received = get("received")
    instant = time_ms(received)
    if instant is None:
        raise UnreadableRecord("no time of receipt" if received is None else "the time of receipt is no time")
    recipient, sender, status = get(recipient_name), get(sender_name), get(status_name)
    if type(recipient) is not str or not recipient:
        raise UnreadableRecord("no recipient")
    recipient = LOWERED[recipient]
    sender = LOWERED[sender] if type(sender) is str else ""
    if sender == "<>":
        sender = ""
    status = LOWERED[status] if type(status) is str else ""
    trace_id = text(get(id_name)) or text(get("MessageTraceId"))
    address, message = get(ip_name), get(message_name)
    return AuditEvent(
        _SOURCE,
        f"{trace_id.strip().lower()}|{recipient}" if trace_id else "",
        "",
        instant,
        "MessageTrace",
        "MessageTrace",
        sender,
        None,
        None,
        _OK.get(status),
        IP[address] if type(address) is str else None,
        None,
        None,
        None,
        None,
        False,
        recipient,
        None,
        None,
        (),
        False,
        TraceRow(message if type(message) is str and message else None, sender, recipient, status),
    )
