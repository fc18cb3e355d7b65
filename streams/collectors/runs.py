"""Sorted runs of records in temporary files: written in compressed blocks, merged in order. Layer: streams."""

from __future__ import annotations

import heapq
import marshal
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

from cramjam import lz4

# Event time (UTC milliseconds), source, record id, content digest, raw bytes: the first four are the order and unique.
Keyed = tuple[int, str, str, bytes, bytes]

_BLOCK_BYTES = 1 << 18  # raw bytes of the records of one block
_RUNS_MAX = 64  # open at once; then they are merged into one


class Runs:
    """A private folder of sorted runs. Marshal is safe here: only this process writes and reads it."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="watchpost-", dir=folder)
        self._paths: list[Path] = []
        self._written = 0

    def __len__(self) -> int:
        return len(self._paths)

    def write(self, records: Iterable[Keyed]) -> None:
        """Write one sorted run."""
        self._paths.append(self._write(records))
        if len(self._paths) >= _RUNS_MAX:
            old, self._paths = self._paths, []
            self._paths.append(self._write(heapq.merge(*map(_read, old))))
            for path in old:
                path.unlink()

    def _write(self, records: Iterable[Keyed]) -> Path:
        path = Path(self._folder.name) / f"run-{self._written}"
        self._written += 1
        with path.open("wb") as file:
            block: list[Keyed] = []
            size = 0
            for record in records:
                block.append(record)
                size += len(record[4])
                if size >= _BLOCK_BYTES:
                    file.write(_packed(block))
                    block, size = [], 0
            if block:
                file.write(_packed(block))
        return path

    def merged(self, more: Iterable[Keyed] = ()) -> Iterator[Keyed]:
        """All records of all runs and of `more` (sorted too), in order. May be called again."""
        return heapq.merge(*map(_read, self._paths), more)

    def close(self) -> None:
        """Delete everything."""
        self._paths.clear()
        self._folder.cleanup()


def _packed(block: list[Keyed]) -> bytes:
    data = bytes(lz4.compress_block(marshal.dumps(block)))
    return len(data).to_bytes(4, "little") + data


def _read(path: Path) -> Iterator[Keyed]:
    with path.open("rb") as file:
        while head := file.read(4):
            data = lz4.decompress_block(file.read(int.from_bytes(head, "little")))
            yield from cast("list[Keyed]", marshal.loads(bytes(data)))
