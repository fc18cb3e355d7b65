"""In which forms a result can be had. Layer: streams."""

from __future__ import annotations

from enum import StrEnum


class OutputFormat(StrEnum):
    """Forms of the result of `scan`."""

    TABLE = "table"
    JSONL = "jsonl"
    HTML = "html"
