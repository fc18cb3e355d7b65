"""From a stored OCSF message (contracts 2) to what the report shows of it. Layer: streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.contracts.incident import Reason, Resource, Tier
from streams.sinks.report_model import OTHER_STAGE, STAGES, HarmClock, Record, ReportIncident, Technique
from streams.sinks.report_story import advice_steps, story_steps
from streams.sinks.report_values import identifier, items, members, number, objects, text, texts, whole

_NAME_CHARACTERS_MAX = 300
_DELAYS = {"vendor_ms": "Microsoft", "collector_ms": "the collector", "watchpost_ms": "Watchpost"}
_SEVERITIES = ("Informational", "Low", "Medium", "High", "Critical", "Fatal")  # OCSF 1.8
_UNKNOWN = Resource("User", "unknown", "unknown")


def read_incident(message: Mapping[str, Any]) -> ReportIncident:
    """What the report shows of a message; what is missing or of the wrong type is left empty, never an error."""
    finding, unmapped = members(message.get("finding_info")), members(message.get("unmapped"))
    resources = [_resource(item) for item in objects(message.get("resources"))] or [_UNKNOWN]
    records = _records(message)
    tier_times = members(unmapped.get("tier_times"))
    return ReportIncident(
        uid=identifier(finding.get("uid")),
        tenant=identifier(members(message.get("metadata")).get("tenant_uid")),
        tier=Tier.ACT if unmapped.get("tier") == Tier.ACT.value else Tier.REVIEW,
        severity=_severity(message.get("severity")),
        status=text(message.get("status"), 40),
        risk=whole(message.get("risk_score")),
        account=resources[0],
        others=tuple(resources[1:]),
        title=_title(text(finding.get("title")), resources[0]),
        story=story_steps(finding.get("desc"), records),
        advice=advice_steps(members(message.get("remediation")).get("desc")),
        first_ms=whole(finding.get("first_seen_time")),
        last_ms=whole(finding.get("last_seen_time")),
        created_ms=whole(finding.get("created_time")),
        act_ms=whole(tier_times.get("act")),
        score_nats=number(unmapped.get("score_nats")),
        stages=_stages(unmapped, records),
        techniques=tuple(_technique(attack) for attack in objects(finding.get("attacks"))),
        detectors=_detectors(finding),
        records=records,
        count=max(whole(message.get("count")) or 0, len(records)),
        maturity=text(unmapped.get("maturity")),
        profile=identifier(unmapped.get("profile")),
        blind_spots=texts(unmapped.get("blind_spots")),
        historical=unmapped.get("historical") is True,
        campaign=identifier(unmapped.get("campaign")),
        delay=_delay(members(unmapped.get("delay"))),
        harm=_harm(members(unmapped.get("harm_clock"))),
    )


def _resource(item: Mapping[str, Any]) -> Resource:
    uid = identifier(item.get("uid"))
    return Resource(text(item.get("type"), 40), uid, text(item.get("name"), _NAME_CHARACTERS_MAX) or uid)


def _title(title: str, account: Resource) -> str:
    """The title without the account that stands beside it anyway."""
    for name in (account.uid, account.name):
        title = title.removeprefix(f"{name}: ")
    return title or "Incident without a title"


def _severity(value: object) -> str:
    return next((severity for severity in _SEVERITIES if severity == value), "")


def _stages(unmapped: Mapping[str, Any], records: tuple[Record, ...]) -> tuple[str, ...]:
    """Stages that were reached, in the order in which an attack is told."""
    named = {_stage(name) for name in items(unmapped.get("stages"))} | {record.stage for record in records}
    return tuple(stage for stage in (*STAGES, OTHER_STAGE) if stage in named)


def _stage(name: object) -> str:
    return name if isinstance(name, str) and name in STAGES else OTHER_STAGE


def _technique(attack: Mapping[str, Any]) -> Technique:
    technique, part = members(attack.get("technique")), members(attack.get("sub_technique"))
    names = [text(named.get("name")) for named in (technique, part)]
    return Technique(
        uid=identifier(part.get("uid")) or identifier(technique.get("uid")),
        name=": ".join(name for name in names if name),
        tactic=text(members(attack.get("tactic")).get("name")),
    )


def _detectors(finding: Mapping[str, Any]) -> tuple[str, ...]:
    analytics = [members(finding.get("analytic")), *objects(finding.get("related_analytics"))]
    return tuple(dict.fromkeys(uid for uid in (identifier(analytic.get("uid")) for analytic in analytics) if uid))


def _records(message: Mapping[str, Any]) -> tuple[Record, ...]:
    ordered = sorted(
        objects(message.get("evidences")),
        key=lambda item: (whole(members(item.get("data")).get("time")) or 0, text(item.get("uid"))),
    )
    return tuple(_record(place, item) for place, item in enumerate(ordered, 1))


def _record(place: int, item: Mapping[str, Any]) -> Record:
    data = members(item.get("data"))
    reasons = [_reason(reason) for reason in objects(data.get("reasons"))]
    return Record(
        number=place,
        uid=identifier(item.get("uid")),
        detector=text(item.get("name")),
        time_ms=whole(data.get("time")),
        operation=text(data.get("operation"), _NAME_CHARACTERS_MAX),
        ip=text(data.get("ip"), _NAME_CHARACTERS_MAX),
        session=identifier(data.get("session")),
        stage=_stage(data.get("stage")),
        nats=number(data.get("nats")),
        reasons=tuple(sorted(reasons, key=lambda reason: -reason.nats)),
    )


def _reason(reason: Mapping[str, Any]) -> Reason:
    return Reason(
        feature=text(reason.get("feature"), 100).replace("_", " "),
        observed=text(reason.get("observed"), _NAME_CHARACTERS_MAX),
        expected=text(reason.get("expected"), _NAME_CHARACTERS_MAX),
        nats=number(reason.get("nats")),
    )


def _delay(delay: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    known = [(whose, whole(delay.get(name))) for name, whose in _DELAYS.items()]
    return tuple((whose, max(milliseconds, 0)) for whose, milliseconds in known if milliseconds is not None)


def _harm(harm: Mapping[str, Any]) -> HarmClock | None:
    before, after = whole(harm.get("acts_before")), whole(harm.get("acts_after"))
    if before is None or after is None or before < 0 or after < 0:
        return None
    return HarmClock(whole(harm.get("alert_wall_ms")), before, after)
