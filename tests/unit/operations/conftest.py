"""Vendor records of our own, and a runner that leaves no WATCHPOST_ variable of the machine in."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from schemas.contracts.incident import Activity, Incident, Resource, Stage, Technique, Tier
from streams.operations.cli import app

Json = dict[str, Any]
Run = Callable[..., Result]
START = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
TENANT = "6f1d3a0e-0000-4000-8000-00000000c0de"


def management(operation: str, user: str, minutes: float = 0, **more: object) -> Json:
    """A management record at START + minutes."""
    time = START + timedelta(minutes=minutes)
    body: Json = {
        "CreationTime": time.strftime("%Y-%m-%dT%H:%M:%S"),
        "Id": f"{operation}-{user}-{minutes}",
        "Operation": operation,
        "OrganizationId": TENANT,
        "RecordType": 2,
        "ResultStatus": "Succeeded",
        "UserKey": "1",
        "UserType": 0,
        "Version": 1,
        "Workload": "Exchange",
        "UserId": user,
        "ClientIP": "203.0.113.7",
        "MailboxOwnerUPN": user,
    }
    return body | more


def hiding_rule(user: str, minutes: float = 0, name: str = ".") -> Json:
    """A rule that hides all mail: review by its content alone."""
    parameters = {"Name": name, "MarkAsRead": "True", "DeleteMessage": "True", "StopProcessingRules": "True"}
    return management(
        "New-InboxRule",
        user,
        minutes,
        RecordType=1,
        ObjectId=f"{user}\\{name}",
        Parameters=[{"Name": key, "Value": value} for key, value in parameters.items()],
    )


def sends(user: str, count: int, minutes: float = 0) -> list[Json]:
    """Send records two seconds apart."""
    return [management("Send", user, minutes + place / 30, InternetMessageId=f"<{place}@x>") for place in range(count)]


def json_lines(records: Sequence[Json]) -> bytes:
    """One record a line."""
    return b"".join(orjson.dumps(record) + b"\n" for record in records)


def incident(uid: str = "i", tier: Tier = Tier.REVIEW, first_ms: int = 0, **more: Any) -> Incident:
    """An incident as an engine would tell it."""
    fields: dict[str, Any] = {
        "message_uid": f"{uid}-1",
        "activity": Activity.CREATE,
        "tenant": TENANT,
        "resources": (Resource("User", "ann@corp.example", "ann@corp.example"),),
        "title": "Something happened",
        "story": "First this.\nThen that.",
        "time_ms": 0,
        "last_ms": first_ms,
        "created_ms": 0,
        "tier_times": {"review": 0},
        "score_nats": 11.0,
        "stages": (Stage.IMPACT,),
        "techniques": (Technique("T1566", "Phishing", "TA0001", "Initial Access"),),
        "detectors": ("send-surge",),
        "evidence": (),
        "count": 1,
        "remediation": "Ask the owner.",
        "maturity": "learning",
        "profile": "p",
    }
    return Incident(uid=uid, tier=tier, first_ms=first_ms, **(fields | more))


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Six people at work, and ann, who makes a hiding rule and then mails 400 times in a quarter of an hour."""
    records = [item for place in range(6) for item in sends(f"p{place}@corp.example", 3, place)]
    records += [hiding_rule("ann@corp.example", 60), *sends("ann@corp.example", 400, 90)]
    path = tmp_path / "export.jsonl"
    path.write_bytes(json_lines(records))
    return path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command line in this process."""
    for name in [name for name in os.environ if name.startswith("WATCHPOST_")]:
        monkeypatch.delenv(name)

    def call(*arguments: str | Path, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)

    return call


def summary_of(result: Result) -> dict[str, float]:
    """The numbers of the summary, which must be the last line."""
    last = result.stderr.splitlines()[-1]
    assert last.startswith("summary: ")
    pairs = [field.split("=") for field in last.removeprefix("summary: ").split()]
    return {name: float(value) for name, value in pairs}
