"""Where the result goes and in which form. Layer: streams."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from schemas.contracts.incident import Incident
from streams.operations.output_format import OutputFormat
from streams.operations.refusal import Refusal
from streams.sinks.html import HtmlReport
from streams.sinks.jsonl import JsonLines
from streams.sinks.report_times import UnknownZone, Zone
from streams.sinks.sink import RunFacts, Sink
from streams.sinks.table import TerminalTable

_HTML_ENDINGS = (".html", ".htm")


def chosen_format(wanted: OutputFormat | None, output: Path | None) -> OutputFormat:
    """What was asked for; else a table on a terminal, HTML for a file named so, JSON lines otherwise."""
    if wanted is not None:
        return wanted
    if output is not None:
        return OutputFormat.HTML if output.suffix.lower() in _HTML_ENDINGS else OutputFormat.JSONL
    return OutputFormat.TABLE if _on_terminal() else OutputFormat.JSONL


def require_writable(output: Path | None) -> None:
    """Refusal, before any work is done, when the file could not be written."""
    if output is None:
        return
    if output.is_dir():
        raise Refusal(f"cannot write to {output}: it is a folder")
    if not output.parent.is_dir():
        raise Refusal(f"cannot write to {output}: there is no folder {output.parent}")
    if not os.access(output if output.exists() else output.parent, os.W_OK):
        raise Refusal(f"cannot write to {output}: permission denied")


def write_result(
    incidents: Sequence[Incident], form: OutputFormat, output: Path | None, run: RunFacts, zone: str = "UTC"
) -> None:
    """Write to the file, whole or not at all, or to standard output; a reader that has gone away is no error."""
    sink = _sink(form, output is None and _on_terminal(), zone)
    if output is None:
        _to_standard_output(sink, incidents, run)
    elif output.exists() and not output.is_file():
        with output.open("wb") as out:  # a device or a pipe
            sink.write(incidents, out, run)
    else:
        write_file(output, lambda out: sink.write(incidents, out, run))


def _on_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def require_zone(zone: str) -> None:
    """Refusal when no time zone is called so."""
    try:
        Zone(zone)
    except UnknownZone as error:
        raise Refusal(str(error)) from None


def _sink(form: OutputFormat, terminal: bool, zone: str) -> Sink:
    if form is OutputFormat.JSONL:
        return JsonLines()
    return HtmlReport(zone) if form is OutputFormat.HTML else TerminalTable(terminal)


def write_file(output: Path, write: Callable[[IO[bytes]], None]) -> None:
    """A file, whole or not at all; an old one keeps its mode."""
    target = output.resolve()
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as out:
        place = Path(out.name)
        try:
            write(out)
            out.flush()
            place.chmod(_mode(target))
            place.replace(target)
        except BaseException:
            place.unlink(missing_ok=True)
            raise


def _mode(target: Path) -> int:
    """Mode bits of the file that is replaced, or those of a new file."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _to_standard_output(sink: Sink, incidents: Sequence[Incident], run: RunFacts) -> None:
    out: IO[bytes] = sys.stdout.buffer
    try:
        sink.write(incidents, out, run)
        out.flush()
    except BrokenPipeError:
        _forget_standard_output()


def _forget_standard_output() -> None:
    """Send what the interpreter still flushes on its way out to nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
