"""What evaluation reads of an incident's OCSF message (contracts 2). Layer: streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.contracts.incident import Tier

NETWORK, TENANT = "Network", "Tenant"


class MessageError(Exception):
    """A message that is no incident as contracts 2 describes it."""


@dataclass(slots=True, frozen=True)
class ReasonTold:
    """A reason: its feature and its surprise."""

    feature: str
    nats: float


@dataclass(slots=True, frozen=True)
class Evidence:
    """A vendor record that the message counts."""

    uid: str
    time_ms: int
    stage: str
    reasons: tuple[ReasonTold, ...]


@dataclass(slots=True, frozen=True)
class Message:
    """One message about an incident; `subject` is the first resource's uid in lower case."""

    incident: str
    time_ms: int
    tier: Tier
    subject: str
    subject_type: str
    title: str
    evidence: tuple[Evidence, ...]


def read_message(body: Mapping[str, Any]) -> Message:
    """Read one OCSF message; what contracts 2 promises and it lacks is an error, never a silent miss."""
    try:
        subject = body["resources"][0]
        return Message(
            incident=str(body["finding_info"]["uid"]),
            time_ms=int(body["time"]),
            tier=Tier(body["unmapped"]["tier"]),
            subject=str(subject["uid"]).lower(),
            subject_type=str(subject["type"]),
            title=str(body["finding_info"]["title"]),
            evidence=tuple(_evidence(item) for item in body["evidences"]),
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        uid = body.get("metadata", {}).get("uid", "without uid") if isinstance(body, Mapping) else "without body"
        raise MessageError(f"message {uid} is no incident: {type(error).__name__} {error}") from error


def _evidence(item: Mapping[str, Any]) -> Evidence:
    data = item["data"]
    reasons = tuple(ReasonTold(str(reason["feature"]), float(reason["nats"])) for reason in data["reasons"])
    return Evidence(str(item["uid"]), int(data["time"]), str(data["stage"]), reasons)
