"""Streaming gzip and deflate that keep every byte before a damage, within a budget against bombs. Layer: streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol, Self, cast

from zlib_ng import zlib_ng

from streams.collectors.files.byte_stream import ByteStream, Damaged
from streams.collectors.files.limits import CHUNK_BYTES, Limits

GZIP_MAGIC = b"\x1f\x8b\x08"
_GZIP_WINDOW = 31  # zlib's code for a gzip header and trailer
_DEFLATE_WINDOW = -15  # zlib's code for no header
_PIECE_BYTES = 1 << 16  # compressed bytes per call; what is tried again after a damage
_ERROR: Final = cast("type[Exception]", zlib_ng.error)  # the library's own stub calls it an instance


class _Engine(Protocol):
    """`zlib.decompressobj` by its form; the library's stub leaves `copy` out."""

    eof: bool
    unconsumed_tail: bytes
    unused_data: bytes

    def decompress(self, data: bytes | bytearray, max_length: int = 0, /) -> bytes: ...

    def copy(self) -> Self: ...


class Budget:
    """Bytes stored and expanded of one path, and archive members seen, against `Limits`."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.stored_bytes = 0
        self.expanded_bytes = 0
        self.members = 0
        self.exhausted = False

    def expand(self, size: int) -> None:
        """Account for `size` bytes that came out of an archive; raises `Damaged` when that was too much."""
        self.expanded_bytes += size
        limits = self.limits
        if self.expanded_bytes > limits.expanded_bytes_max:
            self._refuse(f"refused: the archive expands to more than {limits.expanded_bytes_max >> 20} MiB")
        if self.expanded_bytes > max(limits.ratio_from_bytes, limits.ratio_max * self.stored_bytes):
            self._refuse(f"refused: the archive expands to more than {limits.ratio_max} times its size")

    def member(self) -> None:
        """Account for one more archive member; raises `Damaged` when there are too many."""
        self.members += 1
        if self.members > self.limits.members_max:
            self._refuse(f"refused: the archive has more than {self.limits.members_max} members")

    def _refuse(self, reason: str) -> None:
        self.exhausted = True
        raise Damaged(reason)


def inflate(stream: ByteStream, budget: Budget, kind: str, window: int = _DEFLATE_WINDOW) -> Iterator[bytes]:
    """Decompress one deflate body (or gzip member) and leave what follows it in `stream`.

    `kind` is the word for the container in the reason of a damage.
    """
    engine = cast("_Engine", zlib_ng.decompressobj(window))
    while not engine.eof:
        data = stream.chunk()
        if not data:
            raise Damaged(f"the {kind} data is cut: it ends before its end")
        if len(data) > _PIECE_BYTES:
            stream.push(data[_PIECE_BYTES:])
            data = data[:_PIECE_BYTES]
        while data:
            before = engine.copy()
            try:
                out = engine.decompress(data, CHUNK_BYTES)
            except _ERROR:
                yield from _salvage(before, data, budget)
                raise Damaged(f"the {kind} data is damaged") from None
            budget.expand(len(out))
            if out:
                yield out
            data = engine.unconsumed_tail
            if engine.eof:
                break
        if engine.eof:
            stream.push(engine.unused_data)
            return


def _salvage(engine: _Engine, data: bytes, budget: Budget) -> Iterator[bytes]:
    """Decompress byte by byte up to the damage."""
    out = bytearray()
    try:
        for at in range(len(data)):
            out += engine.decompress(data[at : at + 1])
    except _ERROR:
        pass
    budget.expand(len(out))
    if out:
        yield bytes(out)


def gunzip(stream: ByteStream, budget: Budget) -> Iterator[bytes]:
    """Decompress all members of a gzip stream; zero padding after them is tolerated, anything else is a damage."""
    while True:
        yield from inflate(stream, budget, "gzip", _GZIP_WINDOW)
        after = stream.peek(len(GZIP_MAGIC))
        if after == GZIP_MAGIC:
            continue
        while data := stream.chunk():
            if data.strip(b"\0"):
                raise Damaged("bytes that are not gzip follow the gzip data")
        return
