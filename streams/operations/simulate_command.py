"""`watchpost simulate --out DIR`: a labelled practice tenant as files. Layer: streams."""

from __future__ import annotations

from pathlib import Path

from streams.operations.refusal import Refusal
from streams.simulation import SimulationOptions, parse_scenarios, simulate


def run_simulate(out: Path, seed: int, accounts: int, days: int, scenarios: str, duplicates: float) -> int:
    """Write the set and print what an ordinary account in it does. Refusal."""
    try:
        options = SimulationOptions(out, seed, accounts, days, parse_scenarios(scenarios), duplicates=duplicates)
        summary = simulate(options, None)
    except ValueError as error:
        raise Refusal(str(error)) from None
    except OSError as error:
        raise Refusal(f"cannot write to {out}: {error.strerror}") from None
    print(summary.text())
    return 0
