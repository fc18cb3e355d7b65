"""An incident's OCSF message (contracts 2) as the live view shows it. Layer: streams."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from schemas.contracts.incident import Tier
from streams.operations.live_state import IncidentView, StageView

_CLOSED = 3
_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d) UTC: (.+)", re.DOTALL)
_MINUTE_MS = 60_000


def incident_view(message: Mapping[str, Any]) -> IncidentView:
    """The view of the latest message about an incident.

    The sentences are those of the story, without their reasons; a sentence's stage and exact time are those of the
    evidence within its minute that has the same reasons.
    """
    finding, unmapped = message.get("finding_info") or {}, message.get("unmapped") or {}
    first = (message.get("resources") or [{}])[0]
    return IncidentView(
        uid=str(finding.get("uid", "")),
        account=str(first.get("name") or first.get("uid") or "unknown account"),
        tier=Tier.ACT if unmapped.get("tier") == "act" else Tier.REVIEW,
        stages=_stages(str(finding.get("desc", "")), message),
        advice=str((message.get("remediation") or {}).get("desc", "")),
        closed=message.get("activity_id") == _CLOSED,
    )


def _stages(story: str, message: Mapping[str, Any]) -> tuple[StageView, ...]:
    evidence = [one.get("data") or {} for one in message.get("evidences") or []]
    found = []
    for text in story.split("\n"):
        if line := _LINE.fullmatch(text):
            sentence, _, because = line[2].partition(" Because: ")
            time_ms, stage = _place(_minute_ms(line[1]), because, evidence)
            found.append(StageView(time_ms, stage, sentence))
    return tuple(found)


def _place(minute_ms: int, because: str, evidence: Sequence[Mapping[str, Any]]) -> tuple[int, str]:
    """Exact time and stage of a line: of the evidence in its minute, the first whose reasons it gives."""
    near = [data for data in evidence if minute_ms <= _time(data) < minute_ms + _MINUTE_MS]
    near.sort(key=lambda data: (not _gives(because, data), _time(data)))
    return (_time(near[0]), str(near[0].get("stage", ""))) if near else (minute_ms, "evidence")


def _gives(because: str, data: Mapping[str, Any]) -> bool:
    reasons = data.get("reasons") or []
    starts = (f"{str(one.get('feature', '')).replace('_', ' ')} {one.get('observed', '')}" for one in reasons)
    return any(because.startswith(start) for start in starts)


def _time(data: Mapping[str, Any]) -> int:
    value = data.get("time")
    return value if isinstance(value, int) else -1


def _minute_ms(text: str) -> int:
    try:
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    except ValueError:
        return 0
    return int(moment.timestamp() * 1000)
