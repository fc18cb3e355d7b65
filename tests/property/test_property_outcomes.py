"""Hostile frames: whatever a field holds, opening a frame raises nothing, and what it hands on decodes to the same event."""

from __future__ import annotations

from dataclasses import asdict

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.records.decode import decode
from schemas.records.errors import UnreadableRecord
from streams.collectors.files.outcomes import outcomes_of
from tests.property.test_property_decode import HOSTILE, paths, put, values
from tests.unit.records import samples

NEW = ("directory audit", "hub directory audit", "table directory audit", "risk detection", "risky user", "table risk")
KINDS = (*NEW, "query row", "hub sign-in", "table sign-in", "office activity", "search row")
OTHER = [None, "", 0, True, [], {}, [None], {"user": None}, "[]", '{"user":{"id":1}}', 2**63, *HOSTILE]


def opened(raw: bytes) -> None:
    """Every outcome is a plain reason, or an event that its verbatim record gives again."""
    for outcome in outcomes_of(raw):
        if isinstance(outcome, UnreadableRecord):
            assert outcome.reason.isprintable() and 0 < len(outcome.reason) < 120
            continue
        event, held, digest = outcome
        assert len(digest) == 16
        assert asdict(decode(held)) == asdict(event)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_another_kind(kind: str) -> None:
    """One value in the place of every member, at every depth; also in a list, a page and an envelope."""
    record = samples.EVERY[kind]()
    for path in paths(record):
        for value in OTHER:
            opened(orjson.dumps(put(record, path, value)))
    opened(
        orjson.dumps(
            [{"records": [record, None, [record]]}, {"value": [record]}, {"category": 1, "properties": record}]
        )
    )


@settings(
    max_examples=100, derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(st.sampled_from(KINDS), st.data())
def test_several_fields_at_once(kind: str, data: st.DataObject) -> None:
    """Up to four places changed to anything, in an envelope of any category."""
    record = samples.EVERY[kind]()
    for _ in range(data.draw(st.integers(1, 4))):
        record = put(record, data.draw(st.sampled_from(paths(record))), data.draw(values))
    category = data.draw(st.sampled_from(("AuditLogs", "SignInLogs", "UserRiskEvents", "RiskyUsers", "Other", 7)))
    opened(orjson.dumps(record))
    opened(orjson.dumps({"category": category, "properties": record, "operationName": "x"}))


@given(
    st.dictionaries(st.sampled_from(("TimeGenerated", "Id", "Type", "AuditData", "Operation", "")), st.text(max_size=9))
)
def test_any_row(row: dict[str, str]) -> None:
    """Cells of a table."""
    for outcome in outcomes_of(row):
        assert isinstance(outcome, UnreadableRecord) or outcome[0].operation
