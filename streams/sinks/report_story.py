"""The story of an incident as steps, and its advice as steps. Layer: streams."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from streams.sinks.report_model import Record, StoryStep
from streams.sinks.report_values import text

_LINE_CHARACTERS_MAX = 1_000
_LINES_MAX = 200
_MINUTE_MS = 60_000
_TIMED = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d) UTC: (.+)")
_BECAUSE = " Because: "
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


def story_steps(desc: object, records: tuple[Record, ...]) -> tuple[StoryStep, ...]:
    """One step per line of `finding_info.desc`; a line that begins with its UTC time gets it as a time."""
    lines = desc.split("\n")[:_LINES_MAX] if isinstance(desc, str) else []
    cleaned = (text(line, _LINE_CHARACTERS_MAX).strip() for line in lines)
    return tuple(_step(line, records) for line in cleaned if line)


def advice_steps(desc: object) -> tuple[str, ...]:
    """One step per sentence of `remediation.desc`, each once."""
    lines = desc.split("\n")[:_LINES_MAX] if isinstance(desc, str) else []
    steps = (step for line in lines for step in _SENTENCE_END.split(text(line, _LINE_CHARACTERS_MAX).strip()))
    return tuple(dict.fromkeys(step for step in steps if step))


def _step(line: str, records: tuple[Record, ...]) -> StoryStep:
    timed = _TIMED.fullmatch(line)
    time_ms = _milliseconds(timed.group(1)) if timed else None
    rest = timed.group(2) if timed and time_ms is not None else line
    sentence, found, because = rest.rpartition(_BECAUSE)
    if not found:
        return StoryStep(rest, "", time_ms)
    return StoryStep(sentence, because, time_ms, _stage(time_ms, because, records))


def _milliseconds(minute: str) -> int | None:
    try:
        moment = datetime.strptime(minute, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp() * 1000)


def _stage(time_ms: int | None, because: str, records: tuple[Record, ...]) -> str:
    """Stage of a record of that minute whose reasons are those of the line."""
    for record in records:
        if time_ms is None or record.time_ms is None or record.time_ms // _MINUTE_MS != time_ms // _MINUTE_MS:
            continue
        if any(f"{reason.feature} {reason.observed}" in because for reason in record.reasons):
            return record.stage
    return ""
