"""What the practice tenant sends to an event hub: batches, repeats, times and levels as the vendor writes them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.records.decode import decode
from streams.simulation.clock import graph_time
from streams.simulation.service import Faults
from streams.simulation.service.hub_feed import HubFeed
from streams.simulation.service.hub_producer import HubProducer
from streams.simulation.service.tenant import PracticeTenant

from .conftest import DAY, HOUR, NOW, small

_ZULU = re.compile(r"2026-03-1\d+T\d\d:\d\d:\d\d\.\d{7}Z")
_OFFSET = re.compile(r"2026-03-1\d+T\d\d:\d\d:\d\d\.\d{7}\+00:00")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[PracticeTenant, list[bytes]]:
    """A tenant followed for two days, and the messages."""
    tenant = PracticeTenant(small(accounts=15), Faults(), NOW, tmp_path_factory.mktemp("hub"), sent=False)
    tenant.catch_up(NOW)
    messages: list[bytes] = []
    hub = HubFeed(tenant, messages.append)
    hub.begin()
    for hour in range(1, 49):
        tenant.catch_up(NOW + hour * HOUR)
        hub.flush(NOW + hour * HOUR)
    return tenant, messages


def records(messages: list[bytes]) -> list[dict[str, Any]]:
    return [record for message in messages for record in orjson.loads(message)["records"]]


def test_messages_are_batches_of_mixed_categories(told: tuple[PracticeTenant, list[bytes]]) -> None:
    sizes = Counter(len(orjson.loads(message)["records"]) for message in told[1])
    assert min(sizes) == 1 and 15 <= max(sizes) <= 20
    assert max(len({record["category"] for record in orjson.loads(message)["records"]}) for message in told[1]) > 1
    assert {record["category"] for record in records(told[1])} >= {
        "SignInLogs", "NonInteractiveUserSignInLogs", "ServicePrincipalSignInLogs", "ManagedIdentitySignInLogs"}  # fmt: skip


def test_everything_that_became_visible_is_sent_and_nothing_from_before(
    told: tuple[PracticeTenant, list[bytes]],
) -> None:
    tenant, messages = told
    sent = {record["properties"]["id"] for record in records(messages)}
    for name in ("signIns/nonInteractiveUser", "signIns/interactiveUser", "directoryAudits"):
        store = tenant.stores.rows[name]
        new = {orjson.loads(store.read(position))["id"] for _, position in store.between(NOW, NOW + 2 * DAY)}
        assert new <= sent
    store = tenant.stores.rows["signIns/nonInteractiveUser"]
    old = {orjson.loads(store.read(position))["id"] for _, position in store.between(0, NOW - DAY)}
    assert len(old & sent) < len(old) / 10  # late ones alone


def test_times_levels_and_results_are_written_as_in_the_vendors_envelope(
    told: tuple[PracticeTenant, list[bytes]],
) -> None:
    found = records(told[1])
    assert {type(record.get("Level", record.get("level"))) for record in found} == {int, str}
    for record in found:
        assert _ZULU.fullmatch(record["time"]) and record["tenantId"] == told[0].id
        if record["category"] != "AuditLogs":
            assert _OFFSET.fullmatch(record["properties"]["createdDateTime"])
            assert record["resultType"] == str(record["properties"]["status"]["errorCode"])
            assert isinstance(record["location"], str) or "location" not in record["properties"]


def test_some_come_again_with_equal_properties_and_a_new_time(told: tuple[PracticeTenant, list[bytes]]) -> None:
    seen: dict[bytes, set[str]] = defaultdict(set)
    for record in records(told[1]):
        if record["category"] != "AuditLogs":
            seen[orjson.dumps(record["properties"])].add(record["time"])
    again = sum(len(times) > 1 for times in seen.values()) / len(seen)
    assert 0.01 < again < 0.15  # 3 % of its own, beside the rows that Graph itself shows twice


def test_each_record_is_read_as_the_row_of_graph_is(told: tuple[PracticeTenant, list[bytes]]) -> None:
    tenant, messages = told
    rows = {orjson.loads(line)["id"]: line for name in ("signIns/nonInteractiveUser", "signIns/servicePrincipal")
            for _, position in tenant.stores.rows[name].between(NOW, NOW + 2 * DAY)
            if (line := tenant.read(position))}  # fmt: skip
    compared = 0
    for record in records(messages):
        line = rows.get(record["properties"]["id"])
        if line is None:
            continue
        event, same = decode(orjson.dumps(record)), decode(line)
        assert (event.record_id, event.user, event.tenant, event.ip) == (same.record_id, same.user, tenant.id, same.ip)
        assert 0 <= event.time_ms - same.time_ms < 1000
        compared += 1
    assert compared > 100


@pytest.mark.parametrize("where", ["", "broker:9092", "/topic", "broker:9092/"])
def test_addresses_that_are_none(where: str) -> None:
    with pytest.raises(ValueError, match="an event hub is written HOST:PORT/TOPIC"):
        HubProducer(where)


def test_the_first_row_is_of_after_the_beginning(tmp_path: Path) -> None:
    tenant = PracticeTenant(small(accounts=5, lateness=0.0), Faults(), NOW, tmp_path, sent=False)
    tenant.catch_up(NOW)
    messages: list[bytes] = []
    hub = HubFeed(tenant, messages.append)
    hub.begin()
    tenant.catch_up(NOW + 6 * HOUR)
    hub.flush(NOW + 6 * HOUR)
    created = [record["properties"].get("createdDateTime", "9") for record in records(messages)]
    assert created and min(created) >= graph_time(NOW - 11_000)[:19]
