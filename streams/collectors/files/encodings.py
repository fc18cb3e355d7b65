"""Any Unicode encoding to UTF-8 without a byte order mark, streaming. Layer: streams."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from streams.collectors.files.byte_stream import ByteStream, Damaged

_SNIFF_BYTES = 4096
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins with the mark of UTF-16 LE: must come first
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def to_utf8(stream: ByteStream) -> ByteStream:
    """Give the stream as UTF-8. UTF-8 itself is passed on untouched, also where it is not valid."""
    head = stream.peek(_SNIFF_BYTES)
    for mark, name in _MARKS:
        if head.startswith(mark):
            stream.take(len(mark))
            return stream if name == "utf-8" else ByteStream(_transcode(stream, name))
    name = _by_zeros(head)
    return ByteStream(_transcode(stream, name)) if name else stream


def _by_zeros(head: bytes) -> str:
    """Find UTF-16 without a mark: in text of JSON or CSV most characters are ASCII, so every other byte is zero."""
    even, odd = head[0::2], head[1::2]
    if len(odd) < 2:
        return ""
    even_share, odd_share = even.count(0) / len(even), odd.count(0) / len(odd)
    if odd_share > 0.5 and even_share < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even_share > 0.5 and odd_share < 0.05 else ""


def _transcode(stream: ByteStream, name: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(name)("replace")
    try:
        for data in stream:
            yield decoder.decode(data).encode()
    except Damaged:
        yield decoder.decode(b"", True).encode()
        raise
    yield decoder.decode(b"", True).encode()
