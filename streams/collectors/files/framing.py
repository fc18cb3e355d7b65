"""One plain file to its records, undecoded: JSON lines, arrays, pages, pretty print, CSV. Layer: streams.

The kind is found from the first bytes. JSON lines are the fast way and recover at each line; everything else that
begins like JSON goes through `Elements`.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import orjson

from schemas.records.errors import UnreadableRecord
from streams.collectors.files.byte_stream import ByteStream, Damaged
from streams.collectors.files.elements import Elements
from streams.collectors.files.encodings import to_utf8
from streams.collectors.files.limits import DEFAULT_LIMITS, HEAD_BYTES, Limits
from streams.collectors.files.lines import Lines
from streams.collectors.files.table import Table, looks_like_table, recognise, times_are_local

# Line from 1, and: bytes of one JSON value, cells of a CSV row, or why neither can be had.
Frame = tuple[int, bytes | dict[str, str] | UnreadableRecord]


class _Kind(Enum):
    LINES = "lines"
    ELEMENTS = "elements"
    UNKNOWN = "unknown"


def frames(raw: ByteStream, limits: Limits = DEFAULT_LIMITS) -> Iterator[Frame]:
    """Give every record of a plain file. Whatever is wrong with the file is a frame too; nothing is raised."""
    stream = to_utf8(raw)
    skipped = _skip_blank(stream)
    found = _framed(stream, limits)
    return ((line + skipped, payload) for line, payload in found) if skipped else found


def _skip_blank(stream: ByteStream) -> int:
    """Drop long leading white space; gives the number of line ends in it."""
    skipped = 0
    while (head := stream.peek(HEAD_BYTES)) and head.isspace():
        skipped += stream.take(len(head)).count(b"\n")
    return skipped


def _framed(stream: ByteStream, limits: Limits) -> Iterator[Frame]:
    head = stream.peek(HEAD_BYTES)
    form = recognise(head)
    if form is not None:
        return iter(Table(stream, form, limits))
    kind = _kind(head)
    if kind is _Kind.LINES:
        return _json_lines(stream, limits)
    return iter(Elements(stream, limits)) if kind is _Kind.ELEMENTS else _unknown(stream, head)


def _kind(head: bytes) -> _Kind:
    start = head.lstrip()
    if start.startswith(b"["):
        return _Kind.ELEMENTS
    lines = [line for line in start.split(b"\n", 64) if line.strip()]
    if start.startswith(b"{"):
        return _Kind.LINES if len(lines) > 1 and _one_per_line(lines) else _Kind.ELEMENTS
    if b"\0" in head:
        return _Kind.UNKNOWN
    beginnings = [line for line in lines[1:] if line.lstrip()[:1] in (b"{", b"[")]
    if any(line.startswith(b"{") and _is_object(line) for line in beginnings):
        return _Kind.LINES
    if beginnings:
        return _Kind.ELEMENTS
    return _Kind.LINES if len(lines) == 1 and len(head) >= HEAD_BYTES else _Kind.UNKNOWN


def _one_per_line(lines: list[bytes]) -> bool:
    """Whether a whole object stands on a line, and before it only lines that begin one: damaged lines, no pretty print."""
    for line in lines:
        if not line.startswith(b"{"):
            return False
        if _is_object(line):
            return True
    return False


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _json_lines(stream: ByteStream, limits: Limits) -> Iterator[Frame]:
    lines = Lines(stream, limits)
    for number, line in lines:
        if type(line) is bytes:
            record = line.strip()
            if record:
                yield number, record
        else:
            yield number, line
    if lines.damage is not None:
        if _is_object(lines.rest):
            yield lines.line, lines.rest.strip()
        yield lines.line, UnreadableRecord(lines.damage.reason)


def _unknown(stream: ByteStream, head: bytes) -> Iterator[Frame]:
    try:
        for _ in stream:
            pass
    except Damaged as damage:
        yield 0, UnreadableRecord(damage.reason)
        return
    if not head:
        return
    if head[257:262] == b"ustar":
        yield 0, UnreadableRecord("a tar archive: unpack it first")
    elif b"\0" not in head and times_are_local(head):
        yield 0, UnreadableRecord("a CSV whose times are not in UTC: export it again with the time zone UTC")
    elif b"\0" not in head and looks_like_table(head):
        yield 0, UnreadableRecord("a CSV of no known export (AuditData, message trace, Log Analytics)")
    else:
        yield 0, UnreadableRecord("neither JSON nor a known CSV export")
