"""A parser for syslog messages as strict as RFC 5424, and for the framing of RFC 6587 (octet counting)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEADER = re.compile(
    rb"<(\d{1,3})>1 (-|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)) ([!-~]{1,255}) ([!-~]{1,48}) "
    rb"([!-~]{1,128}) ([!-~]{1,32}) "
)
_ELEMENT = re.compile(rb'\[([!#-<>-\\^-~]{1,32})((?: [!#-<>-\\^-~]{1,32}="(?:[^"\\\]]|\\["\\\]])*")*)\]')
_PARAMETER = re.compile(rb' ([!#-<>-\\^-~]{1,32})="((?:[^"\\\]]|\\["\\\]])*)"')


@dataclass
class Message:
    """The parts of a message."""

    priority: int
    time: str
    host: str
    app: str
    process: str
    id: str
    data: dict[str, dict[str, str]]
    text: bytes

    @property
    def facility(self) -> int:
        return self.priority // 8

    @property
    def severity(self) -> int:
        return self.priority % 8


def parse(line: bytes) -> Message:
    """One message, without framing; AssertionError when it breaks the grammar."""
    header = _HEADER.match(line)
    assert header, line[:200]
    assert int(header[1]) <= 191
    assert str(int(header[1])).encode() == header[1]
    rest, data = line[header.end() :], {}
    if rest.startswith(b"-"):
        rest = rest[1:]
    else:
        while element := _ELEMENT.match(rest):
            found = {name.decode(): _unescaped(value) for name, value in _PARAMETER.findall(element[2])}
            data[element[1].decode()] = found
            rest = rest[element.end() :]
        assert data, rest[:200]
    assert rest in (b"",) or rest.startswith(b" "), rest[:100]
    texts = [part.decode() for part in header.groups()[1:]]
    return Message(int(header[1]), texts[0], texts[1], texts[2], texts[3], texts[4], data, rest[1:])


def frames(stream: bytes) -> list[bytes]:
    """The messages of a stream with octet counting; what is cut off at the end is left out."""
    found = []
    while stream:
        size, blank, rest = stream.partition(b" ")
        if not blank or len(rest) < int(size):
            break
        assert size == str(int(size)).encode()
        found.append(rest[: int(size)])
        stream = rest[int(size) :]
    return found


def _unescaped(value: bytes) -> str:
    return re.sub(rb"\\([\"\\\]])", rb"\1", value).decode("utf-8")
