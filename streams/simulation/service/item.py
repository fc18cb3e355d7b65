"""One encoded record on its way to where it can be fetched. Layer: streams."""

from __future__ import annotations

from typing import NamedTuple

NOBODY = -1
BENIGN = -1
AFTERMATH = -2


class Item(NamedTuple):
    """Arrival and event time (UTC milliseconds), place in the spool, whose it is, and which attack made it.

    `who` is the index of the acting account or application, or NOBODY; `attack` the number of an attack, BENIGN, or
    AFTERMATH (what an account does because of what was done to it); `revision` that it replaces an earlier row with
    the same id.
    """

    arrival: int
    time: int
    position: int
    who: int = NOBODY
    attack: int = BENIGN
    revision: bool = False
