"""The command line: one function per command, everything heavy imported inside. Layer: streams."""

from __future__ import annotations

import sys
from importlib.metadata import version as distribution_version
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="Keeps watch over M365."
)


def _refuse(message: str) -> typer.Exit:
    """One clear line on standard error, exit status 2."""
    print(f"watchpost: {message}", file=sys.stderr)
    return typer.Exit(2)


@app.command()
def version() -> None:
    """Print the version."""
    print(distribution_version("watchpost"))


@app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="Folder to write input/ and truth/ into.")],
    seed: Annotated[int, typer.Option(help="The same seed makes the same bytes.")] = 1,
    accounts: Annotated[int, typer.Option()] = 300,
    days: Annotated[int, typer.Option()] = 30,
    scenarios: Annotated[str, typer.Option(help="all, none, or a list such as S1,S7.")] = "all",
    duplicates: Annotated[float, typer.Option(help="Share of repeated records, 0 to 0.44.")] = 0.05,
) -> None:
    """Write a practice tenant: a labelled set of vendor records, and what an ordinary account in it does."""
    from streams.simulation import SimulationOptions, parse_scenarios
    from streams.simulation import simulate as run

    try:
        options = SimulationOptions(out, seed, accounts, days, parse_scenarios(scenarios), duplicates=duplicates)
        summary = run(options, None)
    except ValueError as error:
        raise _refuse(str(error)) from None
    except OSError as error:
        raise _refuse(f"cannot write to {out}: {error.strerror}") from None
    print(summary.text())


def main() -> None:
    """Entry point of the console script."""
    app()
