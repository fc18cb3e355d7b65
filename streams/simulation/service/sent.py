"""A verbatim log of what was served, in order: what a collector must have archived. Layer: streams."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import IO

import orjson


class Sent:
    """One file of lines per feed (`activity.Audit.Exchange.jsonl`, `graph.signIns.interactiveUser.jsonl`).

    A record is written when an answer that holds it was sent whole for the first time: once per blob for content, once
    per version for a row. Thread-safe; without a folder nothing is written and only counts are kept.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._files: dict[str, IO[bytes]] = {}
        self._known: set[bytes] = set()
        self._lock = threading.Lock()
        self.records: dict[str, int] = {}

    def content(self, feed: str, identity: str, lines: Iterable[bytes]) -> None:
        """A content was served."""
        key = blake2b(f"{feed}\0{identity}".encode(), digest_size=12).digest()
        with self._lock:
            if key not in self._known:
                self._known.add(key)
                self._write(feed, list(lines))

    def rows(self, feed: str, lines: Iterable[bytes]) -> None:
        """Rows were served."""
        with self._lock:
            fresh: list[bytes] = []
            for line in lines:
                key = blake2b(line, digest_size=12, key=feed.encode()[:64]).digest()
                if key not in self._known:
                    self._known.add(key)
                    fresh.append(line)
            self._write(feed, fresh)

    def has(self, feed: str, identity: str) -> bool:
        """Whether a content was served whole."""
        return blake2b(f"{feed}\0{identity}".encode(), digest_size=12).digest() in self._known

    def conclude(self, feeds: dict[str, dict[str, object]]) -> None:
        """Write what could have been fetched, by feed, beside what was (`available.json`)."""
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / "available.json").write_bytes(orjson.dumps(feeds, option=orjson.OPT_INDENT_2))

    def _write(self, feed: str, lines: list[bytes]) -> None:
        self.records[feed] = self.records.get(feed, 0) + len(lines)
        if self._folder is None or not lines:
            return
        stream = self._files.get(feed)
        if stream is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            name = feed.replace("/", ".") + ".jsonl"
            stream = self._files[feed] = (self._folder / name).open("wb", buffering=0)
        stream.write(b"\n".join(lines) + b"\n")

    def close(self) -> None:
        """Close the files."""
        with self._lock:
            for stream in self._files.values():
                stream.close()
            self._files.clear()
