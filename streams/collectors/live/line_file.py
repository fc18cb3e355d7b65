"""A growing file of JSON lines: where reading stood, and what is new. Layer: streams."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import IO, Final

import orjson

from streams.collectors.files.limits import DEFAULT_LIMITS, HEAD_BYTES

CHUNK_BYTES: Final = 4 << 20  # of lines in one batch
_HEAD_BYTES: Final = 256
_FILES_MAX: Final = 10_000
_COMPRESSED: Final = (b"\x1f\x8b", b"PK")

Step = tuple["Standing", list[bytes], list[tuple[bytes, str]]]  # where it stands now, lines, what is no line


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a file was read, bytes; `head` is a digest of its beginning, which tells a file that was written anew.

    `start` is where the last step began.
    """

    offset: int = 0
    head: str = ""
    start: int = 0


def known_files(paths: Sequence[str], known: set[str]) -> Iterator[tuple[str, str]]:
    """Device and inode with the path of every file below `paths`, and of those known that were renamed beside them."""
    given: set[str] = set()
    folders: set[str] = set()
    for path in paths:
        if os.path.isdir(path):
            for folder, _, names in os.walk(path):
                given.update(os.path.join(folder, name) for name in names)
        else:
            given.add(path)
            folders.add(os.path.dirname(path) or ".")
    beside = {os.path.join(folder, name) for folder in folders for name in _names(folder)}
    count = 0
    for path in sorted(given | beside):
        try:
            status = os.stat(path)
        except OSError:
            continue
        key = f"{status.st_dev}:{status.st_ino}"
        if os.path.isfile(path) and (path in given or key in known) and count < _FILES_MAX:
            count += 1
            yield key, path


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def kind_is_lines(file: IO[bytes], still: bool) -> bool | None:
    """Whether a file is JSON lines, by its first line; None while that is not whole and the file may still grow."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if head.startswith(_COMPRESSED):
        return False
    line, end, _ = head.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
    if not line.startswith(b"{"):
        return False if line or still else None
    if not end and len(head) < HEAD_BYTES:
        return False if still else None
    return (len(head) >= HEAD_BYTES and not end) or _is_object(line)


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def lines_from(file: IO[bytes], size: int, standing: Standing, still: bool) -> Iterator[Step]:
    """What is new, in steps of some megabytes. A last line without an end waits until the file stands still and it is whole.

    A file that is shorter than it was, or begins with other bytes, was written anew and is read from its beginning.
    """
    at = standing.offset
    if at > size or (standing.head and standing.head != _head(file, at)):
        at = 0
    while at < size:
        file.seek(at)
        data = file.read(min(CHUNK_BYTES, size - at))
        cut = data.rfind(b"\n") + 1
        unreadable: list[tuple[bytes, str]] = []
        if not cut:
            data, cut = _long_line(file, at, size)
            if not cut and still and _is_object(data):
                cut = len(data)
            elif not cut and len(data) > DEFAULT_LIMITS.line_bytes_max:
                cut, unreadable, data = len(data), [(b"", "a line is too long")], b""
        if not cut:
            return
        lines = [line for line in (piece.strip() for piece in data[:cut].split(b"\n")) if line]
        start, at = at, at + cut
        yield Standing(at, _head(file, at), start), lines, unreadable


def _long_line(file: IO[bytes], at: int, size: int) -> tuple[bytes, int]:
    """A line longer than a chunk, or the unfinished last one: its bytes, and where it ends (0: nowhere yet)."""
    file.seek(at)
    data = file.read(min(DEFAULT_LIMITS.line_bytes_max + 1, size - at))
    return data, data.find(b"\n") + 1


def _head(file: IO[bytes], offset: int) -> str:
    """Digest of the beginning, of at most as many bytes as were read."""
    file.seek(0)
    return blake2b(file.read(min(_HEAD_BYTES, offset)), digest_size=8).hexdigest()
