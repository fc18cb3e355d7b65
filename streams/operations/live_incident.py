"""An incident's OCSF message (contracts 2) as the live view shows it. Layer: streams."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from schemas.contracts.incident import Tier
from streams.operations.live_state import IncidentView, StageView

_CLOSED = 3
_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d) UTC: (.+)", re.DOTALL)
_MINUTE_MS = 60_000


def incident_view(message: Mapping[str, Any]) -> IncidentView:
    """The view of the latest message about an incident.

    The sentences are those of the story, without their reasons; a sentence's stage and exact time are those of the first
    evidence within its minute.
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
    evidence = sorted(_evidence(message))
    found = []
    used: set[tuple[int, str]] = set()
    for text in story.split("\n"):
        if not (line := _LINE.fullmatch(text)):
            continue
        minute_ms = _minute_ms(line[1])
        near = [one for one in evidence if minute_ms <= one[0] < minute_ms + _MINUTE_MS]
        best = next((one for one in near if one not in used), near[0] if near else (minute_ms, "evidence"))
        used.add(best)
        found.append(StageView(best[0], best[1], line[2].partition(" Because: ")[0]))
    return tuple(found)


def _evidence(message: Mapping[str, Any]) -> set[tuple[int, str]]:
    """Times and stages."""
    found = set()
    for one in message.get("evidences") or []:
        data = one.get("data") or {}
        if isinstance(data.get("time"), int):
            found.add((data["time"], str(data.get("stage", ""))))
    return found


def _minute_ms(text: str) -> int:
    try:
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    except ValueError:
        return 0
    return int(moment.timestamp() * 1000)
