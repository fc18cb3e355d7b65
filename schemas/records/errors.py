"""Why a record could not be read. Layer: schemas."""

from __future__ import annotations


class UnreadableRecord(ValueError):
    """The bytes are not a vendor record Watchpost knows. `reason` is one plain line without record content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
