"""Measuring incidents against labelled sets (contracts 6). Layer: streams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from schemas.contracts.incident import Tier
from streams.evaluation.explanation import explained, in_order, purity
from streams.evaluation.intervals import Cluster, Interval, Share, bootstrap_total, poisson_upper_when_none
from streams.evaluation.matching import AttackSeen, IncidentSeen, Matching
from streams.evaluation.messages import Message
from streams.evaluation.report import (
    AttackResult,
    EvaluationReport,
    Exposure,
    FalseIncident,
    FalseRate,
    Finding,
    LookAlike,
)
from streams.evaluation.truth import Attack, Meta, TruthError, load_set

Messages = Callable[[Path, Meta], Iterable[Mapping[str, Any]]]
RecordTimes = Callable[[Path, frozenset[str]], Mapping[str, int]]

_TIERS = (Tier.REVIEW, Tier.ACT)


def evaluate(
    dirs: Sequence[Path],
    messages: Messages,
    *,
    record_times: RecordTimes | None = None,
    seed: int = 1,
    draws: int = 2_000,
) -> EvaluationReport:
    """Measure `messages(input_dir, meta)` — every message of every incident, in order of emission — against the truth.

    Several folders are pooled. The truth of all is read first: TruthError before any work is done. `record_times(input_dir,
    uids)` gives the event time of the attacks' records for the harm clock; without it a record has the time the evidence
    gives it, or its stage's. MessageError when a message is no incident as contracts 2 describes it.
    """
    if not dirs:
        raise TruthError(("no labelled set was given",))
    sets = [load_set(folder) for folder in dirs]
    matchings = []
    for labelled in sets:
        matching = Matching(labelled)
        for body in messages(labelled.input, labelled.meta):
            matching.accept(body)
        matchings.append(matching)
    return EvaluationReport(
        exposure=_exposure(matchings),
        attacks=tuple(result for matching in matchings for result in _results(matching, record_times)),
        false_rates=tuple(_false_rate(matchings, tier, seed, draws) for tier in _TIERS),
        false_incidents=tuple(row for matching in matchings for row in _false_incidents(matching)),
        visibility=sum(len(matching.visibility()) for matching in matchings),
        look_alikes=tuple(row for matching in matchings for row in _look_alikes(matching)),
        look_alikes_by_kind=_by_kind(matchings),
        harm_basis="stages" if record_times is None else "records",
    )


def _exposure(matchings: Sequence[Matching]) -> Exposure:
    metas = [matching.labelled.meta for matching in matchings]
    return Exposure(
        sets=tuple(_name(matching) for matching in matchings),
        accounts=sum(meta.accounts for meta in metas),
        account_days=sum(meta.accounts * meta.days for meta in metas),
        records=sum(meta.records for meta in metas),
        messages=sum(matching.messages for matching in matchings),
        incidents=sum(len(matching.incidents) for matching in matchings),
    )


def _results(matching: Matching, record_times: RecordTimes | None) -> Iterable[AttackResult]:
    given: Mapping[str, int] = {}
    if record_times is not None:
        uids = frozenset(uid for seen in matching.attacks.values() for uid in seen.attack.records)
        given = record_times(matching.labelled.input, uids)
    for seen in matching.attacks.values():
        times = [time for _uid, time in sorted(_times(seen.attack, matching.evidence_times, given).items())]
        yield _result(matching, seen, times)


def _result(matching: Matching, seen: AttackSeen, times: Sequence[int]) -> AttackResult:
    attack = seen.attack
    findings = {tier: _finding(attack, message, times) for tier, message in seen.first.items()}
    name = _name(matching)
    if Tier.REVIEW not in seen.first:
        return AttackResult(name, attack.attack_id, attack.scenario, findings, 0)
    evidence = matching.incidents[seen.first[Tier.REVIEW].incident].last.evidence
    return AttackResult(
        labelled=name,
        attack_id=attack.attack_id,
        scenario=attack.scenario,
        findings=findings,
        incidents=len(seen.incidents),
        explained=explained(attack, evidence) if attack.key_features else None,
        in_order=in_order(attack, evidence) if attack.steps else None,
        purity=purity(attack, evidence),
    )


def _finding(attack: Attack, message: Message, times: Sequence[int]) -> Finding:
    return Finding(
        incident=message.incident,
        time_ms=message.time_ms,
        seconds=max(0, message.time_ms - attack.start_ms) / 1000,
        recipients=attack.recipients_at(message.time_ms) if attack.recipients_before else None,
        harm_after=sum(time > message.time_ms for time in times) / len(times),
    )


def _times(attack: Attack, told: Mapping[str, int], given: Mapping[str, int]) -> dict[str, int]:
    by_stage = {
        uid: step.time_ms for step in sorted(attack.steps, key=lambda step: -step.time_ms) for uid in step.records
    }
    return {uid: given.get(uid, told.get(uid, by_stage.get(uid, attack.start_ms))) for uid in attack.records}


def _false_rate(matchings: Sequence[Matching], tier: Tier, seed: int, draws: int) -> FalseRate:
    clusters = []
    for matching in matchings:
        counts = Counter(seen.last.subject for seen in matching.false() if seen.reached(tier))
        clusters.append(Cluster(matching.labelled.meta.accounts, tuple(sorted(counts.values()))))
    seen = sum(sum(cluster.counts) for cluster in clusters)
    unit = 1000 / sum(matching.labelled.meta.accounts * matching.labelled.meta.days for matching in matchings)
    if seen == 0:
        return FalseRate(tier, 0, 0.0, None, poisson_upper_when_none() * unit)
    total = bootstrap_total(clusters, seed, draws)
    return FalseRate(tier, seen, seen * unit, Interval(total.low * unit, total.high * unit), None)


def _false_incidents(matching: Matching) -> Iterable[FalseIncident]:
    for seen in matching.false():
        last = seen.last
        yield FalseIncident(_name(matching), last.incident, last.subject, _tier(seen), last.title)


def _look_alikes(matching: Matching) -> Iterable[LookAlike]:
    for negative, seen in matching.look_alikes():
        yield LookAlike(
            labelled=_name(matching),
            attack_id=negative.attack_id,
            kind=negative.kind,
            incident=seen.last.incident,
            subject=seen.last.subject,
            tier=_tier(seen),
            within_attack=matching.touches_attack(seen),
        )


def _by_kind(matchings: Sequence[Matching]) -> dict[str, Share]:
    shown: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for matching in matchings:
        total.update(negative.kind for negative in matching.labelled.negatives)
        seen = {negative.attack_id: negative.kind for negative, _incident in matching.look_alikes()}
        shown.update(seen.values())
    return {kind: Share(shown[kind], total[kind]) for kind in sorted(total)}


def _tier(seen: IncidentSeen) -> Tier:
    return Tier.ACT if seen.reached(Tier.ACT) else Tier.REVIEW


def _name(matching: Matching) -> str:
    return str(matching.labelled.folder)
