"""The outbox: in order, tried again, given up, counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.contracts.collected import Gap, GapKind
from streams.drivers.embedded.journal import EmbeddedJournal
from streams.drivers.embedded.outbox import DAY_MS, Backlog, Outbox
from streams.drivers.embedded.store import EmbeddedStore
from tests.unit.embedded.store_run import HOME, TENANT, SetClock, intake, opened

NOW = 1_800_000_000_000
GAP = Gap("graph/signIns", GapKind.UNKNOWN, 1_000, 90_000_000, "Records of a kind that nobody reads.")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    """A store with two sinks."""
    with opened(tmp_path / "store.sqlite", SetClock(NOW), route=lambda told: ("file", "mail")) as held:
        yield held


@pytest.fixture
def journal(store: EmbeddedStore) -> EmbeddedJournal:
    """A tenant with two incidents, the first told twice."""
    held = store.journal(TENANT, intake, HOME)
    held.gap(GAP)
    held.gap(replace(GAP, feed="other"))
    held.gap(replace(GAP, over=True))
    return held


@pytest.mark.usefixtures("journal")
def test_a_message_goes_to_each_sink_once(store: EmbeddedStore) -> None:
    outbox = store.outbox
    first = outbox.due(NOW, "file")
    assert [item.id for item in first] == sorted(item.id for item in first) and len(first) == 3
    outbox.delivered([item.id for item in first], NOW)
    assert outbox.due(NOW, "file") == [] and len(outbox.due(NOW, "mail")) == 3
    assert outbox.due(NOW - 1, "mail") == [] and outbox.next_ms() == NOW
    assert outbox.backlog() == [Backlog("file", 0, 0, 0), Backlog("mail", 3, NOW, 0)]


@pytest.mark.usefixtures("journal")
def test_what_failed_waits_and_later_messages_of_its_incident_behind_it(store: EmbeddedStore) -> None:
    outbox = store.outbox
    create, other, _ = outbox.due(NOW, "mail")
    assert not outbox.failed(create.id, NOW + 60_000, "no route to host", NOW)
    assert [item.id for item in outbox.due(NOW, "mail")] == [other.id]
    again = outbox.due(NOW + 60_000, "mail")
    assert [item.tries for item in again] == [1, 0, 0] and again[0].id == create.id


@pytest.mark.usefixtures("journal")
def test_a_message_is_given_up_after_days_and_blocks_nothing(store: EmbeddedStore) -> None:
    outbox = store.outbox
    outbox.dead_after_ms = 3 * DAY_MS
    create, *_ = outbox.due(NOW, "mail")
    assert not outbox.failed(create.id, NOW + 1, "refused", NOW + 3 * DAY_MS - 1)
    assert outbox.failed(create.id, NOW + 1, "refused", NOW + 3 * DAY_MS)
    assert len(outbox.due(NOW + 3 * DAY_MS, "mail")) == 2
    outbox.delivered([create.id], NOW)
    assert outbox.backlog()[1] == Backlog("mail", 2, NOW, 1)


def test_an_empty_outbox(store: EmbeddedStore) -> None:
    outbox: Outbox = store.outbox
    outbox.delivered([], NOW)
    assert not outbox.failed(12345, NOW, "", NOW)
    assert outbox.due(NOW, "file") == [] and outbox.next_ms() is None and outbox.backlog() == []


def test_nothing_delivered_is_sent_again_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "again.sqlite"
    with opened(path, SetClock(NOW), route=lambda told: ("file",)) as held:
        held.journal(TENANT, intake, HOME).gap(GAP)
        held.outbox.delivered([item.id for item in held.outbox.due(NOW, "file")], NOW)
    with opened(path, SetClock(NOW), route=lambda told: ("file",)) as held:
        held.journal(TENANT, intake, HOME).gap(replace(GAP, over=True))
        (item,) = held.outbox.due(NOW, "file")
        assert b'"activity_id":3' in item.message and item.tenant == TENANT
