"""Message-trace rows: one per recipient. Layer: streams."""

from __future__ import annotations

from collections.abc import Iterable

from streams.simulation.chance import Chance
from streams.simulation.clock import trace_time
from streams.simulation.record import TRACE, Record


def trace_records(
    rng: Chance,
    at: int,
    sender: str,
    recipients: Iterable[str],
    mail: tuple[str, str, int],
    addresses: tuple[str, str] = ("", ""),
) -> list[Record]:
    """Rows of one message; ``mail`` is Internet message id, subject and size; ``addresses`` from and to."""
    trace_id = rng.guid()
    received = trace_time(at)
    internet_id, subject, size = mail
    found: list[Record] = []
    for recipient in recipients:
        roll = rng.random()
        status = "delivered" if roll < 0.965 else "failed" if roll < 0.985 else "pending" if roll < 0.99 else (
            "quarantined" if roll < 0.993 else "filteredAsSpam")  # fmt: skip
        body = {
            "id": trace_id,
            "senderAddress": sender,
            "recipientAddress": recipient,
            "messageId": internet_id,
            "receivedDateTime": received,
            "subject": subject,
            "size": size,
            "fromIP": addresses[0],
            "toIP": addresses[1] or None,
            "status": status,
        }
        found.append(Record(TRACE, at, f"{trace_id}|{recipient}".lower(), body))
    return found
