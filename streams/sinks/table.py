"""Incidents for a terminal: who, when, what happened, what to do. Layer: streams."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator, Sequence
from typing import IO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from schemas.contracts.incident import Incident, Tier
from schemas.text import printable
from streams.sinks.sink import RunFacts
from streams.sinks.wording import closing_line, time_text

PLAIN_WIDTH = 120  # columns where there is no terminal
_LINE_CHARACTERS_MAX = 1_000
_INDENT = (0, 0, 0, 2)
_STYLES = {Tier.ACT: "bold white on red", Tier.REVIEW: "black on yellow"}


class TerminalTable:
    """One block per incident. Colours and the width of the window on a terminal only."""

    def __init__(self, terminal: bool = False) -> None:
        self._terminal = terminal

    def write(self, incidents: Sequence[Incident], out: IO[bytes], run: RunFacts) -> None:
        """Write all blocks and a closing line."""
        console = Console(
            file=io.StringIO(),
            force_terminal=self._terminal,
            width=shutil.get_terminal_size().columns if self._terminal else PLAIN_WIDTH,
            highlight=False,
            markup=False,
            emoji=False,
        )
        for part in (*map(_block, incidents), Text(closing_line(incidents))):
            with console.capture() as shown:
                console.print(part)
            out.write(shown.get().encode("utf-8", "replace"))


def _block(incident: Incident) -> RenderableType:
    return Group(
        Rule(style="dim", characters="─"),
        _head(incident),
        Text(printable(incident.title, _LINE_CHARACTERS_MAX), "bold"),
        *(_indented(line) for line in _story(incident)),
        Text.assemble(("What to do: ", "bold"), printable(incident.remediation, _LINE_CHARACTERS_MAX)),
        Text(""),
    )


def _head(incident: Incident) -> Text:
    account = incident.resources[0].name
    head = Text.assemble(
        (f" {incident.tier.value.upper()} ", _STYLES[incident.tier]),
        " ",
        (printable(account), "bold"),
        f"  first seen {time_text(incident.first_ms)}, last {time_text(incident.last_ms)}, {incident.count} records",
    )
    if incident.historical:
        head.append(", from a back-fill")
    return head


def _story(incident: Incident) -> Iterator[str]:
    yield from incident.story.splitlines()
    yield "ATT&CK: " + ", ".join(f"{technique.uid} {technique.name}" for technique in incident.techniques)
    if incident.blind_spots:
        yield "Could not be seen: " + "; ".join(incident.blind_spots)


def _indented(line: str) -> RenderableType:
    return Padding(Text(printable(line, _LINE_CHARACTERS_MAX)), _INDENT, expand=False)
