"""CSV exports: which file is one, and its rows as dictionaries. Layer: streams."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from schemas.records.errors import UnreadableRecord
from schemas.records.mended_json import loads
from schemas.records.sniff import kind_of
from schemas.records.trace_summary import RECIPIENT_STATUS, one_per_recipient
from streams.collectors.files.byte_stream import ByteStream
from streams.collectors.files.limits import Limits
from streams.collectors.files.lines import Lines

AUDIT_DATA = "AuditData"
Row = tuple[int, dict[str, str] | UnreadableRecord]  # line on which the row begins

_SEPARATORS = (",", ";", "\t")
_TRACE_NAMES = {  # letters of a heading -> property of Get-MessageTrace
    **{name.lower(): name for name in ("MessageTraceId", "MessageId", "Received", "SenderAddress", "RecipientAddress")},
    **{name.lower(): name for name in ("FromIP", "ToIP", "Size", "Status", "Subject")},
    **dict.fromkeys(("receiveddatetime", "receivedutc", "datetimeutc"), "Received"),
    **dict.fromkeys(("origintimestamputc", "origintimestamp"), "Received"),
    "recipientstatus": RECIPIENT_STATUS,
    "originalclientip": "FromIP",
    "networkmessageid": "MessageTraceId",
    "id": "MessageTraceId",
}
_TRACE_COLUMNS = frozenset(("SenderAddress", "RecipientAddress"))
_SUMMARY_COLUMNS = frozenset(("SenderAddress", RECIPIENT_STATUS, "Received"))
_COLUMNS_MIN = 3
_UTC = " [UTC]"  # after the name of a column of times, as Log Analytics exports it
_LOCAL_TIME = re.compile(rb"(?:TimeGenerated|DateTime) \[(?!UTC\])[^\]\n]{1,64}\]")
_HEADER_LINES_MAX = 16  # type lines and blanks before the header


@dataclass(frozen=True, slots=True)
class TableForm:
    """What the head of a CSV says: the header's line from 1, its separator, its column names."""

    line: int
    separator: str
    columns: tuple[str, ...]


def recognise(head: bytes) -> TableForm | None:
    """Find the header of a known export in the first bytes of a file."""
    for number, line in enumerate(head.split(b"\n", _HEADER_LINES_MAX)[:_HEADER_LINES_MAX], 1):
        text = line.decode("utf-8", "replace").strip("\r ")
        if not text or text.startswith("#") or text.lower().startswith("sep="):
            continue
        for separator in _SEPARATORS:
            columns = _columns(text, separator)
            if AUDIT_DATA in columns:
                return TableForm(number, separator, columns)
            traced = _trace_columns(columns)
            if _TRACE_COLUMNS.issubset(traced) or _SUMMARY_COLUMNS.issubset(traced):
                return TableForm(number, separator, traced)
            plain = tuple(column.removesuffix(_UTC) for column in columns)
            if len(plain) >= _COLUMNS_MIN and kind_of(dict.fromkeys(plain, "")) is not None:
                return TableForm(number, separator, plain)
        return None
    return None


def times_are_local(head: bytes) -> bool:
    """Tell whether the first line names a column of times that are not UTC, as Log Analytics exports them on request."""
    return _LOCAL_TIME.search(head.partition(b"\n")[0]) is not None


def looks_like_table(head: bytes) -> bool:
    """Tell whether the first bytes are a CSV at all, of columns nobody knows."""
    lines = head.decode("utf-8", "replace").splitlines()[:2]
    return len(lines) == 2 and any(
        len(_columns(lines[0], sep)) == len(_columns(lines[1], sep)) > 2 for sep in _SEPARATORS
    )


def _trace_columns(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Headings in the cmdlet's spelling: people, pipelines and the admin centre write `Sender address`, `sender_address`.

    Of two columns with one meaning the first has the name; the other keeps its own.
    """
    found: list[str] = []
    for column in columns:
        name = _TRACE_NAMES.get("".join(filter(str.isalpha, column)).lower(), column)
        found.append(column if name in found else name)
    return tuple(found)


def _columns(text: str, separator: str) -> tuple[str, ...]:
    try:
        cells = next(csv.reader([text], delimiter=separator), [])
    except csv.Error:
        return ()
    names = [cell.strip().strip("\ufeff") for cell in cells]
    return tuple(AUDIT_DATA if name.lower() == AUDIT_DATA.lower() else name for name in names)


class Table:
    """Iterates over the rows of a CSV as (line, cells by column name); missing cells are empty, extra ones dropped.

    A row of a trace's summary, which names all recipients of a message, comes once for each.
    """

    def __init__(self, stream: ByteStream, form: TableForm, limits: Limits) -> None:
        self._lines = Lines(stream, limits)
        self._form = form
        self._limits = limits
        self._problem: UnreadableRecord | None = None
        self._whole = True  # the last line given to the csv module had an end
        self._per_message = RECIPIENT_STATUS in form.columns and "RecipientAddress" not in form.columns

    def __iter__(self) -> Iterator[Row]:
        csv.field_size_limit(self._limits.line_bytes_max)
        rows = csv.reader(self._texts(), delimiter=self._form.separator)
        line = 1 + self._form.line
        while True:
            row: list[str] | UnreadableRecord | None
            try:
                row = next(rows, None)
            except csv.Error as error:
                row = UnreadableRecord(_csv_reason(error, self._limits))
            if row is None:
                break
            if self._problem is not None:
                yield line, self._problem
                self._problem = None
            if isinstance(row, UnreadableRecord):
                yield line, row
            elif row and self._worth_giving(cells := dict(zip(self._form.columns, row, strict=False))):
                cells = self._completed(cells)
                if self._per_message:
                    yield from ((line, one) for one in one_per_recipient(cells))
                else:
                    yield line, cells
            line = 1 + self._form.line + rows.line_num
        if self._problem is not None:
            yield line, self._problem
        if self._lines.damage is not None:
            yield self._lines.line, UnreadableRecord(self._lines.damage.reason)

    def _texts(self) -> Iterator[str]:
        """Lines after the header, with their ends, as the csv module wants them."""
        for number, data in self._lines:
            if number <= self._form.line:
                continue
            if isinstance(data, UnreadableRecord):
                self._problem = data
                yield "\n"
            else:
                yield data.decode("utf-8", "replace") + "\n"
        if self._lines.damage is not None and self._lines.rest:
            yield self._lines.rest.decode("utf-8", "replace")

    def _completed(self, cells: dict[str, str]) -> dict[str, str]:
        if len(cells) < len(self._form.columns):
            for column in self._form.columns:
                cells.setdefault(column, "")
        return cells

    def _worth_giving(self, cells: dict[str, str]) -> bool:
        """False for the row in which a cut file ends: it is accounted for by the cut."""
        if self._lines.damage is None:
            return True
        if AUDIT_DATA not in self._form.columns:
            return not self._lines.rest
        try:
            loads(cells.get(AUDIT_DATA, ""))
        except orjson.JSONDecodeError:
            return False
        return True


def _csv_reason(error: csv.Error, limits: Limits) -> str:
    if "field larger" in str(error):
        return f"the cell is longer than {limits.line_bytes_max} bytes"
    return "the row is not CSV"
