"""JSON objects out of arrays, pages and pretty-printed text, in one pass over chunks. Layer: streams.

The text is a sequence of values. An object is a record, except a page (`{"value": [...]}`, `{"records": [...]}`)
outside of arrays, which is entered like an array, so that neither has to fit into memory. Regular expressions swallow
strings and flat text at C speed; Python sees the brackets only. Time is linear in size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import orjson

from schemas.records.errors import UnreadableRecord
from schemas.records.mended_json import loads
from streams.collectors.files.byte_stream import ByteStream, Damaged
from streams.collectors.files.limits import HEAD_BYTES, Limits
from streams.collectors.files.lines import Line, too_long

_STRING = rb'"[^"\\\n]*(?:\\.[^"\\\n]*)*"'
_BLANK = rb"[ \t\r\n]*"
_SCALAR = rb"(?:" + _STRING + rb"|\[" + _BLANK + rb"\]|[-+.0-9eE]+|true|false|null)"
PAGE = re.compile(
    rb"\{" + _BLANK + rb"(?:" + _STRING + _BLANK + rb":" + _BLANK + _SCALAR + _BLANK + rb"," + _BLANK + rb")*"
    rb'"(?:value|records)"' + _BLANK + rb":" + _BLANK + rb"\[",
    re.DOTALL,
)
_FILLER = re.compile(rb"[ \t\r\n,]*")
_FLAT = re.compile(rb'[^"{}\[\]]*(?:' + _STRING + rb'[^"{}\[\]]*)*', re.DOTALL)  # up to a bracket or an open string
_TEXT = re.compile(rb'[^"\\\n]*(?:\\.[^"\\\n]*)*', re.DOTALL)  # inside a string, up to its end
_WASTE = re.compile(rb"[^{\[\]\n]*")
_NEXT_OBJECT = re.compile(rb"\n[ \t,\[]*(?=\{)")
_INDENT_BYTES_MAX = 256
_RESYNC_BYTES = 4096  # kept between chunks while looking for the next object

_OPEN = (0x7B, 0x5B)  # { [
_QUOTE, _NEWLINE, _BACKSLASH = 0x22, 0x0A, 0x5C


class Elements:
    """Iterates over (line, object as bytes or the reason why there is none)."""

    def __init__(self, stream: ByteStream, limits: Limits) -> None:
        self._stream = stream
        self._limits = limits
        self._buffer = b""
        self._at = 0
        self._counted = 0  # newlines before this position of the buffer are in _line
        self._line = 1
        self._arrays = 0
        self._pages: list[int] = []  # depth of arrays around each open page
        self._ended = False
        self._damage: Damaged | None = None
        self._problem: UnreadableRecord | None = None
        self._prefix = b""  # what stood before the buffer on its first line, when that was blank; else anything else
        self._boundary = b""  # once a bracket was left open: what begins the next object whatever is open

    def __iter__(self) -> Iterator[Line]:
        while self._skip_filler():
            line = self._line_here()
            byte = self._buffer[self._at]
            if byte == 0x7B:
                if not self._arrays and self._enter_page():
                    continue
                element = self._element(0)
                if element is not None:
                    yield line, element
            elif byte == 0x5B:
                self._arrays += 1
                self._at += 1
            elif byte == 0x5D:
                self._arrays = max(self._arrays - 1, 0)
                self._at += 1
            elif self._pages and self._arrays <= self._pages[-1]:
                yield from self._leave_page(byte, line)
            else:
                self._skip_waste()
                yield line, UnreadableRecord("the text between JSON objects is not JSON")
        if self._damage is not None:
            yield self._line_here(), UnreadableRecord(self._damage.reason)
        elif self._problem is not None:
            yield self._line_here(), self._problem
        elif self._arrays or self._pages:
            yield self._line_here(), UnreadableRecord("the JSON is cut: the end of its list is missing")

    def _line_here(self) -> int:
        self._line += self._buffer.count(b"\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _more(self) -> bool:
        """Forget what is before the position and append a chunk; False at the end."""
        if self._ended:
            return False
        self._line_here()
        self._prefix = self._line_start()
        data = b""
        try:
            data = self._stream.chunk()
        except Damaged as damage:
            self._damage = damage
        self._ended = not data
        self._buffer = self._buffer[self._at :] + data if self._at < len(self._buffer) else data
        self._at = self._counted = 0
        return not self._ended

    def _skip_filler(self) -> bool:
        while True:
            match = _FILLER.match(self._buffer, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._buffer):
                return True
            if not self._more():
                return False

    def _enter_page(self) -> bool:
        while len(self._buffer) - self._at < HEAD_BYTES and self._more():
            pass
        match = PAGE.match(self._buffer, self._at, self._at + HEAD_BYTES)
        if match is None:
            return False
        self._at = match.end()
        self._pages.append(self._arrays)
        self._arrays += 1
        return True

    def _leave_page(self, byte: int, line: int) -> Iterator[Line]:
        """Skip what follows the list of a page, such as the link to the next page."""
        self._arrays = self._pages.pop()
        if byte == 0x7D:
            self._at += 1
            return
        tail = self._element(1)
        if isinstance(tail, UnreadableRecord):
            yield line, tail
        elif tail is not None and not _is_page_end(tail):
            yield line, UnreadableRecord("what follows the list of a page is damaged or holds another list")

    def _skip_waste(self) -> None:
        while True:
            match = _WASTE.match(self._buffer, self._at)
            self._at = max(match.end() if match else 0, self._at)
            if self._at < len(self._buffer) or not self._more():
                return

    def _element(self, depth: int) -> bytes | UnreadableRecord | None:
        """Take the object at the position (or, at depth 1, the rest of one); None where the text ends within it."""
        parts: list[bytes] = []
        size, start, line = 0, self._at, self._line_here()
        indent = self._indent()
        in_string = False
        while True:
            in_string, depth, ready = self._scan(in_string, depth)
            if ready or self._problem is not None:
                break
            size += self._at - start
            parts.append(self._buffer[start : self._at])
            if size > self._limits.line_bytes_max:
                parts.clear()
            known_end = self._ended  # else what was kept back is looked at once more
            if not self._more() and (known_end or self._at == len(self._buffer)):
                if (swallowed := self._give_back(b"".join(parts), indent, line)) is not None:
                    return swallowed
                self._problem = UnreadableRecord("the JSON is cut: it ends within a record")
                self._at = len(self._buffer)
                return None
            start = 0
        if self._problem is not None:
            problem, self._problem = self._problem, None
            self._resync(indent)
            return problem
        size += self._at - start
        if size > self._limits.line_bytes_max:
            return too_long("record", self._limits)
        parts.append(self._buffer[start : self._at])
        element = b"".join(parts)
        return self._give_back(element, indent, line) or element

    def _give_back(self, element: bytes, indent: bytes | None, line: int) -> UnreadableRecord | None:
        """Return to the object that an unclosed bracket made a part of this one; None when there is none.

        An object at the indentation of this one's beginning is not its part, unless nothing here is indented. From then
        on objects end at such a place at the latest, so that time stays linear.
        """
        if indent is None:
            return None
        boundary = b"\n" + indent + b"{"
        at = element.find(boundary)
        if at < 0 or element[1:].lstrip(b"\r").startswith(b"\n" + indent + b'"') or _is_json(element):
            return None
        self._buffer = element + self._buffer[self._at :]
        self._counted, self._line = 0, line
        self._at = at + len(boundary) - 1
        self._boundary = boundary
        return _unclosed()

    def _scan(self, in_string: bool, depth: int) -> tuple[bool, int, bool]:
        """Go on to the end of the object or of the buffer; gives (inside a string, depth, object is complete)."""
        buffer, at = self._buffer, self._at
        end, bounded = self._end(at)
        flat = _FLAT.match
        while at < end:
            if in_string:
                match = _TEXT.match(buffer, at, end)
                at = match.end() if match else at
                if at == end or (buffer[at] == _BACKSLASH and at == end - 1):
                    break
                if buffer[at] == _NEWLINE:
                    self._problem = UnreadableRecord("the JSON is damaged: a string is not closed on its line")
                    break
                at += 1
                in_string = False
                continue
            match = flat(buffer, at, end)
            at = match.end() if match else at
            if at == end:
                break
            byte = buffer[at]
            at += 1
            if byte == _QUOTE:
                in_string = True
            elif byte in _OPEN:
                depth += 1
            else:
                depth -= 1
                if not depth:
                    self._at = at
                    return False, 0, True
        self._at = at
        if bounded and self._problem is None:
            self._problem = _unclosed()
        return in_string, depth, False

    def _end(self, at: int) -> tuple[int, bool]:
        """Where scanning has to stop, and whether a boundary is there; one may lie across the end of the buffer."""
        size = len(self._buffer)
        if not self._boundary:
            return size, False
        bound = self._buffer.find(self._boundary, at)
        if bound >= 0:
            return bound, True
        return (size if self._ended else max(at, size + 1 - len(self._boundary))), False

    def _indent(self) -> bytes | None:
        """Blanks before the object on its line; None where something else is there."""
        start = self._line_start()
        return None if start.strip() else start

    def _line_start(self) -> bytes:
        """What stands before the position on its line; a long one is cut."""
        newline = self._buffer.rfind(b"\n", 0, self._at)
        start = self._buffer[max(newline + 1, self._at - _INDENT_BYTES_MAX) : self._at]
        return start if newline >= 0 else (self._prefix + start)[-_INDENT_BYTES_MAX:]

    def _resync(self, indent: bytes | None) -> None:
        """After a damage go to the next line that begins an object as the damaged one began."""
        pattern = _NEXT_OBJECT if indent is None else re.compile(rb"\n" + indent + rb"(?=\{)")
        while True:
            match = pattern.search(self._buffer, self._at)
            if match is not None:
                self._at = match.end()
                return
            last = self._buffer.rfind(b"\n", self._at)
            self._at = last if last >= len(self._buffer) - _RESYNC_BYTES and last >= 0 else len(self._buffer)
            if not self._more():
                self._at = len(self._buffer)
                return


def _unclosed() -> UnreadableRecord:
    return UnreadableRecord("the JSON is damaged: a bracket is not closed")


def _is_json(element: bytes) -> bool:
    try:
        loads(element)
    except orjson.JSONDecodeError:
        return False
    return True


def _is_page_end(tail: bytes) -> bool:
    try:
        rest = orjson.loads(b"{" + tail)
    except orjson.JSONDecodeError:
        return False
    return not any(isinstance(value, list) and value for value in rest.values())
