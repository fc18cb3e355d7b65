"""Which records were seen in the last days, in about 30 bytes each. Layer: streams.

For a collector whose archive lies elsewhere: what the vendor can still list or send again is known exactly, older records are
forgotten, so that a process may live for months.
"""

from __future__ import annotations

import struct
from hashlib import blake2b

from streams.clock import Clock

DAY_MS = 86_400_000
KEEP_DAYS = 10  # the vendor lists seven days back; what it sends again came within days
_ID_BYTES = 16
_CONTENT_BYTES = 8
_DAY = struct.Struct("<H")
_ENTRY_BYTES = _ID_BYTES + _CONTENT_BYTES + _DAY.size
_BUCKETS = 1 << 14  # chosen by the first bytes of the id digest; a bucket is searched by `find`


class RecentIndex:
    """Set of (identity, content) by digests: 16 bytes of identity, 8 of content, 2 of the day on which it was stored."""

    def __init__(self, clock: Clock, keep_days: int = KEEP_DAYS) -> None:
        self._clock = clock
        self._keep_days = keep_days
        self._buckets = [bytearray() for _ in range(_BUCKETS)]
        self._day = 0

    def __len__(self) -> int:
        return sum(map(len, self._buckets)) // _ENTRY_BYTES

    def contents(self, source: str, record_id: str, digest: bytes) -> int:
        """Remember a record. Gives 0 when identity and content are known, else 1 + contents known of this identity."""
        self._turn()
        identity = blake2b(f"{source}\0{record_id}".encode("utf-8", "surrogatepass"), digest_size=_ID_BYTES).digest()
        content = digest[:_CONTENT_BYTES]
        bucket = self._buckets[(identity[0] << 8 | identity[1]) % _BUCKETS]
        count = 1
        at = bucket.find(identity)
        while at >= 0:
            if at % _ENTRY_BYTES == 0:
                if bucket[at + _ID_BYTES : at + _ID_BYTES + _CONTENT_BYTES] == content:
                    return 0
                count += 1
            at = bucket.find(identity, at + 1)
        bucket += identity + content + _DAY.pack(self._day)
        return count

    def _turn(self) -> None:
        """At the first record of a day forget those that are too old."""
        day = self._clock.now_ms() // DAY_MS
        if day <= self._day:
            return
        self._day = day
        for bucket in self._buckets:
            kept = bytearray()
            for at in range(0, len(bucket), _ENTRY_BYTES):
                entry = bucket[at : at + _ENTRY_BYTES]
                if _DAY.unpack_from(entry, _ENTRY_BYTES - _DAY.size)[0] > day - self._keep_days:
                    kept += entry
            bucket[:] = kept
