"""Message trace rows: Graph, the cmdlets, the reporting service, and times in words of a culture."""

from __future__ import annotations

import orjson
import pytest

from schemas.records.decode import decode
from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent, Source, TraceRow
from tests.unit.records import samples

ID = "bd7df511-2121-416e-1a49-08dc9f480001"
AT = 1_786_705_497_113  # 2026-08-14T11:04:57.113Z


def read(record: object) -> AuditEvent:
    """A record as an event."""
    return decode(orjson.dumps(record))


@pytest.mark.parametrize("row", [samples.graph_trace(), samples.cmdlet_trace()])
def test_both_spellings_are_one_row(row: dict[str, object]) -> None:
    """The id is the message and the recipient, in lower case, whatever the feed."""
    event = read(row)
    assert (event.source, event.record_id) == (Source.TRACE, f"{ID}|ap@customer.example")
    assert (event.time_ms, event.user, event.mailbox) == (AT, samples.ADA, "ap@customer.example")
    assert (event.ok, event.ip, event.tenant) == (True, "203.0.113.44", "")
    assert isinstance(event.detail, TraceRow)
    assert (event.detail.status, event.detail.sender) == ("delivered", samples.ADA)


def test_rest_wrapper_row() -> None:
    """Annotations of the type beside the values do not matter."""
    row = {**samples.cmdlet_trace(), "Received@data.type": "System.DateTime", "Size@data.type": "System.Int32"}
    assert read(row).time_ms == AT


@pytest.mark.parametrize(
    ("written", "millis"),
    [
        ("2026-08-14T11:04:57.1130000", AT),
        ("/Date(1786705497113)/", AT),
        ("/Date(1786705497113+0000)/", AT),
        ("8/14/2026 11:04:57 AM", AT - 113),
        ("8/14/2026 11:04:57\u202fAM", AT - 113),
        ("8/14/2026 11:04:57 PM", AT - 113 + 43_200_000),
        ("8/14/2026 12:04:57 AM", AT - 113 - 39_600_000),
        ("14.08.2026 11:04:57", AT - 113),
        ("14/08/2026 11:04:57", AT - 113),
        ("14-8-2026 11:04:57", AT - 113),
        ("2026/08/14 11:04:57", AT - 113),
        ("14.8.2026 11.04.57", AT - 113),
        ("14/08/2026 11:04", AT - 57_113),
    ],
)
def test_times(written: str, millis: int) -> None:
    """As JSON, as the reporting service, and as Export-Csv writes them in the console's culture."""
    assert read(samples.cmdlet_trace(Received=written)).time_ms == millis


@pytest.mark.parametrize(
    "written", ["14/08/2026 11:04:57 pm", "14/13/2026 11:04:57", "8/14/2026 13:04:57 PM", "8/14/26 1:04", "1/2", ""]
)
def test_times_that_are_none(written: str) -> None:
    """A time that would have to be guessed is said to be none."""
    with pytest.raises(UnreadableRecord) as caught:
        read(samples.cmdlet_trace(Received=written))
    assert caught.value.reason == "the time of receipt is no time"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"Received": None}, "no time of receipt"), ({"RecipientAddress": ""}, "no recipient")],
)
def test_unreadable_rows(changes: dict[str, object], reason: str) -> None:
    """The true reason."""
    with pytest.raises(UnreadableRecord) as caught:
        read(samples.cmdlet_trace(**changes))
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("status", "ok"),
    [("Delivered", True), ("expanded", True), ("Failed", False), ("GettingStatus", None), (None, None)],
)
def test_status(status: object, ok: bool | None) -> None:
    """Only a final status says how it went."""
    assert read(samples.cmdlet_trace(Status=status)).ok is ok


@pytest.mark.parametrize("sender", ["<>", "", None])
def test_null_sender(sender: object) -> None:
    """Bounces have no sender."""
    assert read(samples.cmdlet_trace(SenderAddress=sender)).user == ""


def test_row_without_an_id() -> None:
    """Its content is its id."""
    row = samples.cmdlet_trace()
    del row["MessageTraceId"]
    assert read(row).record_id.startswith("sha256:")
