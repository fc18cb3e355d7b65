"""Rows of the message trace."""

from __future__ import annotations

from typing import Any

from tests.unit.records.samples.common import ADA, Record


def graph_trace(**members: Any) -> Record:
    """A message trace row of Graph."""
    return {
        "id": "BD7DF511-2121-416e-1a49-08dc9f480001",
        "senderAddress": "Ada.Quill@northgate.example",
        "recipientAddress": "AP@customer.example",
        "messageId": "<AS8P191MB0417F00D@AS8P191MB0417.EURP191.PROD.OUTLOOK.COM>",
        "receivedDateTime": "2026-08-14T11:04:57.113Z",
        "subject": "Updated bank details",
        "size": 51882,
        "fromIP": "203.0.113.44",
        "toIP": "198.51.100.25",
        "status": "delivered",
        **members,
    }


def cmdlet_trace(**members: Any) -> Record:
    """A row of Get-MessageTrace and Get-MessageTraceV2."""
    return {
        "MessageTraceId": "bd7df511-2121-416e-1a49-08dc9f480001",
        "MessageId": "<AS8P191MB0417F00D@AS8P191MB0417.EURP191.PROD.OUTLOOK.COM>",
        "Received": "2026-08-14T11:04:57.1130000",
        "SenderAddress": ADA,
        "RecipientAddress": "ap@customer.example",
        "FromIP": "203.0.113.44",
        "ToIP": "198.51.100.25",
        "Subject": "Updated bank details",
        "Status": "Delivered",
        "Size": 51882,
        **members,
    }
