"""What `watchpost doctor` prints: a table on a terminal, plain lines otherwise, or one JSON document. Layer: streams."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from typing import Any

import orjson
from rich.table import Table
from rich.text import Text

from streams.operations.checks.check import Finding, Level
from streams.operations.console import result_console
from streams.operations.coverage import Coverage

_STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red", Level.SKIP: "dim"}
_SIGHT_STYLES = {"full": "green", "partial": "yellow", "blind": "bold red"}
_LEVEL_WIDTH = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A finding with its place: `tenant` is empty for the installation."""

    tenant: str
    check: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything that was found; `coverage` rows with their tenant."""

    lines: list[Line]
    coverage: list[tuple[str, Coverage]] = field(default_factory=list)


def show(diagnosis: Diagnosis, as_json: bool) -> None:
    """Print to standard output."""
    if as_json:
        print(orjson.dumps(document(diagnosis), option=orjson.OPT_INDENT_2).decode())
    elif sys.stdout.isatty():
        console = result_console()
        for table in _tables(diagnosis):
            console.print(table)
        console.print(Text(totals(diagnosis)))
    else:
        for line in _plain(diagnosis):
            print(line)


def document(diagnosis: Diagnosis) -> dict[str, Any]:
    """The JSON document. `tenant` is null for the installation."""
    return {
        "version": _version(),
        "checks": [
            {
                "tenant": line.tenant or None,
                "check": line.check,
                "level": line.finding.level.value,
                "what": line.finding.what,
                "detail": line.finding.detail,
                "remedy": line.finding.remedy,
            }
            for line in diagnosis.lines
        ],
        "coverage": [
            {
                "tenant": tenant,
                "detector": row.detector,
                "sight": row.sight,
                "sees": list(row.sees),
                "missing": [{"lost": lost, "get": get} for lost, get in row.missing],
            }
            for tenant, row in diagnosis.coverage
        ],
    }


def totals(diagnosis: Diagnosis) -> str:
    """How many of each level, in one line."""
    levels = [line.finding.level for line in diagnosis.lines]
    return ", ".join(f"{levels.count(level)} {level.value}" for level in Level)


def _plain(diagnosis: Diagnosis) -> Iterator[str]:
    for tenant, lines in groupby(diagnosis.lines, key=lambda line: line.tenant):
        yield _heading(tenant)
        for line in lines:
            found = line.finding
            yield f"  {found.level.value:<{_LEVEL_WIDTH}} {line.check}: {found.what}: {found.detail}"
            if found.remedy:
                yield f"  {'':<{_LEVEL_WIDTH}} -> {found.remedy}"
        yield ""
    for tenant, rows in groupby(diagnosis.coverage, key=lambda row: row[0]):
        yield f"coverage of {tenant}"
        for _, row in rows:
            yield f"  {row.detector}: {row.sight}"
            yield from (f"    sees {text}" for text in row.sees)
            for lost, get in row.missing:
                yield f"    does not see {lost}"
                yield f"      -> {get}"
        yield ""
    yield totals(diagnosis)


def _tables(diagnosis: Diagnosis) -> Iterator[Table]:
    for tenant, lines in groupby(diagnosis.lines, key=lambda line: line.tenant):
        table = Table(title=_heading(tenant), title_justify="left", show_lines=False)
        for column in ("", "Check", "What", "Found"):
            table.add_column(column, overflow="fold")
        for line in lines:
            found = line.finding
            text = Text(found.detail)
            if found.remedy:
                text.append(f"\n→ {found.remedy}", style="italic")
            table.add_row(Text(found.level.value, style=_STYLES[found.level]), line.check, Text(found.what), text)
        yield table
    for tenant, rows in groupby(diagnosis.coverage, key=lambda row: row[0]):
        yield _coverage_table(tenant, [row for _, row in rows])


def _coverage_table(tenant: str, rows: list[Coverage]) -> Table:
    table = Table(title=f"coverage of {tenant}", title_justify="left", show_lines=True)
    for column in ("Detector", "Sight", "Sees", "Does not see, and how to get it"):
        table.add_column(column, overflow="fold")
    for row in rows:
        missing = Text()
        for lost, get in row.missing:
            missing.append(("\n" if missing else "") + lost)
            missing.append(f"\n→ {get}", style="italic")
        table.add_row(row.detector, Text(row.sight, style=_SIGHT_STYLES[row.sight]), Text("\n".join(row.sees)), missing)
    return table


def _heading(tenant: str) -> str:
    return f"tenant {tenant}" if tenant else "this installation"


def _version() -> str:
    try:
        return version("watchpost")
    except PackageNotFoundError:
        return ""
