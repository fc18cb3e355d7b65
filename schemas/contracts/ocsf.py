"""An incident as an OCSF 1.8 Detection Finding: the message of contracts 2. Layer: schemas.

Pure and total: equal incidents give equal objects. Text from vendor records is cleaned here, because everything behind
this point (terminals, SIEMs, playbooks) trusts it; numbers are finite integers and floats, so that the JSON is strict.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import orjson

from schemas.contracts.evidence_choice import choose_evidence, finite
from schemas.contracts.incident import Activity, EvidenceRecord, Incident, Reason, Resource, Stage, Technique, Tier
from schemas.text import printable

OCSF_VERSION: Final = "1.8.0"
ATTACK_VERSION: Final = "17"
_CATEGORY, _CLASS = 2, 2004
_ACTIVITIES: Final = {Activity.CREATE: (1, "Create"), Activity.UPDATE: (2, "Update"), Activity.CLOSE: (3, "Close")}
_STATUS: Final = {1: (1, "New"), 2: (2, "In Progress"), 3: (4, "Resolved")}
_SEVERITIES: Final = {3: "Medium", 4: "High", 5: "Critical"}
_HARMFUL: Final = (Stage.EXFILTRATION, Stage.IMPACT)
_MANY_STAGES: Final = 3
_BEHAVIOURAL: Final = 2  # OCSF analytic type
_HALF_NATS: Final = 5.0  # score at which confidence is half
_ID_MAX, _TEXT_MAX, _STORY_LINE_MAX = 2_000, 500, 1_000


def to_ocsf(incident: Incident) -> dict[str, Any]:
    """The message about an incident, ready for JSON."""
    activity_id, activity = _ACTIVITIES[incident.activity]
    severity_id = severity_of(incident)
    status_id, status = _STATUS[activity_id]
    message: dict[str, Any] = {
        "class_uid": _CLASS,
        "class_name": "Detection Finding",
        "category_uid": _CATEGORY,
        "category_name": "Findings",
        "type_uid": _CLASS * 100 + activity_id,
        "activity_id": activity_id,
        "activity_name": activity,
        "time": incident.time_ms,
        "status_id": status_id,
        "status": status,
        "severity_id": severity_id,
        "severity": _SEVERITIES[severity_id],
        "confidence_score": confidence_of(incident.score_nats),
        "risk_score": _risk_of(incident),
        "count": incident.count,
        "metadata": _metadata(incident),
        "finding_info": _finding(incident),
        "resources": [_resource(resource) for resource in incident.resources],
        "evidences": _evidences(incident.evidence),
        "unmapped": _unmapped(incident),
    }
    if incident.remediation:
        message["remediation"] = {"desc": _lines(incident.remediation)}
    return message


def encode_ocsf(incident: Incident) -> bytes:
    """The message as strict JSON on one line, members in a fixed order."""
    return orjson.dumps(to_ocsf(incident), option=orjson.OPT_SORT_KEYS)


def severity_of(incident: Incident) -> int:
    """OCSF severity: medium or high for review, high or critical for act; the higher when harm is done or stages are many."""
    grave = len(incident.stages) >= _MANY_STAGES or any(stage in _HARMFUL for stage in incident.stages)
    return (4 if incident.tier is Tier.ACT else 3) + grave


def confidence_of(nats: float) -> int:
    """0-100, saturating: half at 5 nats, 75 at the nominal review threshold, 87 at act."""
    return 0 if not nats > 0 else min(100, round(100 * (1 - 2.0 ** (-nats / _HALF_NATS))))


def _risk_of(incident: Incident) -> int:
    """0-100: confidence weighed by what the stages mean; all of it once harm is done or an answer is due."""
    share = {3: 0.6, 4: 0.85, 5: 1.0}[severity_of(incident)]
    return round(confidence_of(incident.score_nats) * share)


@cache
def package_version() -> str:
    """Version of the installed package."""
    try:
        return version("watchpost")
    except PackageNotFoundError:
        return "0"


def _metadata(incident: Incident) -> dict[str, Any]:
    return {
        "uid": _id(incident.message_uid),
        "version": OCSF_VERSION,
        "product": {"name": "Watchpost", "vendor_name": "Watchpost", "version": package_version()},
        "tenant_uid": _id(incident.tenant),
    }


def _finding(incident: Incident) -> dict[str, Any]:
    analytics = [_analytic(detector) for detector in incident.detectors]
    finding: dict[str, Any] = {
        "uid": _id(incident.uid),
        "title": _text(incident.title),
        "desc": _lines(incident.story),
        "first_seen_time": incident.first_ms,
        "last_seen_time": incident.last_ms,
        "created_time": incident.created_ms,
        "attacks": [_attack(technique) for technique in incident.techniques],
    }
    if analytics:
        finding["analytic"] = analytics[0]
        finding["related_analytics"] = analytics[1:]
    return finding


def _analytic(detector: str) -> dict[str, Any]:
    return {"uid": _id(detector), "name": _id(detector), "type_id": _BEHAVIOURAL, "type": "Behavioral"}


def _attack(technique: Technique) -> dict[str, Any]:
    """ATT&CK's own split: "T1564.008" is technique T1564 with sub-technique T1564.008."""
    base, dot, _ = technique.uid.partition(".")
    name, colon, sub_name = technique.name.partition(": ")
    attack: dict[str, Any] = {
        "version": ATTACK_VERSION,
        "tactic": {"uid": _id(technique.tactic_uid), "name": _text(technique.tactic)},
        "technique": {"uid": _id(base), "name": _text(name if dot else technique.name)},
    }
    if dot:
        attack["sub_technique"] = {"uid": _id(technique.uid), "name": _text(sub_name if colon else technique.name)}
    return attack


def _resource(resource: Resource) -> dict[str, Any]:
    return {"type": _text(resource.type), "uid": _id(resource.uid), "name": _id(resource.name)}


def _evidences(evidence: tuple[EvidenceRecord, ...]) -> list[dict[str, Any]]:
    return [_evidence(record) for record in choose_evidence(evidence)]


def _evidence(record: EvidenceRecord) -> dict[str, Any]:
    reasons = sorted(record.reasons, key=lambda reason: -finite(reason.nats))
    return {
        "uid": _id(record.uid),
        "name": _id(record.detector),
        "data": {
            "time": record.time_ms,
            "operation": _text(record.operation),
            "ip": None if record.ip is None else _text(record.ip),
            "session": None if record.session is None else _id(record.session),
            "stage": record.stage.value,
            "nats": _number(record.nats),
            "reasons": [_reason(reason) for reason in reasons],
        },
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "feature": _text(reason.feature),
        "observed": _text(reason.observed),
        "expected": _text(reason.expected),
        "nats": _number(reason.nats),
    }


def _unmapped(incident: Incident) -> dict[str, Any]:
    unmapped: dict[str, Any] = {
        "tier": incident.tier.value,
        "tier_times": {name: incident.tier_times[name] for name in ("review", "act") if name in incident.tier_times},
        "score_nats": _number(incident.score_nats),
        "stages": [stage.value for stage in incident.stages],
        "maturity": _text(incident.maturity),
        "blind_spots": [_text(spot) for spot in incident.blind_spots],
        "historical": incident.historical,
        "harm_clock": {_text(name): value for name, value in sorted(incident.harm_clock.items())},
        "profile": _id(incident.profile),
        "delay": {_text(name): value for name, value in sorted(incident.delay_ms.items())},
    }
    if incident.campaign is not None:
        unmapped["campaign"] = _id(incident.campaign)
    return unmapped


def _id(text: str) -> str:
    return printable(text, _ID_MAX)


def _text(text: str) -> str:
    return printable(text, _TEXT_MAX)


def _lines(text: str) -> str:
    """Several lines of plain words, each of them clean."""
    return "\n".join(printable(line, _STORY_LINE_MAX) for line in text.split("\n"))


def _number(value: float) -> float:
    return round(finite(value), 3)
