"""The feed of files and folders that grow. Layer: streams.

A file is known by device and inode, so that a rotated one is read to its end under its new name. JSON lines are followed line
by line; every other kind (lists, tables, compressed files) is read whole once it has stood still, and again when it has changed:
what was read before is recognised by the journal.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import orjson

from schemas.contracts.collected import Batch, Content, ContentState
from schemas.records.errors import UnreadableRecord
from schemas.text import printable
from streams.cloud.seam import Unreachable
from streams.collectors.files.containers import contents
from streams.collectors.files.framing import frames
from streams.collectors.files.table import AUDIT_DATA
from streams.collectors.live.line_file import Standing, kind_is_lines, known_files, lines_from
from streams.collectors.live.seam import Journal, Window

RECORDS_MAX: Final = 2_000  # of one batch
_FAR_MS: Final = 3_650 * 86_400_000

_Rows = dict[str, dict[str, Any]]  # by device and inode


class FollowedFiles:
    """`paths` are files and folders; `quiet_seconds` is how long a file must stand still that is not JSON lines."""

    back_fills = False  # a file does not say which day its records are of

    def __init__(
        self,
        journal: Journal,
        paths: Sequence[str | Path],
        *,
        now_ms: Callable[[], int],
        name: str = "files",
        lateness_ms: int = 15 * 60_000,
        poll_seconds: float = 1.0,
        quiet_seconds: float = 5.0,
    ) -> None:
        self.name = f"files/{name}"
        self.poll_seconds = poll_seconds
        self.overlap_ms = 0
        self.reach_ms = _FAR_MS
        self.lateness_ms = lateness_ms
        self._journal = journal
        self._paths = [str(path) for path in paths]
        self._now_ms = now_ms
        self._quiet_ms = int(quiet_seconds * 1000)
        self._seen: dict[str, tuple[int, int, int]] = {}  # size, time of change, when that was first seen

    def prepare(self) -> None:
        """Nothing to prepare: a path may appear later."""

    def collect(self, window: Window) -> None:
        """Read what is new in every file; `Unreachable` when one cannot be read, after all others."""
        trouble = ""
        rows: _Rows = self._journal.checkpoint(self.name).get("files", {})
        found = dict(known_files(self._paths, set(rows)))
        for key, path in found.items():
            try:
                self._one(key, path, window, {one: row for one, row in rows.items() if one in found})
            except OSError as error:
                trouble = trouble or f"{printable(path)} cannot be read: {(error.strerror or 'error').lower()}"
            rows = self._journal.checkpoint(self.name).get("files", {})
        if trouble:
            raise Unreachable(trouble)

    def _one(self, key: str, path: str, window: Window, rows: _Rows) -> None:
        """One file: what is new of its lines, or all of it when it has stood still."""
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            if f"{status.st_dev}:{status.st_ino}" != key or not status.st_size:
                return  # replaced since it was found: next time
            still = self._still(key, status)
            row = rows.get(key, {})
            lines = row["lines"] if "lines" in row else kind_is_lines(file, still)
            if lines is None:
                return  # too little of it to say
            if not lines:
                if still and row.get("mark") != _mark(status):
                    self._whole(key, path, status, window, rows)
                return
            standing = Standing(row.get("offset", 0), row.get("head", ""))
            for held, pieces, unreadable in lines_from(file, status.st_size, standing, still):
                rows[key] = {"lines": True, "offset": held.offset, "head": held.head}
                self._store(f"{key}:{held.start}-{held.offset}", status, window, pieces, unreadable, rows)

    def _still(self, key: str, status: os.stat_result) -> bool:
        """The file did not change for the quiet time, by its own clock or by ours."""
        now_ms, size, changed = self._now_ms(), status.st_size, status.st_mtime_ns
        held = self._seen.get(key)
        if held is None or held[:2] != (size, changed):
            self._seen[key] = (size, changed, now_ms)
            return False
        return now_ms - held[2] >= self._quiet_ms

    def _whole(self, key: str, path: str, status: os.stat_result, window: Window, rows: _Rows) -> None:
        """Every record of a file of any kind; the row is written with the last batch."""
        mark = _mark(status)
        pieces: list[bytes] = []
        unreadable: list[tuple[bytes, str]] = []
        for payload in _payloads(path):
            if isinstance(payload, bytes):
                pieces.append(payload)
            else:
                unreadable.append((b"", payload.reason))
            if len(pieces) + len(unreadable) >= RECORDS_MAX:
                self._store(f"{key}:{mark}", status, window, pieces, unreadable, None)
                pieces, unreadable = [], []
        rows[key] = {"lines": False, "mark": mark}
        self._store(f"{key}:{mark}", status, window, pieces, unreadable, rows)

    def _store(
        self,
        name: str,
        status: os.stat_result,
        window: Window,
        pieces: list[bytes],
        unreadable: list[tuple[bytes, str]],
        rows: _Rows | None,
    ) -> None:
        """A batch; with `rows` it is the last of its content and moves the checkpoint."""
        state = ContentState.LISTED if rows is None else ContentState.FETCHED
        batch = Batch(
            self.name,
            pieces,
            Content(name, status.st_mtime_ns // 1_000_000, state=state),
            partial=rows is None,
            checkpoint=None if rows is None else {"files": rows},
            collected_ms=self._now_ms(),
            historical=window.historical,
            unreadable=unreadable,
        )
        self._journal.commit(batch)


def _payloads(path: str) -> Iterator[bytes | UnreadableRecord]:
    """Records of one file of any kind as JSON; a table's row is its audit record, or the row itself."""
    for _, stream in contents([path]):
        for _, payload in frames(stream):
            if isinstance(payload, dict):
                held = payload.get(AUDIT_DATA)
                yield held.strip().encode() if held is not None else orjson.dumps(payload)
            else:
                yield payload


def _mark(status: os.stat_result) -> str:
    """What a file looked like when it was read whole."""
    return blake2b(f"{status.st_size} {status.st_mtime_ns}".encode(), digest_size=8).hexdigest()
