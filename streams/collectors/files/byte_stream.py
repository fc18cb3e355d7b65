"""A stream of bytes in chunks that can be looked into, pushed back, and that says when it was cut. Layer: streams."""

from __future__ import annotations

from collections.abc import Iterator


class Damaged(Exception):
    """A stream ended before its end. `reason` is one plain line; everything before it was delivered."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ByteStream:
    """Chunks of bytes with look-ahead.

    Damage is raised once, by `chunk`, after every byte before it was handed out; `failed` tells afterwards that it was.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._ahead: list[bytes] = []  # last is next
        self._damage: Damaged | None = None
        self._ended = False
        self.failed = False

    def _more(self) -> bytes:
        while not self._ended:
            try:
                data = next(self._chunks, None)
            except Damaged as damage:
                self._damage, self._ended = damage, True
                break
            if data is None:
                self._ended = True
            elif data:
                return data
        return b""

    def peek(self, size: int) -> bytes:
        """Look at the next `size` bytes, fewer only where the stream ends; takes nothing."""
        parts: list[bytes] = []
        have = 0
        while have < size:
            data = self._ahead.pop() if self._ahead else self._more()
            if not data:
                break
            parts.append(data)
            have += len(data)
        joined = b"".join(parts)
        self.push(joined)
        return joined[:size]

    def take(self, size: int) -> bytes:
        """Take `size` bytes, fewer only where the stream ends; raises `Damaged` when it ends by damage before them."""
        self.peek(size)
        data = self._ahead.pop() if self._ahead else b""
        self.push(data[size:])
        if len(data) < size:
            self._raise_damage()
        return data[:size]

    def chunk(self) -> bytes:
        """Take what is next, of any length; empty at the end. Raises `Damaged` once where the stream was cut."""
        data = self._ahead.pop() if self._ahead else self._more()
        if not data:
            self._raise_damage()
        return data

    def push(self, data: bytes) -> None:
        """Put bytes back in front."""
        if data:
            self._ahead.append(data)

    def _raise_damage(self) -> None:
        if self._damage is not None:
            damage, self._damage, self.failed = self._damage, None, True
            raise damage

    def __iter__(self) -> Iterator[bytes]:
        while data := self.chunk():
            yield data


def failing(reason: str) -> ByteStream:
    """A stream without content that is damaged from the start."""
    return ByteStream(_fail(reason))


def _fail(reason: str) -> Iterator[bytes]:
    raise Damaged(reason)
    yield b""  # makes this a generator
