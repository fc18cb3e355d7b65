"""`watchpost detectors`: what each catches, misses and needs. Layer: streams."""

from __future__ import annotations

from dataclasses import asdict

import orjson
from rich.table import Table
from rich.text import Text

from detectors.engine.detector import DetectorInfo
from detectors.registry import account_detectors, entity_detectors
from schemas.text import printable
from streams.operations.console import result_console

_FIELDS = (
    ("Catches", "catches"),
    ("Misses", "misses"),
    ("Needs", "needs"),
    ("False alarms", "false_positives"),
)


def list_detectors(as_json: bool) -> None:
    """Print every registered detector, in order of its number."""
    found = known_detectors()
    if as_json:
        for info in found:
            print(orjson.dumps(asdict(info)).decode())
        return
    console = result_console()
    for info in found:
        console.print(_table(info))


def known_detectors() -> list[DetectorInfo]:
    """Account and entity detectors."""
    infos = [detector.info for detector in account_detectors()] + [detector.info for detector in entity_detectors()]
    return sorted(infos, key=lambda info: (info.number, info.entity))


def _table(info: DetectorInfo) -> Table:
    judged = "an entity that many accounts meet" if info.entity else "each account"
    table = Table(title=f"{info.id}: {info.title}", title_justify="left", show_header=False, expand=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("Judges", f"{judged} (number {info.number}, version {info.version})")
    for name, field in _FIELDS:
        table.add_row(name, Text(printable(getattr(info, field), 2_000)))
    table.add_row("ATT&CK", "\n".join(f"{item.uid} {item.name} ({item.tactic})" for item in info.techniques))
    return table
