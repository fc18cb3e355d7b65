"""The seed incident, monitoring beginning after the takeover: when is it seen, by what the records have.

`python -m tests.bench.seed_incident [--variations N]` prints one JSON line per form. `number` is the external recipient
(for bare Sends: the message) of the burst with which `review` was reached: everything mailed up to the event time of the
record that caused the message counts. A variation in which it was never reached counts as later than all others.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from schemas.contracts.incident import Incident, Tier
from schemas.contracts.log import EntryKind, LogEntry
from schemas.identity.identity_map import IdentityMap
from streams.collectors.feed import feed
from streams.simulation.options import Recipients
from tests.bench.engines import fresh_pipeline
from tests.bench.takeover import MESSAGE_SIZES, Takeover, play


class Form(NamedTuple):
    """What the records have: the rule, recipients from where, recipients a message."""

    recipients: Recipients
    rule: bool = False
    sizes: tuple[tuple[int, int], ...] = MESSAGE_SIZES


FORMS = {
    "rule": Form("trace", rule=True),
    "trace": Form("trace"),
    "list": Form("list"),
    "bare": Form("none", sizes=((1, 1),)),
    "bare-batches": Form(
        "none", sizes=((2, 20), (20, 100))
    ),  # without a goal: 9,000 recipients in 150 messages or more
}
GOAL = 160  # median
TIME = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d UTC(?=:)", re.MULTILINE)


@dataclass(slots=True)
class Told:
    """What the pipeline said of one variation: every message with the entry that caused it."""

    messages: list[tuple[LogEntry, Incident]] = field(default_factory=list)

    def first(self, takeover: Takeover, tier: Tier) -> LogEntry | None:
        """The entry with which a message of this tier first had a record of the attack as evidence."""
        own = takeover.mails.keys() | {takeover.rule}
        for entry, incident in self.messages:
            if tier is Tier.ACT and incident.tier is not Tier.ACT:
                continue
            if incident.resources[0].uid == takeover.account and any(item.uid in own for item in incident.evidence):
                return entry
        return None


def run(takeover: Takeover, to_the_end: bool) -> Told:
    """Fold a variation; without `to_the_end` only until its attack is found."""
    pipeline, _ = fresh_pipeline()
    told = Told()
    for entry in feed(takeover.records, takeover.tenant, IdentityMap((takeover.home,)), (takeover.home,)):
        found = pipeline.fold(entry)
        told.messages += [(entry, incident) for incident in found]
        if found and not to_the_end and told.first(takeover, Tier.REVIEW):
            break
    return told


def reached(takeover: Takeover, entry: LogEntry, messages: bool) -> int:
    """How much of the burst had left by the event time of this entry; all records of one message count as one mail."""
    assert entry.kind is EntryKind.RECORD and entry.event is not None
    now = entry.event.time_ms
    left = {id(mail): mail for mail in takeover.mails.values() if mail.time_ms <= now}
    return len(left) if messages else sum(mail.recipients for mail in left.values())


def in_order(takeover: Takeover, incident: Incident) -> bool:
    """The rule comes first as evidence, mail after it, and the story's lines go forward in time."""
    uids = [item.uid for item in incident.evidence]
    times = TIME.findall(incident.story)
    own = [uid for uid in uids if uid == takeover.rule or uid in takeover.mails]
    return own[:1] == [takeover.rule] and len(own) > 1 and len(times) > 1 and times == sorted(times)


def rule_figures(takeovers: Iterator[Takeover]) -> dict[str, object]:
    """Act at the rule event, one incident, story in order: as numbers of variations."""
    at_rule, one, ordered, number = 0, 0, 0, 0
    for takeover in takeovers:
        number += 1
        told = run(takeover, to_the_end=True)
        act = told.first(takeover, Tier.ACT)
        at_rule += act is not None and act.record_id == takeover.rule
        mine = [incident for _, incident in told.messages if incident.resources[0].uid == takeover.account]
        one += len({incident.uid for incident in mine}) == 1
        ordered += bool(mine) and in_order(takeover, mine[-1])
    return {"variations": number, "act_at_rule": at_rule, "one_incident": one, "story_in_order": ordered}


def burst_figures(takeovers: Iterator[Takeover], messages: bool) -> dict[str, object]:
    """At which recipient or message review was reached, over the variations in which it was."""
    numbers: list[int] = []
    total = 0
    for takeover in takeovers:
        total += 1
        entry = run(takeover, to_the_end=False).first(takeover, Tier.REVIEW)
        if entry is not None:
            numbers.append(reached(takeover, entry, messages))
    ranked = sorted(numbers) + [None] * (total - len(numbers))
    return {
        "variations": total,
        "found": len(numbers) / total,
        "unit": "message" if messages else "external recipient",
        "median": ranked[(total - 1) // 2],
        "p90": ranked[(total - 1) * 9 // 10],
        "most": ranked[-1],
        "goal_median": GOAL,
    }


def main() -> None:
    """Measure every form asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variations", type=int, default=200)
    parser.add_argument("--forms", nargs="*", default=list(FORMS), choices=list(FORMS))
    options = parser.parse_args()
    for name in options.forms:
        takeovers = (play(number, *FORMS[name]) for number in range(options.variations))
        bare = FORMS[name].recipients == "none"
        figures = rule_figures(takeovers) if FORMS[name].rule else burst_figures(takeovers, messages=bare)
        print(orjson.dumps({"form": name, **figures}).decode(), flush=True)


if __name__ == "__main__":
    main()
