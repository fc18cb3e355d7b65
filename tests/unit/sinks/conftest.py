"""Incidents as an engine tells them, and text as an attacker writes it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest

from schemas.contracts.incident import (
    Activity,
    EvidenceRecord,
    Incident,
    Reason,
    Resource,
    Stage,
    Technique,
    Tier,
)
from streams.sinks.sink import RunFacts, Sink
from tests.unit.sinks.receivers import Authority

HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><b>bold",
    "&lt;already&gt; &amp;",
    "\u202egnp.exe",
    "=cmd|' /C calc'!A0",
    "a\r\nsummary: read=0",
    "[bold red]markup[/] :warning:",
    "\ud800 lone",
    "\x00\x85\u2028",
)


def evidence(text: str = "New-InboxRule") -> EvidenceRecord:
    """One record with one reason, every free text the same."""
    reasons = (Reason(text, text, text, 4.0),)
    return EvidenceRecord(text, "inbox-rule", 1_772_546_635_697, text, text, text, Stage.EVASION, 9.5, reasons)


def incident(text: str = "plain", tier: Tier = Tier.REVIEW, **more: Any) -> Incident:
    """An incident whose every free text is `text`."""
    fields: dict[str, Any] = {
        "uid": "0a1b",
        "message_uid": "m",
        "activity": Activity.CREATE,
        "tenant": text,
        "resources": (Resource("User", text, text), Resource("Rule", text, text)),
        "title": text,
        "story": f"{text}\n{text}",
        "time_ms": 1_772_546_635_697,
        "first_ms": 1_772_546_635_697,
        "last_ms": 1_772_546_695_697,
        "created_ms": 1_772_546_635_697,
        "tier_times": {"review": 1_772_546_635_697},
        "score_nats": 11.0,
        "stages": (Stage.EVASION,),
        "techniques": (Technique("T1564.008", "Hide Artifacts: Email Hiding Rules", "TA0005", "Defense Evasion"),),
        "detectors": ("inbox-rule",),
        "evidence": (evidence(text),),
        "count": 3,
        "remediation": text,
        "maturity": "learning",
        "profile": text,
        "blind_spots": (text,),
        "campaign": text,
    }
    return Incident(tier=tier, **(fields | more))


def written(sink: Sink, incidents: Sequence[Incident], run: RunFacts | None = None) -> str:
    """What a sink writes."""
    out = io.BytesIO()
    sink.write(incidents, out, run or RunFacts())
    return out.getvalue().decode("utf-8")


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority and a server's certificate for this machine."""
    return Authority(tmp_path_factory.mktemp("authority"))
