"""Do incidents depend on the order of arrival? `python -m tests.bench.robustness DIR [--shuffles N]`.

The records of a labelled set (or of any folder) are judged in event-time order, as `scan` does, and in arrival order, as a
worker on Kafka does: each record arrives up to `--hours` after its event, `--repeats` of them once more, repeats are
dropped as the collector drops them, and the clock stands where 06:00 passes in arrival time. Two incidents are the same
when the account agrees and the evidence shared is half of the longer list at least. One JSON line per shuffle.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import fmean

import orjson

from schemas.contracts.incident import Incident
from schemas.identity.identity_map import IdentityMap
from schemas.records.content import content_digest
from schemas.records.decode import canonical
from streams.collectors.content_index import ContentIndex
from streams.collectors.feed import feed
from streams.collectors.spool import SpooledRecord
from streams.operations.final_incidents import FinalIncidents
from streams.operations.scan_command import fold_into
from tests.bench.engines import fresh_pipeline
from tests.bench.record_set import RecordSet, read_set

HOUR_MS = 3_600_000
GOAL_JACCARD = 0.99
LISTED_MAX = 20


def judged(found: RecordSet, records: Iterable[SpooledRecord]) -> list[Incident]:
    """The incidents that the records give, in their final state, as `scan` prints them."""
    pipeline, _ = fresh_pipeline()
    incidents = FinalIncidents()
    fold_into(incidents, pipeline, feed(records, found.tenant, IdentityMap(found.home), found.home))
    return incidents.ordered()


def arriving(records: list[SpooledRecord], dice: random.Random, hours: float, repeats: float) -> list[SpooledRecord]:
    """Records by arrival: late by up to `hours`, a share twice; a repeat comes up to `hours` after the first."""
    found = []
    for record in records:
        at = record.time_ms + int(dice.random() * hours * HOUR_MS)
        found.append(record._replace(time_ms=at))
        if dice.random() < repeats:
            found.append(record._replace(time_ms=at + int(dice.random() * hours * HOUR_MS)))
    dice.shuffle(found)
    found.sort(key=lambda record: record.time_ms)
    return found


def distinct(records: Iterable[SpooledRecord]) -> Iterator[SpooledRecord]:
    """The collector's exact de-duplication: same source, id and content pass once."""
    index = ContentIndex()
    for record in records:
        assert record.event is not None
        digest = content_digest(canonical(orjson.loads(record.raw)))
        if index.add(record.event.source.value, record.event.record_id, digest):
            yield record


def overlap(one: Incident, other: Incident) -> float:
    """Records shared as evidence, of the longer list."""
    mine, theirs = ({item.uid for item in incident.evidence} for incident in (one, other))
    return len(mine & theirs) / max(len(mine), len(theirs), 1)


def jaccard(common: int, one: list[Incident], other: list[Incident]) -> float | None:
    """Share of the union that is common; None of nothing."""
    union = len(one) + len(other) - common
    return common / union if union else None


def same(one: Incident, other: Incident) -> int:
    """Number of records that two incidents share as evidence, 0 when they are not the same incident."""
    mine, theirs = ({item.uid for item in incident.evidence} for incident in (one, other))
    shared = len(mine & theirs)
    agree = one.resources[0] == other.resources[0] and 2 * shared >= max(len(mine), len(theirs))
    return shared if agree else 0


def together(one: Incident, other: Incident) -> int:
    """The same account at the same time, whatever the evidence: milliseconds in common, at least 1."""
    common = min(one.last_ms, other.last_ms) - max(one.first_ms, other.first_ms)
    return max(1, common) if one.resources[0] == other.resources[0] and common >= 0 else 0


def paired(
    one: list[Incident], other: list[Incident], weight: Callable[[Incident, Incident], int]
) -> list[tuple[Incident, Incident]]:
    """Incidents that belong together (weight above 0), each in one pair, the heaviest first."""
    pairs = [(-shared, n, m) for n, a in enumerate(one) for m, b in enumerate(other) if (shared := weight(a, b))]
    taken: list[tuple[int, int]] = []
    for _, n, m in sorted(pairs):
        if all(n != left and m != right for left, right in taken):
            taken.append((n, m))
    return [(one[n], other[m]) for n, m in taken]


def compared(base: list[Incident], shuffled: list[Incident]) -> dict[str, object]:
    """Jaccard index of two sets of incidents; scores and evidence of those of the same account and time."""
    pairs, loose = paired(base, shuffled, same), paired(base, shuffled, together)
    differences = [abs(a.score_nats - b.score_nats) for a, b in loose]
    in_pairs = {id(incident) for pair in pairs for incident in pair}
    return {
        "in_order": len(base),
        "shuffled": len(shuffled),
        "same": len(pairs),
        "jaccard": jaccard(len(pairs), base, shuffled),
        "goal": GOAL_JACCARD,
        "jaccard_by_account_and_time": jaccard(len(loose), base, shuffled),
        "score_difference_mean": fmean(differences) if differences else None,
        "score_difference_most": max(differences, default=None),
        "other_tier": sum(a.tier is not b.tier for a, b in loose),
        "shared_evidence_mean": fmean([overlap(a, b) for a, b in loose]) if loose else None,
        "only_in_order": [named(incident) for incident in base if id(incident) not in in_pairs][:LISTED_MAX],
        "only_shuffled": [named(incident) for incident in shuffled if id(incident) not in in_pairs][:LISTED_MAX],
    }


def named(incident: Incident) -> str:
    """Tier, score and title."""
    return f"{incident.tier.value} {incident.score_nats}: {incident.title}"


def main() -> None:
    """Compare in-order judgement with each shuffle."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a labelled set, or a folder of vendor files")
    parser.add_argument("--shuffles", type=int, default=1)
    parser.add_argument("--hours", type=float, default=6.0)
    parser.add_argument("--repeats", type=float, default=0.44)
    options = parser.parse_args()
    folder = options.folder / "input" if (options.folder / "input").is_dir() else options.folder
    found = read_set(folder)
    base = judged(found, found.records)
    for seed in range(options.shuffles):
        arrived = arriving(found.records, random.Random(seed), options.hours, options.repeats)
        figures = compared(base, judged(found, distinct(arrived)))
        facts = {"seed": seed, "records": len(found.records), "arrivals": len(arrived)}
        print(orjson.dumps(facts | figures).decode(), flush=True)


if __name__ == "__main__":
    main()
