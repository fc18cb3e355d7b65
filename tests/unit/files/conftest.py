"""A reader that remembers what it was told, and records to write files from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from streams.collectors.files.limits import DEFAULT_LIMITS, Limits
from streams.collectors.files.reader import ReadRecord, read_paths
from streams.collectors.files.report import ReadReport


@dataclass
class Reading:
    """Everything one reading gave."""

    records: list[ReadRecord]
    report: ReadReport
    unreadable: list[tuple[str, int, str]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        """Record ids in the order read."""
        return [record.event.record_id for record in self.records]

    @property
    def reasons(self) -> list[str]:
        """Reasons of the unreadables in the order met."""
        return [reason for _, _, reason in self.unreadable]


@pytest.fixture
def read() -> Callable[..., Reading]:
    """Read paths to the end."""

    def run(*paths: str | Path, limits: Limits = DEFAULT_LIMITS) -> Reading:
        reading = Reading([], ReadReport())
        reading.records = list(
            read_paths(
                paths,
                reading.report,
                lambda file, line, reason: reading.unreadable.append((file, line, reason)),
                lambda file, text: reading.warnings.append((file, text)),
                limits,
            )
        )
        assert reading.report.unreadable == len(reading.unreadable) == reading.report.reasons.total()
        return reading

    return run


@pytest.fixture
def make() -> Callable[..., list[dict[str, Any]]]:
    """Made-up management records with ids r0, r1, ..."""

    def run(count: int, first: int = 0, **extra: Any) -> list[dict[str, Any]]:
        return [
            {
                "CreationTime": f"2026-03-02T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}",
                "Id": f"r{number}",
                "Operation": "FileAccessed",
                "OrganizationId": "0f0b7d52-9a41-4f8e-8a5b-5e2b8bb7c611",
                "RecordType": 6,
                "UserType": 0,
                "Workload": "SharePoint",
                "UserId": f"Ada.Quill{number % 7}@northgate.example",
                "Parameters": [{"Name": 'A {b} "c" [d]', "Value": "x\\"}, {"Name": "ü€😀", "Value": "1,2;3"}],
                **extra,
            }
            for number in range(first, first + count)
        ]

    return run


Make = Callable[..., list[dict[str, Any]]]
Read = Callable[..., Reading]
Records = Sequence[dict[str, Any]]
