"""Two stores of one practice tenant, of a disturbed and an undisturbed run: the same archive, the same incidents?

`python -m tests.bench.live_compare A.db B.db`. The runs list and fetch at other moments, so that records come in another order
and rows of Graph that the service changes meanwhile are read in other versions: archives are compared by record identity,
incidents by account and evidence (the same when it overlaps by half, contracts 2). That each store's states and messages are
those of its own log folded once is for `live_proof`. One JSON line.
"""

from __future__ import annotations

import sqlite3
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from schemas.contracts.log import EntryKind
from streams.drivers.embedded.archive import read_entries
from streams.drivers.embedded.database import open_readonly
from tests.bench.live_service import digest

OVERLAP = 0.5


def compared(one: Path, other: Path) -> dict[str, Any]:
    """Counts of what both have and of what only one has."""
    with closing(open_readonly(one)) as first, closing(open_readonly(other)) as second:
        (records, contents), (records_b, contents_b) = _records(first), _records(second)
        incidents, incidents_b = _incidents(first), _incidents(second)
        people, people_b = _states(first), _states(second)
    pairs = _pairs(incidents, incidents_b)
    return {
        "records_in_both": len(records & records_b),
        "records_in_one_only": [len(records - records_b), len(records_b - records)],
        "accounts_of_those": dict(Counter(account for *_, account, _ in records ^ records_b).most_common(5)),
        "versions_in_both": len(contents & contents_b),
        "versions_in_one_only": [len(contents - contents_b), len(contents_b - contents)],
        "states_in_both": len(people & people_b),
        "states_in_one_only": [len(people - people_b), len(people_b - people)],
        "incidents": [len(incidents), len(incidents_b)],
        "incidents_matched": len(pairs),
        "matched_of_other_tier": sum(a["tier"] != b["tier"] for a, b in pairs),
        "least_overlap": round(min((_overlap(a, b) for a, b in pairs), default=1.0), 3),
        "mean_overlap": round(sum(_overlap(a, b) for a, b in pairs) / max(1, len(pairs)), 3),
        "not_matched": [
            [item["account"], item["tier"], len(item["evidence"])]
            for item in (*incidents, *incidents_b)
            if not any(item is a or item is b for a, b in pairs)
        ],
    }


def _records(connection: sqlite3.Connection) -> tuple[set[tuple[str, ...]], set[bytes]]:
    """Identities (source, id, account, role) and digests of the vendor's records; the inventory makes its own."""
    identities: set[tuple[str, ...]] = set()
    contents: set[bytes] = set()
    for _, entry in read_entries(connection):
        if entry.kind is EntryKind.RECORD and entry.source != "inventory":
            identities.add((entry.source, entry.record_id, entry.account, entry.role))
            contents.add(digest(entry.value))
    return identities, contents


def _states(connection: sqlite3.Connection) -> set[tuple[str, bytes]]:
    return set(connection.execute("SELECT side, key FROM states"))


def _incidents(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Each incident in its last form: account, tier, ids of its evidence."""
    rows = connection.execute(
        "SELECT m.message FROM incidents i JOIN messages m ON m.seq = i.latest ORDER BY i.created_ms, i.uid"
    )
    found = []
    for (message,) in rows:
        held = orjson.loads(message)
        found.append(
            {
                "account": held["resources"][0]["uid"],
                "tier": held["unmapped"]["tier"],
                "evidence": {item["uid"] for item in held["evidences"]},
            }
        )
    return found


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> float:
    whole = one["evidence"] | other["evidence"]
    return len(one["evidence"] & other["evidence"]) / len(whole) if whole else 1.0


def _pairs(
    ones: Sequence[dict[str, Any]], others: Sequence[dict[str, Any]]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each incident with the first that is the same and not yet taken."""
    left, found = list(others), []
    for one in ones:
        same = next((place for place, other in enumerate(left) if _same(one, other)), None)
        if same is not None:
            found.append((one, left.pop(same)))
    return found


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(one["account"] == other["account"]) and _overlap(one, other) >= OVERLAP


if __name__ == "__main__":
    print(orjson.dumps({"measure": "compare", **compared(Path(sys.argv[1]), Path(sys.argv[2]))}).decode())
