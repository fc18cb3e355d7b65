"""Paths to plain byte streams: folders, standard input, gzip, zip, any of them inside another. Layer: streams."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from schemas.text import printable
from streams.collectors.files.byte_stream import ByteStream, Damaged, failing
from streams.collectors.files.inflate import GZIP_MAGIC, Budget, gunzip
from streams.collectors.files.limits import CHUNK_BYTES, DEFAULT_LIMITS, Limits
from streams.collectors.files.unzip import EMPTY_MAGIC, LOCAL_MAGIC, unzip

STDIN = "-"
_NAME_CHARACTERS_MAX = 300
_ZIP_MAGICS = (LOCAL_MAGIC, EMPTY_MAGIC, b"PK00", b"PK\x07\x08")
_FOREIGN = (
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive: unpack it first"),
    (b"BZh", "bzip2 data: unpack it first"),
    (b"\xfd7zXZ\x00", "xz data: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"PAR1", "a Parquet file: export it as JSON or CSV"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document: save it as CSV"),
    (b"SQLite format 3\x00", "an SQLite database"),
)
_LITTER = (b"\x00\x05\x16\x07", b"\x00\x00\x00\x01Bud1")  # AppleDouble, .DS_Store: no one's data


class Content(NamedTuple):
    """One plain file: its name for people (`folder/export.zip!member.csv`, safe to print) and its bytes."""

    name: str
    stream: ByteStream


def contents(paths: Sequence[str | Path], limits: Limits = DEFAULT_LIMITS) -> Iterator[Content]:
    """Give every plain file behind `paths`, folders in sorted order; a missing one is a stream damaged at once."""
    for path in paths:
        found = False
        for file in _files(str(path)):
            found = True
            yield from _opened(file, limits)
        if not found:
            yield Content(printable(str(path), _NAME_CHARACTERS_MAX), ByteStream(iter(())))


def _files(path: str) -> Iterator[str]:
    if path == STDIN or not os.path.isdir(path):
        yield path
        return
    yield from _walk(path, set())


def _walk(folder: str, seen: set[tuple[int, int]]) -> Iterator[str]:
    """Regular files below a folder; links are followed once."""
    try:
        status = os.stat(folder)
        names = sorted(os.listdir(folder), key=os.fsencode)
    except OSError:
        yield folder  # opening it says what is wrong
        return
    if (status.st_dev, status.st_ino) in seen:
        return
    seen.add((status.st_dev, status.st_ino))
    for name in names:
        path = os.path.join(folder, name)
        if os.path.isdir(path):
            yield from _walk(path, seen)
        elif not _special(path):
            yield path


def _special(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode)


def _opened(path: str, limits: Limits) -> Iterator[Content]:
    name = printable("standard input" if path == STDIN else path, _NAME_CHARACTERS_MAX)
    budget = Budget(limits)
    try:
        file: IO[bytes] = sys.stdin.buffer if path == STDIN else open(path, "rb")  # noqa: SIM115
    except (OSError, ValueError) as error:
        yield Content(name, failing(_os_reason(error)))
        return
    try:
        yield from _unfold(name, ByteStream(_read(file, budget)), 0, budget)
    finally:
        if path != STDIN:
            file.close()


def _os_reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file or folder"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror.lower()}"
    return "cannot be read: not a valid path"


def _read(file: IO[bytes], budget: Budget) -> Iterator[bytes]:
    while True:
        try:
            data = file.read(CHUNK_BYTES)
        except OSError as error:
            raise Damaged(_os_reason(error)) from None
        if not data:
            return
        budget.stored_bytes += len(data)
        yield data


def _unfold(name: str, stream: ByteStream, depth: int, budget: Budget) -> Iterator[Content]:
    head = stream.peek(16)
    zipped = head.startswith(_ZIP_MAGICS)
    if not zipped and not head.startswith(GZIP_MAGIC):
        yield _plain(name, stream, head)
    elif depth >= budget.limits.depth_max:
        yield Content(name, failing(f"archives are nested deeper than {budget.limits.depth_max}"))
    elif zipped:
        yield from _members(name, stream, depth, budget)
    else:
        yield from _unfold(name, ByteStream(gunzip(stream, budget)), depth + 1, budget)


def _members(name: str, stream: ByteStream, depth: int, budget: Budget) -> Iterator[Content]:
    """Every member of a zip; an archive without one is an empty file, not silence."""
    empty = True
    for member, content in unzip(stream, budget):
        empty = False
        inner = f"{name}!{printable(member, _NAME_CHARACTERS_MAX)}" if member else name
        yield from _unfold(inner, content, depth + 1, budget)
    if empty:
        yield Content(name, ByteStream(iter(())))


def _plain(name: str, stream: ByteStream, head: bytes) -> Content:
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            return Content(name, failing(what))
    if head.startswith(_LITTER):
        return Content(name, ByteStream(iter(())))
    return Content(name, stream)
