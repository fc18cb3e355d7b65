"""A score is the same to the last bit in every process: it stands in the tenant's durable registers."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import detectors.incidents.score

_SCORED = """
from types import SimpleNamespace
from detectors.incidents.score import score_at
from schemas.contracts.incident import Stage
nats = (3.9, 11.7, 5.3, 4.9, 8.13, 7.77)
held = [SimpleNamespace(stage=s, nats=n, certain=False, adds=False, time_ms=0) for s, n in zip(Stage, nats, strict=True)]
print(score_at(held, 17_123_457).hex())
"""


def _score(hash_seed: str) -> str:
    root = os.path.dirname(os.path.dirname(os.path.dirname(detectors.incidents.score.__file__)))
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": root}
    done = subprocess.run([sys.executable, "-c", _SCORED], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("hash_seed", ["1", "6"])
def test_the_sum_of_stages_does_not_depend_on_how_a_process_hashes_text(hash_seed: str) -> None:
    """Seeds 0 and 1 gave two results, as did 0 and 6, while the stages were added in a set's order."""
    assert _score(hash_seed) == _score("0")
