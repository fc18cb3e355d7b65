"""Streaming zip: members by their local headers, in file order, so that cut and piped archives work. Layer: streams."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from zlib_ng import zlib_ng

from streams.collectors.files.byte_stream import ByteStream, Damaged, failing
from streams.collectors.files.inflate import Budget, inflate

LOCAL_MAGIC = b"PK\x03\x04"
EMPTY_MAGIC = b"PK\x05\x06"
_DIRECTORY_MAGICS = (b"PK\x01\x02", EMPTY_MAGIC, b"PK\x06\x06", b"PK\x06\x08")  # last: archive extra data
_SPANNED_MAGIC = b"PK00"
_DESCRIPTOR_MAGIC = b"PK\x07\x08"
_LOCAL = struct.Struct("<HHHHHIIIHH")  # version, flags, method, time, date, crc, stored, size, name, extra
_WIDE = 0xFFFFFFFF
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _DESCRIBED, _UTF8 = 0x1, 0x8, 0x800
_END_TAIL_BYTES = 1 << 24


@dataclass(slots=True)
class _Header:
    name: str
    flags: int
    method: int
    crc: int
    stored_bytes: int
    wide: bool
    lost: bool = False  # where the next member begins is unknown

    @property
    def described(self) -> bool:
        """Sizes and checksum follow the data instead of being here."""
        return bool(self.flags & _DESCRIBED)


def unzip(stream: ByteStream, budget: Budget) -> Iterator[tuple[str, ByteStream]]:
    """Give (name, content) of every member. What cannot be read is a member whose stream is damaged from the start."""
    while True:
        try:
            header = _next_header(stream, budget)
        except Damaged as damage:
            yield "", failing(damage.reason)
            return
        if header is None:
            return
        content = ByteStream(_content(stream, header, budget))
        if header.name.endswith("/"):
            yield from _quietly(content)
        else:
            yield header.name, content
            _drain(content)
        if stream.failed or budget.exhausted or header.lost:
            return


def _quietly(content: ByteStream) -> Iterator[tuple[str, ByteStream]]:
    """A folder has no content worth a word, unless it is damaged."""
    if content.peek(1):
        yield "", content
        _drain(content)


def _drain(content: ByteStream) -> None:
    try:
        for _ in content:
            pass
    except Damaged:
        pass


def _next_header(stream: ByteStream, budget: Budget) -> _Header | None:
    magic = stream.take(4)
    if magic in (_SPANNED_MAGIC, _DESCRIPTOR_MAGIC):
        magic = stream.take(4)
    if magic in _DIRECTORY_MAGICS:
        _check_directory(stream, magic)
        return None
    if magic != LOCAL_MAGIC:
        cut = not magic or len(magic) < 4
        raise Damaged("the zip archive is cut: its directory is missing" if cut else "the zip archive is damaged")
    fixed = stream.take(_LOCAL.size)
    if len(fixed) < _LOCAL.size:
        raise Damaged("the zip archive is cut within a header")
    _, flags, method, _, _, crc, stored, size, name_bytes, extra_bytes = _LOCAL.unpack(fixed)
    name = stream.take(name_bytes)
    extra = stream.take(extra_bytes)
    if len(name) < name_bytes or len(extra) < extra_bytes:
        raise Damaged("the zip archive is cut within a header")
    budget.member()
    wide = _wide_extra(extra)
    if wide is not None and stored == _WIDE:
        stored = _wide_stored(wide, size == _WIDE)
    text = name.decode("utf-8" if flags & _UTF8 else "cp437", "replace")
    return _Header(text, flags, method, crc, stored, wide is not None)


def _check_directory(stream: ByteStream, magic: bytes) -> None:
    """Read to the end; the archive is whole when the record that ends the directory is there."""
    tail = magic
    while data := stream.chunk():
        tail = (tail + data)[-_END_TAIL_BYTES:] if len(tail) < _END_TAIL_BYTES else tail[-70_000:] + data
    end = tail.rfind(EMPTY_MAGIC)
    if end < 0 or len(tail) - end < 22:
        raise Damaged("the zip archive is cut within its directory")


def _wide_extra(extra: bytes) -> bytes | None:
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            return extra[at + 4 : at + 4 + size]
        at += 4 + size
    return None


def _wide_stored(wide: bytes, size_first: bool) -> int:
    at = 8 if size_first else 0
    return int.from_bytes(wide[at : at + 8], "little")


def _content(stream: ByteStream, header: _Header, budget: Budget) -> Iterator[bytes]:
    """Decompressed bytes of one member; leaves the stream at the next header, where possible also after a damage."""
    if header.method == _DEFLATED and not header.flags & _ENCRYPTED:
        yield from _deflated(stream, header, budget)
        return
    reason = ""
    header.lost = header.described and not header.stored_bytes and header.method != _STORED
    if header.flags & _ENCRYPTED:
        reason = "the archive member is encrypted"
    elif header.method != _STORED:
        reason = f"the archive member is compressed by method {header.method}: pack it again as deflate"
    elif header.described and not header.stored_bytes:
        reason, header.lost = "the archive member does not say how long it is", True
    crc = 0
    for data in _exactly(stream, header.stored_bytes):
        if not reason:
            budget.expand(len(data))
            crc = zlib_ng.crc32(data, crc)
            yield data
    if reason:
        raise Damaged(reason)
    if header.described:
        _descriptor(stream, header)
    _check(crc, header)


def _deflated(stream: ByteStream, header: _Header, budget: Budget) -> Iterator[bytes]:
    crc = 0
    if header.described:
        header.lost = True
        for data in inflate(stream, budget, "zip"):
            crc = zlib_ng.crc32(data, crc)
            yield data
        _descriptor(stream, header)
        header.lost = False
    else:
        body = ByteStream(_exactly(stream, header.stored_bytes))
        try:
            for data in inflate(body, budget, "zip"):
                crc = zlib_ng.crc32(data, crc)
                yield data
        finally:
            if not stream.failed and not budget.exhausted:
                _drain(body)
    _check(crc, header)


def _exactly(stream: ByteStream, size: int) -> Iterator[bytes]:
    while size > 0:
        data = stream.chunk()
        if not data:
            stream.failed = True
            raise Damaged("the zip archive is cut within a member")
        if len(data) > size:
            stream.push(data[size:])
            data = data[:size]
        size -= len(data)
        yield data


def _descriptor(stream: ByteStream, header: _Header) -> None:
    """Read the checksum after the data: with or without its magic, sizes of 4 or 8 bytes each."""
    if stream.peek(4) == _DESCRIPTOR_MAGIC:
        stream.take(4)
    ahead = stream.peek(24)
    if len(ahead) < 12:
        stream.take(12)
        raise Damaged("the zip archive is cut within a member")
    narrow = ahead[12:14] == b"PK" or len(ahead) == 12
    wide = ahead[20:22] == b"PK" and (header.wide or not narrow)
    header.crc = int.from_bytes(ahead[:4], "little")
    stream.take(20 if wide else 12)


def _check(crc: int, header: _Header) -> None:
    if crc != header.crc:
        raise Damaged("the checksum of the archive member is wrong: its content is damaged")
