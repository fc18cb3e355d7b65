"""An alert in the words in which people get it: who, what, how sure, what to do; then the story. Layer: streams.

Built from the OCSF message alone. Every text is inert: one line, no control characters, nothing that becomes a link.
Markup is the business of the sink that writes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.contracts.incident import Activity, Tier
from streams.sinks.alert_sink import Alert
from streams.sinks.inert import inert
from streams.sinks.wording import time_text

STORY_LINES_MAX = 40
REASONS_MAX = 3
BLIND_SPOTS_MAX = 3
_WHO_MAX, _WHAT_MAX, _TODO_MAX, _LINE_MAX, _FACT_MAX = 120, 240, 600, 600, 200
_WORDS = {Activity.CREATE: "", Activity.UPDATE: "update", Activity.CLOSE: "closed"}
_NEXT = {Tier.ACT: "sure enough to act at once", Tier.REVIEW: "a person should look"}


@dataclass(frozen=True, slots=True)
class StageSeen:
    """A stage of the attack and when its first evidence was: `2026-03-02 09:12 UTC`."""

    stage: str
    time: str
    operation: str


@dataclass(frozen=True, slots=True)
class AlertView:
    """What a sink for people shows, in this order."""

    label: str  # "ACT", "REVIEW (update)"
    who: str
    what: str
    sure: str
    todo: str
    story: tuple[str, ...]
    stages: tuple[StageSeen, ...]
    reasons: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]

    @property
    def headline(self) -> str:
        """Who and what, on one line."""
        return f"{self.label}: {self.who}: {self.what}"


def view_of(alert: Alert) -> AlertView:
    """The view of an alert; missing fields are left out, never an error."""
    message = alert.parsed
    who = _who(message)
    word = _WORDS[alert.activity]
    return AlertView(
        label=alert.tier.value.upper() + (f" ({word})" if word else ""),
        who=who,
        what=_what(message, who),
        sure=_sure(message, alert.tier),
        todo=_todo(message, alert.activity),
        story=_story(message),
        stages=_stages(message),
        reasons=_reasons(message),
        facts=_facts(alert),
    )


def plain_text(view: AlertView) -> str:
    """The view as plain lines, the three that matter first."""
    lines = [view.headline, f"How sure: {view.sure}", f"Do now: {view.todo}", ""]
    lines += ["What happened:", *(f"  {line}" for line in view.story), ""]
    if view.stages:
        lines += ["Stages:", *(f"  {seen.time}  {seen.stage}: {seen.operation}" for seen in view.stages), ""]
    if view.reasons:
        lines += ["Why:", *(f"  {reason}" for reason in view.reasons), ""]
    lines += [f"{name}: {value}" for name, value in view.facts]
    return "\n".join(lines) + "\n"


def _who(message: Mapping[str, Any]) -> str:
    first = _first_resource(message)
    name = inert(str(first.get("name") or first.get("uid") or "unknown account"), _WHO_MAX)
    kind = first.get("type")
    return name if kind in ("User", None) else f"{inert(str(kind), 20).lower()} {name}"


def _what(message: Mapping[str, Any], who: str) -> str:
    """The title without the account that it begins with."""
    title = _text(message, "finding_info", "title")
    for start in (str(_first_resource(message).get("uid", "")), who):
        if start and title.startswith(f"{start}: "):
            return inert(title[len(start) + 2 :], _WHAT_MAX)
    return inert(title or "an incident without a title", _WHAT_MAX)


def _sure(message: Mapping[str, Any], tier: Tier) -> str:
    parts = [f"{_NEXT[tier]}: {_number(message, 'confidence_score')} of 100"]
    if severity := inert(str(message.get("severity") or ""), 20).lower():
        parts.append(f"severity {severity}")
    unmapped = message.get("unmapped") or {}
    if stages := [inert(str(stage), 20) for stage in unmapped.get("stages") or []]:
        parts.append("seen: " + ", ".join(stages))
    parts.append(f"since {_time(message, 'first_seen_time')}")
    if unmapped.get("maturity") == "learning":
        parts.append("the account's normal is still being learnt")
    if unmapped.get("historical"):
        parts.append("from a back-fill, nothing live yet")
    return "; ".join(parts)


def _todo(message: Mapping[str, Any], activity: Activity) -> str:
    advice = _text(message, "remediation", "desc") or "Read the story and ask the owner."
    if activity is Activity.CLOSE:
        advice = f"Nothing new was seen for three days. Unless it was done: {advice}"
    return inert(advice, _TODO_MAX)


def _story(message: Mapping[str, Any]) -> tuple[str, ...]:
    lines = [line for line in _text(message, "finding_info", "desc").split("\n") if line.strip()]
    shown = [inert(line, _LINE_MAX) for line in lines[:STORY_LINES_MAX]]
    if len(lines) > STORY_LINES_MAX:
        shown.append(f"({len(lines) - STORY_LINES_MAX} more lines: see the incident itself)")
    return tuple(shown)


def _stages(message: Mapping[str, Any]) -> tuple[StageSeen, ...]:
    """Stages by the time of their first evidence."""
    first: dict[str, Mapping[str, Any]] = {}
    for data in _evidence(message):
        stage = str(data.get("stage"))
        if stage not in first or _when(data) < _when(first[stage]):
            first[stage] = data
    ordered = sorted(first.items(), key=lambda item: (_when(item[1]), item[0]))
    return tuple(
        StageSeen(inert(stage, 20), time_text(_when(data)), inert(str(data.get("operation", "")), _FACT_MAX))
        for stage, data in ordered
    )


def _reasons(message: Mapping[str, Any]) -> tuple[str, ...]:
    """The strongest reasons, one per feature."""
    best: dict[str, tuple[float, str]] = {}
    for data in _evidence(message):
        for reason in data.get("reasons") or []:
            feature, nats = str(reason.get("feature", "")), _float(reason.get("nats"))
            if nats > best.get(feature, (0.0, ""))[0]:
                best[feature] = (nats, _reason(feature, reason))
    return tuple(text for _, text in sorted(best.values(), key=lambda found: -found[0])[:REASONS_MAX])


def _reason(feature: str, reason: Mapping[str, Any]) -> str:
    expected = str(reason.get("expected") or "")
    usual = f" (usual: {inert(expected, _FACT_MAX)})" if expected else ""
    return f"{inert(feature.replace('_', ' '), 60)}: {inert(str(reason.get('observed', '')), _FACT_MAX)}{usual}"


def _facts(alert: Alert) -> tuple[tuple[str, str], ...]:
    message = alert.parsed
    unmapped = message.get("unmapped") or {}
    facts = [
        ("Account", inert(alert.account, _WHO_MAX)),
        ("Tenant", inert(alert.tenant, _WHO_MAX)),
        ("First and last seen", f"{_time(message, 'first_seen_time')} to {_time(message, 'last_seen_time')}"),
        ("Records", _number(message, "count")),
        ("ATT&CK", _techniques(message)),
        ("Campaign", inert(str(unmapped.get("campaign") or ""), _FACT_MAX)),
        ("Could not be seen", _blind_spots(unmapped.get("blind_spots") or [])),
        ("Incident", inert(alert.incident, _FACT_MAX)),
        ("Message", inert(alert.uid, _FACT_MAX)),
    ]
    return tuple((name, value) for name, value in facts if value)


def _techniques(message: Mapping[str, Any]) -> str:
    found = dict.fromkeys(
        str((attack.get("sub_technique") or attack.get("technique") or {}).get("uid", ""))
        for attack in (message.get("finding_info") or {}).get("attacks") or []
    )
    return inert(", ".join(uid for uid in found if uid), _FACT_MAX)


def _blind_spots(spots: Sequence[Any]) -> str:
    shown = [inert(str(spot), _FACT_MAX) for spot in spots[:BLIND_SPOTS_MAX]]
    more = len(spots) - BLIND_SPOTS_MAX
    return "; ".join(shown) + (f"; and {more} more" if more > 0 else "")


def _first_resource(message: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (message.get("resources") or [{}])[0]
    return found


def _evidence(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [evidence.get("data") or {} for evidence in message.get("evidences") or []]


def _text(message: Mapping[str, Any], part: str, field: str) -> str:
    return str((message.get(part) or {}).get(field) or "")


def _number(message: Mapping[str, Any], field: str) -> str:
    value = message.get(field)
    return f"{value:,}" if isinstance(value, int) else "unknown"


def _time(message: Mapping[str, Any], field: str) -> str:
    value = (message.get("finding_info") or {}).get(field)
    return time_text(value) if isinstance(value, int) else "an unknown time"


def _when(data: Mapping[str, Any]) -> int:
    value = data.get("time")
    return value if isinstance(value, int) else 0


def _float(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
