"""Records in any order to distinct records in time order: exact de-duplication, then a sort that may go to disk.

Layer: streams.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from schemas.records.content import content_digest
from schemas.records.decode import canonical
from schemas.records.event import AuditEvent
from schemas.records.mended_json import loads
from schemas.records.packed import pack, unpack
from streams.collectors.record_index import RecordIndex
from streams.collectors.runs import Keyed, Runs

MEMORY_BYTES_MAX = 256 << 20  # of records as received
EVENT_BYTES_MAX = 800 << 20  # of events alone: a million records stay in memory
_RECORD_BYTES = 450  # of memory beside the raw bytes: tuple, id, digest, objects' heads
_EVENT_BYTES = 1_600  # of memory that a decoded event holds
_BARE_BYTES = 800  # of memory that a record without its raw bytes holds in all

_new = tuple.__new__  # a named tuple without the call that names cost
_Held = tuple[int, str, str, bytes, bytes, AuditEvent | None]


class Admission(Enum):
    """What a record was when it came."""

    NEW = "new"
    REVISION = "revision"  # source and id are known, the content is not
    DUPLICATE = "duplicate"


_NEW, _DUPLICATE = Admission.NEW, Admission.DUPLICATE


class SpooledRecord(NamedTuple):
    """A distinct record on its way out. `time_ms` is event time, UTC milliseconds; `raw` the vendor's JSON as received.

    `revision`: another content of the same source and id came before it in this order. `event` is None where the record
    was on disk: decode `raw` again. `raw` is empty in a spool that does not keep it, and then `event` is there.
    """

    time_ms: int
    raw: bytes
    revision: bool
    event: AuditEvent | None


class Spool:
    """Takes records in any order, gives the distinct ones by (time, source, id, content digest), whatever the arrival.

    About `memory_bytes_max` bytes of records are held; beyond that sorted runs go to a temporary folder (in `folder`).
    The index of what was seen stays in memory: some 30 bytes for each distinct record that is on disk. Who only judges the
    records needs no `verbatim` copy of them: events alone are a third of the size, and are not decoded again when they were
    on disk.
    """

    def __init__(
        self, memory_bytes_max: int | None = None, folder: Path | None = None, *, verbatim: bool = True
    ) -> None:
        if memory_bytes_max is None:
            memory_bytes_max = MEMORY_BYTES_MAX if verbatim else EVENT_BYTES_MAX
        self._memory_bytes_max = memory_bytes_max
        self._folder = folder
        self._verbatim = verbatim
        self._index = RecordIndex()
        self._held: list[_Held] = []
        self._held_bytes = 0
        self._keeps_events = True
        self._sorted = True
        self._runs: Runs | None = None
        self._revised: set[tuple[str, str]] = set()

    def __len__(self) -> int:
        """Distinct records."""
        return len(self._index)

    @property
    def spilled(self) -> bool:
        """Something is on disk."""
        return self._runs is not None

    def add(self, event: AuditEvent, raw: bytes, digest: bytes | None = None) -> Admission:
        """Take one record. `digest`: 16 bytes over its canonical JSON, computed from `raw` when not given."""
        if digest is None:
            digest = content_digest(canonical(loads(raw)))
        source, record_id = event.source._value_, event.record_id
        contents = self._index.add(source, record_id, digest)
        if not contents:
            return _DUPLICATE
        self._sorted = False
        if not self._verbatim:
            self._held.append((event.time_ms, source, record_id, digest, b"", event))
            self._held_bytes += _BARE_BYTES
        else:
            kept = event if self._keeps_events else None
            self._held.append((event.time_ms, source, record_id, digest, raw, kept))
            self._held_bytes += len(raw) + _RECORD_BYTES + (_EVENT_BYTES if self._keeps_events else 0)
        if self._held_bytes > self._memory_bytes_max:
            self._relieve()
        if contents == 1:
            return _NEW
        self._revised.add((source, record_id))
        return Admission.REVISION

    def _relieve(self) -> None:
        """First let the decoded events go; when that was done before, go to disk."""
        if self._verbatim and self._keeps_events:
            self._keeps_events = False
            self._held_bytes -= _EVENT_BYTES * len(self._held)
            for at, record in enumerate(self._held):
                self._held[at] = (*record[:5], None)
            if self._held_bytes <= self._memory_bytes_max // 2:
                return
        self._held.sort()
        self._index.pack()
        if self._runs is None:
            self._runs = Runs(self._folder)
        self._runs.write(_keys(self._held))
        self._held = []
        self._held_bytes = 0

    def ordered(self) -> Iterator[SpooledRecord]:
        """Give all distinct records in order. May be called again; nothing may be added meanwhile."""
        if not self._sorted:
            self._held.sort()
            self._sorted = True
        if self._runs is None:
            return self._marked(self._held)
        return self._marked(map(self._restored, self._runs.merged(_keys(self._held))))

    def _restored(self, record: Keyed) -> _Held:
        """A record as it is on disk, as it was held."""
        if self._verbatim:
            return (*record, None)
        return (*record[:4], b"", unpack(record[4]))

    def _marked(self, records: Iterable[_Held]) -> Iterator[SpooledRecord]:
        revised, met = self._revised, set[tuple[str, str]]()
        revision = False
        for time_ms, source, record_id, _, raw, event in records:
            if revised:
                identity = (source, record_id)
                revision = identity in met
                if identity in revised:
                    met.add(identity)
            yield _new(SpooledRecord, (time_ms, raw, revision, event))

    def close(self) -> None:
        """Let everything go, on disk too."""
        self._held = []
        if self._runs is not None:
            self._runs.close()
            self._runs = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _keys(held: list[_Held]) -> Iterator[Keyed]:
    """Records as they go to disk: the event in the place of the raw bytes where those are not kept."""
    for time_ms, source, record_id, digest, raw, event in held:
        yield time_ms, source, record_id, digest, raw if raw or event is None else pack(event)
