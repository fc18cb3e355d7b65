"""Mean of what rows of several seeds say, and how it differs from learning at once on the same seeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from statistics import fmean, stdev
from typing import Any

BASE = "at_once"
FIXED = ("measure", "score", "target")
SKIPPED = (*FIXED, "seed", "accounts", "learning", "account_days", "injections", "attacks", "threshold")


def flat(row: Mapping[str, Any]) -> dict[str, float]:
    """Figures of a row by dotted name; what is missing is left out."""
    found: dict[str, float] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{inner}": held for inner, held in flat(value).items()}
        elif isinstance(value, int | float):
            found[name] = value
    return found


def differences(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """One row per way of learning: `mean` over the seeds, and `change` from at once as [mean, standard error]."""
    groups: dict[tuple[Any, ...], dict[str, dict[int, dict[str, float]]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        figures = flat({name: value for name, value in row.items() if name not in SKIPPED})
        groups[tuple(row.get(name) for name in FIXED)][row["learning"]][row["seed"]] = figures
    for key, by_learning in groups.items():
        for learning, seeds in by_learning.items():
            line = {name: value for name, value in zip(FIXED, key, strict=True) if value is not None}
            line |= {"learning": learning, "seeds": len(seeds)}
            names = list(next(iter(seeds.values())))
            line["mean"] = {name: round(fmean(seed[name] for seed in seeds.values()), 3) for name in names}
            if learning != BASE and len(seeds) > 1:
                line["change"] = {name: _change(name, seeds, by_learning[BASE]) for name in names}
            yield line


def _change(
    name: str, seeds: Mapping[int, Mapping[str, float]], base: Mapping[int, Mapping[str, float]]
) -> list[float]:
    gaps = [figures[name] - base[seed][name] for seed, figures in seeds.items()]
    return [round(fmean(gaps), 3), round(stdev(gaps) / len(gaps) ** 0.5, 3)]
