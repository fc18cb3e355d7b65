"""A labelled set made by hand, as small as a case needs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

Json = dict[str, Any]
Make = Callable[..., Path]


def attack(**changes: object) -> Json:
    """An attack with two stages on one account: rule at 1,000 s, four mails after it."""
    body: Json = {
        "attack_id": "a1",
        "scenario": "S1",
        "account": "Ann@corp.example",
        "start_ms": 1_000_000,
        "end_ms": 1_400_000,
        "record_uids": ["rule", "m1", "m2", "m3", "m4"],
        "stages": [
            {"stage": "evasion", "technique": "T1564.008", "record_uids": ["rule"], "time_ms": 1_000_000},
            {
                "stage": "impact",
                "technique": "T1534",
                "record_uids": ["m1", "m2", "m3", "m4"],
                "time_ms": 1_100_000,
            },
        ],
        "key_features": ["rule name", "recipients"],
        "recipients_before": [[1_100_000, 10], [1_200_000, 25], [1_300_000, 60], [1_400_000, 100]],
        "description": "made by hand",
    }
    return body | changes


def negative(**changes: object) -> Json:
    """A benign look-alike of one record."""
    return attack(
        attack_id="b1", scenario="benign", kind="newsletter", account="bob@corp.example", record_uids=["n1"], stages=[]
    ) | {"key_features": [], "recipients_before": [], **changes}


def told(uid: str, time_ms: int, stage: str = "evasion", **reasons: float) -> Json:
    """A vendor record as an evidence of a message; `reasons` are nats by feature."""
    listed = [{"feature": name, "observed": "", "expected": "", "nats": nats} for name, nats in reasons.items()]
    data = {"time": time_ms, "operation": "o", "ip": None, "session": None, "stage": stage, "nats": 9.0}
    return {"uid": uid, "name": "inbox-rule", "data": data | {"reasons": listed}}


def message(
    *evidence: Json,
    incident: str = "i1",
    account: str = "ann@corp.example",
    kind: str = "User",
    tier: str = "review",
    time: int = 1_000_000,
) -> Json:
    """A message about an incident, with what evaluation reads."""
    return {
        "time": time,
        "metadata": {"uid": f"{incident}/{time}"},
        "finding_info": {"uid": incident, "title": f"{account}: strange"},
        "resources": [{"type": kind, "uid": account, "name": account}],
        "evidences": list(evidence),
        "unmapped": {"tier": tier},
    }


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write a labelled set and give its folder."""

    def write(*attacks: Json, negatives: tuple[Json, ...] = (), name: str = "set", **meta: object) -> Path:
        folder = tmp_path / name
        (folder / "input").mkdir(parents=True)
        (folder / "truth").mkdir()
        body = {"accounts": 100, "days": 10, "home_domains": ["corp.example"], "records": 9} | meta
        (folder / "truth" / "meta.json").write_bytes(orjson.dumps(body))
        (folder / "truth" / "attacks.jsonl").write_bytes(b"".join(orjson.dumps(a) + b"\n" for a in attacks))
        (folder / "truth" / "hard_negatives.jsonl").write_bytes(b"".join(orjson.dumps(n) + b"\n" for n in negatives))
        return folder

    return write
