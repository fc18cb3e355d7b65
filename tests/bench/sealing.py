"""What sealing changes against learning at once: `python -m tests.bench.sealing [--accounts N] [--seeds S...] [--only P]`.

One JSON line per row, for the two models whose baseline decides a score (docs/sealing.md):

* `sealing.sends`: an injected hour of external recipients, `SurgeAnchored`;
* `sealing.networks`: an intruder's network, `CategoryNovelty` and the terms that `impossible-session` makes of it;
* `sealing.ramp`: a burst that grows every working day.

With several seeds, rows `….seeds` say the mean over them and the paired change from learning at once.
Thresholds are set on days 20-39 and tested on days 40-59. Nothing here is read by a detector.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from tests.bench import sealing_places, sealing_ramp, sealing_volume
from tests.bench.paired import differences

PARTS: dict[str, Callable[[int, int], Iterator[dict[str, Any]]]] = {
    "sends": sealing_volume.rows,
    "networks": sealing_places.rows,
    "ramp": sealing_ramp.rows,
}


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sealing")
    parser.add_argument("--accounts", type=int, default=300)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--only", choices=sorted(PARTS), action="append")
    options = parser.parse_args()
    for part in options.only or PARTS:
        said = []
        for seed in options.seeds:
            for row in PARTS[part](options.accounts, seed):
                said.append(row)
                print(orjson.dumps(row).decode(), flush=True)
        if part != "ramp" and len(options.seeds) > 1:
            for row in differences(said):
                print(orjson.dumps(row | {"measure": f"{row['measure']}.seeds"}).decode(), flush=True)


if __name__ == "__main__":
    main()
