"""Get-MessageTraceV2: the rows of message trace as the cmdlet shows them. Layer: streams."""

from __future__ import annotations

from typing import Any

import orjson

from streams.simulation.clock import DAY
from streams.simulation.service.exchange_call import Answer, Call, Command, CommandFailed, cut
from streams.simulation.service.odata import BadQuery, time_of


def _traces(call: Call) -> Answer:
    try:
        first = time_of(call.text("StartDate")) if call.text("StartDate") else call.now_ms - 2 * DAY
        last = time_of(call.text("EndDate")) if call.text("EndDate") else call.now_ms
    except BadQuery as error:
        raise CommandFailed("System.ArgumentException", str(error)) from None
    if last - first > 10 * DAY or first < call.now_ms - 90 * DAY:
        raise CommandFailed(
            "System.ArgumentException", "The date range must be 10 days or less, within the last 90 days."
        )
    most = call.limit(1000)
    if most > 5000:
        raise CommandFailed("System.ArgumentException", "ResultSize must be between 1 and 5000.")
    after = call.text("StartingRecipientAddress").lower()
    store = call.tenant.stores.rows["messageTraces"]
    with call.tenant.stores.lock:
        found = store.between(first, last)
    bodies = [orjson.loads(store.read(position)) for _, position in reversed(found)]
    bodies.sort(key=lambda row: (_reversed(row["receivedDateTime"]), row["recipientAddress"]))
    if after and bodies:
        newest = bodies[0]["receivedDateTime"]
        bodies = [row for row in bodies if row["receivedDateTime"] != newest or row["recipientAddress"] > after]
    return cut([_trace(row) for row in bodies], most)


def _reversed(text: str) -> tuple[int, ...]:
    return tuple(-ord(letter) for letter in text)


def _trace(row: dict[str, Any]) -> dict[str, Any]:
    status = str(row["status"])
    return {
        "MessageTraceId@data.type": "System.Guid",
        "MessageTraceId": row["id"],
        "MessageId": row["messageId"],
        "Received@data.type": "System.DateTime",
        "Received": f"{str(row['receivedDateTime']).removesuffix('Z')}0000",
        "SenderAddress": row["senderAddress"],
        "RecipientAddress": row["recipientAddress"],
        "FromIP": row.get("fromIP"),
        "ToIP": row.get("toIP"),
        "Subject": row.get("subject"),
        "Status": status[:1].upper() + status[1:],
        "Size@data.type": "System.Int32",
        "Size": row["size"],
    }


COMMANDS: dict[str, Command] = {"Get-MessageTraceV2": _traces}
