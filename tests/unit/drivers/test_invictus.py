"""The red team's months of a real tenant, through the whole offline pipeline: which episodes become incidents of whom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from schemas.contracts.incident import Incident
from streams.operations.detection import knowledge_of, local_pipeline
from streams.operations.export import read_export
from streams.operations.standard_error import StandardError

JOEY, GRADY, THULILE = (f"{name}@dutchmasterz.onmicrosoft.com" for name in ("joey", "gradya", "a.thulile"))


@pytest.fixture(scope="module")
def incidents(test_data: Path) -> dict[str, Incident]:
    """The incidents of the export in their final state, by uid."""
    said, pipeline = StandardError(), local_pipeline(knowledge_of([], []))
    final: dict[str, Incident] = {}
    with read_export([str(test_data / "invictus" / "auditrecords.csv.gz")], [], said) as export:
        for entry in export.entries(said):
            final.update({told.uid: told for told in pipeline.fold(entry)})
    final.update({told.uid: told for told in pipeline.standing()})
    return final


def labels(path: Path, member: str) -> Iterator[tuple[str, str]]:
    for line in path.read_bytes().splitlines():
        row = orjson.loads(line)
        yield row["Id"], row[member]


def found(incidents: dict[str, Incident], test_data: Path, episode: str) -> set[str]:
    """Accounts and networks whose incidents have a record of the episode as evidence."""
    wanted = {uid for uid, name in labels(test_data / "invictus" / "labels.jsonl", "episode") if name == episode}
    return {
        incident.resources[0].uid
        for incident in incidents.values()
        if any(record.uid in wanted for record in incident.evidence)
    }


@pytest.mark.parametrize(
    ("episode", "account"),
    [
        ("E02", THULILE),
        ("E04", THULILE),
        ("E06", THULILE),
        ("E11", GRADY),
        ("E12", JOEY),
        ("E13", GRADY),
        ("E13", JOEY),
    ],
)
def test_episode_is_an_incident_of_its_account(
    incidents: dict[str, Incident], test_data: Path, episode: str, account: str
) -> None:
    assert account in found(incidents, test_data, episode)


def test_no_hard_negative_is_evidence(incidents: dict[str, Incident], test_data: Path) -> None:
    benign = dict(labels(test_data / "invictus" / "hard_negatives.jsonl", "kind"))
    assert len(benign) > 3000
    told = [record.uid for incident in incidents.values() for record in incident.evidence]
    assert [benign[uid] for uid in told if uid in benign] == []
