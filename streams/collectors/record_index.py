"""Which records were seen: by their ids while those are in memory anyway, packed when they no longer are. Layer: streams."""

from __future__ import annotations

from collections import defaultdict

from streams.collectors.content_index import ContentIndex


class RecordIndex:
    """Exact set of (source, record id, content). A lookup in memory; some 30 bytes a record after `pack`."""

    def __init__(self) -> None:
        self._first: defaultdict[str, dict[str, bytes]] = defaultdict(dict)  # source -> id -> its first content
        self._later: dict[tuple[str, str], list[bytes]] = {}  # further contents
        self._packed: ContentIndex | None = None
        self._size = 0

    def __len__(self) -> int:
        return self._size if self._packed is None else len(self._packed)

    def add(self, source: str, record_id: str, content: bytes) -> int:
        """Remember a record. Gives 0 when id and content are known, else 1 + contents known of this id."""
        if self._packed is not None:
            return self._packed.add(source, record_id, content)
        known = self._first[source]
        first = known.get(record_id)
        if first is None:
            known[record_id] = content
            self._size += 1
            return 1
        if first == content:
            return 0
        later = self._later.setdefault((source, record_id), [])
        if content in later:
            return 0
        later.append(content)
        self._size += 1
        return 1 + len(later)

    def pack(self) -> None:
        """Let the ids go: whoever held the records writes them to disk."""
        if self._packed is not None:
            return
        packed = ContentIndex()
        while self._first:
            source, known = self._first.popitem()
            for record_id, content in known.items():
                packed.add(source, record_id, content)
        for (source, record_id), contents in self._later.items():
            for content in contents:
                packed.add(source, record_id, content)
        self._later.clear()
        self._packed = packed
