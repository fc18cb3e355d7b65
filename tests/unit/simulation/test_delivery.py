"""Files are in order of arrival, with the wanted share of repeats."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import orjson
import pytest

from streams.simulation import SimulationOptions, parse_scenarios

from .conftest import Small, generate


def test_lateness_disturbs_the_order_of_events(calm: Small) -> None:
    times = [orjson.loads(line)["CreationTime"] for line in calm.lines("management.jsonl.gz")]
    assert times != sorted(times)
    later = sum(b < a for a, b in pairwise(times))
    assert 0.05 < later / len(times) < 0.6


def test_without_lateness_events_are_in_order(tmp_path: Path) -> None:
    calm = generate(tmp_path, scenarios=(), lateness=False, duplicates=0.0, gaps=0)
    times = [orjson.loads(line)["CreationTime"] for line in calm.lines("management.jsonl.gz")]
    assert times == sorted(times)
    lines = calm.lines("management.jsonl.gz")
    assert len(lines) == len(set(lines))


def test_repeats_are_exact_and_as_many_as_asked_for(tmp_path: Path) -> None:
    calm = generate(tmp_path, scenarios=(), duplicates=0.44)
    lines = calm.lines("management.jsonl.gz")
    assert len(lines) / len(set(lines)) == pytest.approx(1.44, abs=0.04)


@pytest.mark.parametrize("mode", ["list", "none"])
def test_other_ways_to_know_recipients(tmp_path: Path, mode: str) -> None:
    found = generate(tmp_path, recipients=mode, scenarios=("S1",))
    assert not found.lines("messagetrace.jsonl.gz")
    sends = [body for _, body in found.bodies() if body.get("Operation") == "Send"]
    assert sends and all(("recipientCount" in body) == (mode == "list") for body in sends)


def test_tenant_without_sign_in_licence(tmp_path: Path) -> None:
    assert not generate(tmp_path, signins=False, scenarios=()).lines("signins.jsonl.gz")


def test_user_names_vary_in_case(small: Small) -> None:
    names = {body["UserId"] for _, body in small.bodies() if "UserId" in body}
    assert len({name.lower() for name in names}) < len(names)


def test_scenario_names(tmp_path: Path) -> None:
    assert parse_scenarios("s1, S7") == ("S1", "S7")
    assert parse_scenarios("none") == ()
    with pytest.raises(ValueError, match="S99"):
        SimulationOptions(tmp_path, scenarios=("S99",))


def test_summary_is_a_table(small: Small) -> None:
    text = small.summary.text()
    assert "sends/day" in text and "hours without external mail" in text
