"""JSON lines: strict JSON, one line each, whatever the records say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.sinks.jsonl import JsonLines
from tests.unit.sinks.conftest import HOSTILE, incident, written


def strict(line: str) -> dict[str, Any]:
    """Refuses what JSON does not know: NaN, Infinity."""

    def refuse(name: str) -> None:
        raise AssertionError(name)

    found: dict[str, Any] = json.loads(line, parse_constant=refuse)
    return found


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_on_its_line(text: str) -> None:
    lines = written(JsonLines(), [incident(text), incident("other")]).split("\n")
    assert len(lines) == 3
    assert lines[2] == ""
    for line in lines[:2]:
        assert strict(line)["class_uid"] == 2004
        assert line.isprintable()


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_are_finite(number: float) -> None:
    strict(written(JsonLines(), [incident(score_nats=number)]))


def test_no_incident_is_an_empty_file() -> None:
    assert written(JsonLines(), []) == ""
