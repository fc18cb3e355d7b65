"""A UTF-8 byte stream to lines of bounded length. Layer: streams."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.records.errors import UnreadableRecord
from streams.collectors.files.byte_stream import ByteStream, Damaged
from streams.collectors.files.limits import Limits

Line = tuple[int, bytes | UnreadableRecord]  # line number from 1; the line without its end, or why there is none


def too_long(what: str, limits: Limits) -> UnreadableRecord:
    """The reason for a record beyond `Limits.line_bytes_max`."""
    return UnreadableRecord(f"the {what} is longer than {limits.line_bytes_max} bytes")


class Lines:
    """Iterates over all lines, blank ones too, numbered from `first_line`.

    `damage` is set where the stream was cut. What follows the last line end is then kept in `rest` and not given.
    """

    def __init__(self, stream: ByteStream, limits: Limits, first_line: int = 1) -> None:
        self._stream = stream
        self._limits = limits
        self.line = first_line
        self.rest = b""
        self.damage: Damaged | None = None

    def __iter__(self) -> Iterator[Line]:
        longest = self._limits.line_bytes_max
        parts: list[bytes] = []
        size = 0
        line = self.line
        for data in self._chunks():
            at = 0
            while (end := data.find(b"\n", at)) >= 0:
                piece = data[at:end]
                at = end + 1
                if parts or size:  # it began in the chunk before
                    parts.append(piece)
                    size += len(piece)
                    piece = b"".join(parts) if size <= longest else b""
                    parts.clear()
                else:
                    size = len(piece)
                yield line, piece if size <= longest else too_long("line", self._limits)
                size = 0
                line += 1
            self.line = line
            size += len(data) - at
            if size <= longest:
                parts.append(data[at:])
            else:
                parts.clear()
        self.line = line
        self.rest = b"".join(parts)
        if self.damage is None and size:
            yield line, too_long("line", self._limits) if size > longest else self.rest

    def _chunks(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except Damaged as damage:
            self.damage = damage
