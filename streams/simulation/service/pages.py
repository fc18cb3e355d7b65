"""Pages of a listing: the rows are settled at the first page, and the skip token goes on in them. Layer: streams."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from urllib.parse import quote

from streams.simulation.service.odata import BadQuery
from streams.simulation.service.web import Request

_SNAPSHOTS_MAX = 512


@dataclass(slots=True)
class Pages:
    """Settled listings by number, the oldest forgotten first. Thread-safe."""

    _kept: OrderedDict[int, list[int]] = field(default_factory=OrderedDict)
    _number: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def settle(self, positions: list[int]) -> int:
        """Keep a listing; its number."""
        with self._lock:
            self._number += 1
            self._kept[self._number] = positions
            if len(self._kept) > _SNAPSHOTS_MAX:
                self._kept.popitem(last=False)
            return self._number

    def resume(self, token: str) -> tuple[int, list[int], int]:
        """Number, listing and index of a skip token; `BadQuery`."""
        number, _, index = token.partition("_")
        with self._lock:
            positions = self._kept.get(int(number, 16)) if _hexadecimal(number) else None
        if positions is None or not index.isdecimal():
            raise BadQuery("The skip token is invalid or has expired.")
        return int(number, 16), positions, int(index)


def _hexadecimal(text: str) -> bool:
    return 0 < len(text) <= 16 and all(letter in "0123456789abcdef" for letter in text)


def skip_token(number: int, index: int) -> str:
    """The token that goes on at an index of a settled listing."""
    return f"{number:012x}_{index}"


def next_link(base: str, request: Request, token: str) -> str:
    """The link to the next page: the same query with the token."""
    kept = [f"{quote(name, safe='$')}={quote(value, safe='')}"
            for name, value in request.query.items() if name not in ("$skiptoken", "$skip")]  # fmt: skip
    return f"{base}{quote(request.path, safe='/')}?" + "&".join([*kept, f"$skiptoken={token}"])
