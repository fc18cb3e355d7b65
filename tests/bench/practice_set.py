"""Practice tenants for measurements, made once and kept in the temporary folder. Any change of the generator makes anew."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import streams.simulation
from streams.simulation import SimulationOptions, simulate


def practice_set(seed: int, accounts: int, days: int, scenarios: tuple[str, ...] = ()) -> Path:
    """The folder of a labelled set, as `watchpost simulate` makes it with these options."""
    name = f"{_generator()}-{seed}-{accounts}-{days}-{'-'.join(scenarios) or 'none'}"
    folder = Path(tempfile.gettempdir()) / "watchpost-bench" / name
    if not (folder / "truth" / "meta.json").exists():  # written last
        simulate(SimulationOptions(folder, seed, accounts, days, scenarios), None)
    return folder


def _generator() -> str:
    root = Path(streams.simulation.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:10]
