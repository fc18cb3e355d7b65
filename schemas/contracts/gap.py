"""The value of a gap entry: what could not be seen, from when to when. Layer: schemas.

Either a `Gap` as JSON with sorted keys, or (older entries) a decimal number of UTC milliseconds, whose day is not learnt.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import orjson

from schemas.contracts.collected import Gap, GapKind

TIME_MAX_MS = 4_102_444_800_000  # 2100-01-01: no gap is later
TEXT_MAX = 2_000  # characters of a text that are kept


def encode_gap(gap: Gap) -> bytes:
    """JSON bytes with sorted keys: equal gaps are equal bytes."""
    return orjson.dumps(asdict(gap), option=orjson.OPT_SORT_KEYS)


def decode_gap(value: bytes) -> Gap:
    """Read the value of a gap entry; ValueError when it is none. A bare number is a gap of unknown feed at that moment."""
    try:
        body: Any = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise ValueError("the value of a gap entry is neither JSON nor a number of milliseconds") from error
    if isinstance(body, int) and not isinstance(body, bool):
        return Gap("", GapKind.EXPIRED, _time(body), _time(body), "")
    if not isinstance(body, dict):
        raise ValueError("the value of a gap entry is no JSON object")
    try:
        texts = [str(body[name])[:TEXT_MAX] for name in ("feed", "text")]
        from_ms, to_ms = _time(body["from_ms"]), _time(body["to_ms"])
        nats = float(body.get("nats", 0.0))
        remedy = str(body.get("remedy", ""))[:TEXT_MAX]
        kind = GapKind(body["kind"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("the value of a gap entry lacks a member, or one is wrong") from error
    if not math.isfinite(nats):
        raise ValueError("the value of a gap entry is no finite surprise")
    return Gap(texts[0], kind, from_ms, max(from_ms, to_ms), texts[1], remedy, body.get("over") is True, nats)


def _time(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < TIME_MAX_MS:
        raise ValueError("a time that is none")
    return value
