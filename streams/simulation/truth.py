"""Ground truth: attacks, benign look-alikes, and the description of the set. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import orjson

from streams.simulation.record import Body


class Negative(NamedTuple):
    """Something benign that looks like an attack."""

    kind: str
    account: str
    time: int
    uids: list[str]
    text: str


@dataclass(slots=True)
class Stage:
    """One step of an attack."""

    stage: str
    technique: str
    time: int
    uids: list[str] = field(default_factory=list)
    known: set[str] = field(default_factory=set, repr=False)  # the same, to look them up


@dataclass(slots=True)
class Attack:
    """An attack as it was played."""

    attack_id: str
    scenario: str
    accounts: list[str]
    description: str
    key_features: list[str]
    stages: list[Stage] = field(default_factory=list)
    mailed: list[tuple[int, int]] = field(default_factory=list)
    end: int = 0

    def line(self) -> bytes:
        """The line of attacks.jsonl."""
        stages = sorted(self.stages, key=lambda stage: stage.time)
        uids = list(dict.fromkeys(uid for stage in stages for uid in stage.uids))
        body: Body = {
            "attack_id": self.attack_id,
            "scenario": self.scenario,
            "account": self.accounts[0] if len(self.accounts) == 1 else self.accounts,
            "start_ms": stages[0].time if stages else 0,
            "end_ms": self.end or (stages[-1].time if stages else 0),
            "record_uids": uids,
            "stages": [
                {"stage": s.stage, "technique": s.technique, "record_uids": s.uids, "time_ms": s.time} for s in stages
            ],
            "key_features": self.key_features,
            "recipients_before": _cumulative(self.mailed),
            "description": self.description,
        }
        return orjson.dumps(body) + b"\n"


def _cumulative(mailed: list[tuple[int, int]]) -> list[list[int]]:
    total, found = 0, []
    for at, count in sorted(mailed):
        total += count
        found.append([at, total])
    return found


def negative_line(number: int, negative: Negative) -> bytes:
    """The line of hard_negatives.jsonl."""
    body: Body = {
        "attack_id": f"benign-{number:05d}",
        "scenario": "benign",
        "kind": negative.kind,
        "account": negative.account,
        "start_ms": negative.time,
        "end_ms": negative.time,
        "record_uids": negative.uids,
        "stages": [],
        "key_features": [],
        "recipients_before": [],
        "description": negative.text,
    }
    return orjson.dumps(body) + b"\n"


def write_meta(folder: Path, meta: Body) -> None:
    """Write meta.json."""
    (folder / "meta.json").write_bytes(orjson.dumps(meta, option=orjson.OPT_INDENT_2) + b"\n")
