"""What must not leave the collector: the matched texts of DLP records. Layer: streams.

`DetectedValues` holds the very card or passport numbers that the policy found (reference: Management Activity API, 9.11).
"""

from __future__ import annotations

from typing import Any

import orjson

from schemas.records.mended_json import loads

REDACTED = "[redacted]"
_NAME = "detectedvalues"
_MARK = b"detectedvalues"


def redacted(record: bytes) -> bytes:
    """The record without detected values, one mark in the place of each; the very same bytes where there are none."""
    if _MARK not in record.lower():
        return record
    try:
        return orjson.dumps(_clean(loads(record)))
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):
        return orjson.dumps(REDACTED)  # no record, and nobody may read it


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _hidden(held) if name.lower() == _NAME else _clean(held) for name, held in value.items()}
    if isinstance(value, list):
        return [_clean(held) for held in value]
    if isinstance(value, str) and _NAME in value.lower():
        return _clean_text(value)
    return value


def _hidden(held: Any) -> Any:
    return [REDACTED] * len(held) if isinstance(held, list) else REDACTED


def _clean_text(text: str) -> str:
    """JSON inside a text is cleaned too; other text that speaks of detected values is dropped."""
    try:
        inner = orjson.loads(text)
    except orjson.JSONDecodeError:
        return REDACTED
    return orjson.dumps(_clean(inner)).decode() if isinstance(inner, dict | list) else REDACTED
