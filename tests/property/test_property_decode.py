"""Hostile records: whatever a field holds, `decode` gives an event or says why not, and never raises anything else."""

from __future__ import annotations

import copy
import json
from dataclasses import asdict
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.identity.concerns import Role, concerns
from schemas.identity.identity_map import IdentityMap
from schemas.records.decode import decode, to_event
from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent
from schemas.text import well_formed
from tests.unit.records import samples

CALM = settings(
    max_examples=150, derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
HOSTILE = [
    "\x1b]0;x\x07",
    "<script>alert(1)</script>",
    "=HYPERLINK(1)",
    "\u202e\u200b\x00",
    "x" * 100_000,
    "\\" * 50,
    "..\\..:\\;;;<<[smtp:",
    "{((SenderSearchKey Equal ",
    '[{"ActionType":',
    "[" * 5_000,
    "ServicePrincipal_",
    "NT AUTHORITY\\",
    "@",
    "#EXT#@",
    "-",
    "\uff11\u0663\u00b2",
    "2026-08-14T09:31:07+99:99",
    "9999999999999999999999",
    "1e400",
    "AAAAAAAA-AAAA-AAAA-AAAA-AAAAAAAAAAAA",
    "[::1",
    "1.2.3.4:5:6",
]
NUMBERS = [0, -1, 2**31, 2**53, 2**63 - 1, -(2**63), 2**64 - 1, 0.5, -0.0, 1e308, 1e-320]
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(NUMBERS),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(HOSTILE),
    st.text(max_size=30),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(("Name", "Value", "ID", "Type", "Address", "Path", "")), inner, max_size=4),
    ),
    max_leaves=12,
)
Path = tuple[str | int, ...]


def paths(value: object, here: Path = ()) -> list[Path]:
    """Where every member and entry of a record is, itself not."""
    found: list[Path] = [here] if here else []
    if isinstance(value, dict):
        for name, inner in value.items():
            found += paths(inner, (*here, name))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            found += paths(inner, (*here, at))
    return found


def put(record: Any, path: Path, value: object) -> Any:
    """A copy of the record with another value at one place."""
    changed = copy.deepcopy(record)
    at = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


def outcome(raw: bytes) -> AuditEvent | str:
    """An event that can be attributed, or the reason; anything else fails the test."""
    try:
        event = decode(raw)
    except UnreadableRecord as problem:
        return _plain(problem.reason)
    _sound(event)
    return event


def _plain(reason: str) -> str:
    """A reason is one line that anybody may be shown."""
    assert reason.isprintable() and 0 < len(reason) < 120
    return reason


def _sound(event: AuditEvent) -> None:
    """What every later step relies on."""
    assert event.operation and event.record_id
    assert 946_684_800_000 - 86_400_000 <= event.time_ms < 4_102_444_800_000 + 86_400_000
    for name in ("user", "workload", "tenant", "operation"):
        assert type(getattr(event, name)) is str
    for name in ("ip", "session", "token", "app", "mailbox", "mailbox_guid", "target", "user_agent"):
        held = getattr(event, name)
        assert held is None or (type(held) is str and held), name
    identity_map = IdentityMap(("northgate.example",))
    before = concerns(event, identity_map)
    identity_map.learn(event)
    for found in (before, concerns(event, identity_map)):
        assert 1 <= len(found) <= 3
        assert len({key for key, _ in found}) == len(found)
        assert all(type(role) is Role for _, role in found)
        for key, _ in found:
            key.encode()


@pytest.mark.parametrize("kind", samples.EVERY)
@pytest.mark.parametrize("value", [None, "", 0, True, -1.5, [], {}, [None], [[]], {"Name": None}, ["x"], "x", 2**63])
def test_every_field_of_another_type(kind: str, value: object) -> None:
    """One value in the place of every member of every kind of record, at every depth."""
    record = samples.EVERY[kind]()
    for path in paths(record):
        outcome(orjson.dumps(put(record, path, value)))


@pytest.mark.parametrize("kind", samples.EVERY)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_every_field(kind: str, text: str) -> None:
    """Strings that break naive parsers, in the place of every string."""
    record = samples.EVERY[kind]()
    for path in paths(record):
        outcome(orjson.dumps(put(record, path, text)))


@pytest.mark.parametrize("kind", samples.EVERY)
def test_every_field_missing_or_null(kind: str) -> None:
    """All members null at once, and each one gone."""
    record = samples.EVERY[kind]()
    outcome(orjson.dumps(dict.fromkeys(record)))
    for name in record:
        outcome(orjson.dumps({other: value for other, value in record.items() if other != name}))


@CALM
@given(st.sampled_from(sorted(samples.EVERY)), st.data())
def test_several_fields_at_once(kind: str, data: st.DataObject) -> None:
    """Up to four places changed to anything."""
    record = samples.EVERY[kind]()
    for _ in range(data.draw(st.integers(1, 4))):
        record = put(record, data.draw(st.sampled_from(paths(record))), data.draw(values))
    raw = orjson.dumps(record)
    found = outcome(raw)
    again = outcome(raw)
    if isinstance(found, AuditEvent) and isinstance(again, AuditEvent):
        assert (found.record_id, found.time_ms, found.operation) == (again.record_id, again.time_ms, again.operation)
    else:
        assert found == again


@CALM
@given(st.sampled_from(sorted(samples.EVERY)), st.integers(0), st.binary(max_size=6))
def test_damaged_bytes(kind: str, at: int, noise: bytes) -> None:
    """Bytes overwritten anywhere."""
    raw = orjson.dumps(samples.EVERY[kind]())
    at %= len(raw)
    outcome(raw[:at] + noise + raw[at + len(noise) :])


@CALM
@given(st.sampled_from(sorted(samples.EVERY)), st.integers(0))
def test_cut_bytes(kind: str, at: int) -> None:
    """A record cut anywhere is no record."""
    raw = orjson.dumps(samples.EVERY[kind]())
    assert isinstance(outcome(raw[: at % len(raw)]), str)


@CALM
@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    """Noise."""
    outcome(raw)


@CALM
@given(st.one_of(values, st.dictionaries(st.text(max_size=10), values, max_size=5)))
def test_any_object(obj: object) -> None:
    """Objects already parsed, wrapped or not."""
    for given_object in (obj, {"AuditData": obj}, {"properties": obj, "category": "SignInLogs"}, {"value": obj}):
        try:
            to_event(given_object)
        except UnreadableRecord:
            continue


@pytest.mark.parametrize("kind", samples.EVERY)
@pytest.mark.parametrize("half", ["\\ud83d", "\\udE00", "\\\\\\uD83d", "\\udE00\\ud83d", "\\ud83dx"])
def test_half_a_surrogate_pair_in_every_text(kind: str, half: str) -> None:
    """The record is read as if the half were U+FFFD."""
    record = samples.EVERY[kind]()
    expected = well_formed(json.loads(f'"{half}"'))
    assert "\ufffd" in expected
    for path in paths(record):
        found = outcome(orjson.dumps(put(record, path, "HALF")).replace(b"HALF", half.encode()))
        sound = outcome(orjson.dumps(put(record, path, expected)))
        assert (found if isinstance(found, str) else asdict(found)) == (
            sound if isinstance(sound, str) else asdict(sound)
        )


@pytest.mark.parametrize("depth", [100, 254, 255, 1_023, 1_024, 10_000, 1_000_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_deep_nesting(depth: int, opening: str, closing: str) -> None:
    """In a field, in text in a field, and alone; never a RecursionError."""
    bomb = opening * depth + "1" + closing * depth
    outcome(bomb.encode())
    for build in samples.EVERY.values():
        record = build()
        name = "Parameters" if "Parameters" in record else next(iter(record))
        outcome(orjson.dumps({**record, name: "BOMB"}).replace(b'"BOMB"', bomb.encode()))
        if depth <= 10_000:
            outcome(orjson.dumps({**record, name: bomb, "AppAccessContext": bomb, "status": bomb}))


@pytest.mark.parametrize("text", ["1" * 5_000, "-" + "9" * 400, "1e99999", "0." + "1" * 5_000, "18446744073709551616"])
def test_huge_numbers(text: str) -> None:
    """Digits beyond every machine number, in the place of every field."""
    for build in samples.EVERY.values():
        record = build()
        for path in paths(record):
            outcome(orjson.dumps(put(record, path, "NUMBER")).replace(b'"NUMBER"', text.encode()))


def test_long_lists() -> None:
    """What is kept of a list is bounded; its count is the record's."""
    many = [{"Address": f"u{n}@x.example"} for n in range(60_000)]
    event = decode(orjson.dumps(samples.send(recipientList=many, recipientCount=60_000)))
    assert len(getattr(event.detail, "recipients", ())) == 1_000
    assert getattr(event.detail, "recipient_count", 0) == 60_000
