"""The admin centre's enhanced summary of a message trace: one row per message, all its recipients in one cell. Layer: schemas.

`recipient_status` holds `address##events;address##events;…`; the events of a recipient are in order (`Receive, Deliver`), the
last says what became of the message. Columns: `origin_timestamp_utc`, `sender_address`, `recipient_status`, `message_subject`,
`total_bytes`, `message_id`, `network_message_id`, `original_client_ip`, `directionality`, `connector_id`, `delivery_priority`.
Source: Microsoft's page "Message trace in the modern Exchange admin center", section on enhanced summary reports, and what public
scripts read from such files.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping
from typing import Final

RECIPIENT_STATUS: Final = "RecipientStatus"  # the column, in the cmdlets' way of writing
_ID_DIGITS: Final = 32
_HEX: Final = frozenset("0123456789abcdef")
_BECAME: Final = {  # last event -> `Status` of Get-MessageTrace
    **dict.fromkeys(("deliver", "send", "delivered"), "Delivered"),
    **dict.fromkeys(("fail", "failed", "drop"), "Failed"),
    **dict.fromkeys(("expand", "expanded"), "Expanded"),
    **dict.fromkeys(("", "receive", "submit", "resolve", "transfer", "defer", "pending"), "Pending"),
}


def one_per_recipient(row: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Rows of Get-MessageTrace from one of the summary, at least one: `RecipientAddress` and `Status` from its cell.

    A row that names nobody gives one without a recipient, which no reader takes: it is told as unreadable.
    """
    plain = {name: value for name, value in row.items() if name != RECIPIENT_STATUS}
    if trace_id := plain.get("MessageTraceId"):
        plain["MessageTraceId"] = _as_guid(trace_id)
    found = False
    for recipient, status in recipients_of(row.get(RECIPIENT_STATUS, "")):
        found = True
        yield {**plain, "RecipientAddress": recipient, "Status": status}
    if not found:
        yield {**plain, "RecipientAddress": ""}


def recipients_of(cell: str) -> ItemsView[str, str]:
    """(address, status) of each recipient, in the order of the cell; an address that comes again is one recipient."""
    found: dict[str, str] = {}
    for part in cell.split(";"):
        address, _, events = part.partition("##")
        address = address.strip().lower()
        if address:
            last = events.rpartition(",")[2].strip().lower()
            found[address] = _BECAME.get(last, last)
    return found.items()


def _as_guid(text: str) -> str:
    """A network message id with its hyphens: this report writes it without, the cmdlets with them."""
    plain = text.strip().lower().strip("{}").replace("-", "")
    if len(plain) != _ID_DIGITS or not _HEX.issuperset(plain):
        return text
    return "-".join((plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:]))
