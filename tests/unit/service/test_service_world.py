"""The tenant's life in time: equal seeds give equal contents however the clock is read; attacks come when they are told to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.simulation.service import Attack, Faults
from streams.simulation.service.stores import content_type_of
from streams.simulation.service.tenant import PracticeTenant

from .conftest import DAY, HOUR, NOW, small

MINUTE = 60_000


def tenant(folder: Path, **changes: Any) -> PracticeTenant:
    return PracticeTenant(small(**changes), Faults(), NOW, folder, sent=False)


def contents(found: PracticeTenant) -> list[tuple[str, int, int, list[bytes]]]:
    return [(blob.id, blob.created, blob.visible, store.content(blob))
            for store in found.stores.blobs.values() for blob in store.blobs]  # fmt: skip


def rows(found: PracticeTenant) -> dict[str, list[bytes]]:
    return {name: sorted(store.read(position) for _, position in store.between(0, NOW * 2))
            for name, store in found.stores.rows.items()}  # fmt: skip


def records(found: PracticeTenant) -> list[dict[str, Any]]:
    return [orjson.loads(line) for _, _, _, lines in contents(found) for line in lines]


def test_equal_options_give_equal_contents_however_often_the_clock_is_read(tmp_path: Path) -> None:
    attack = Attack("seed", NOW + HOUR)
    at_once, in_steps = (tenant(tmp_path / name, attacks=(attack,)) for name in ("a", "b"))
    at_once.catch_up(NOW + 3 * HOUR)
    for step in range(0, 180, 7):
        in_steps.catch_up(NOW + step * MINUTE)
    in_steps.catch_up(NOW + 3 * HOUR)
    assert contents(at_once) == contents(in_steps)
    assert rows(at_once) == rows(in_steps)


def test_another_seed_is_another_tenant(tmp_path: Path) -> None:
    first, second = tenant(tmp_path / "a"), tenant(tmp_path / "b", seed=8)
    for found in (first, second):
        found.catch_up(NOW)
    assert first.id != second.id and first.client_id != second.client_id
    ids = [{record["Id"] for record in records(found)} for found in (first, second)]
    assert not ids[0] & ids[1]


def test_nothing_is_available_before_it_happened(tmp_path: Path) -> None:
    found = tenant(tmp_path)
    found.catch_up(NOW)
    assert all(blob[2] <= NOW for blob in contents(found))
    late = [record for record in records(found) if record["CreationTime"] > "2026-03-11T10:00:00"]
    assert late == []


def test_every_record_is_in_its_content_type(tmp_path: Path) -> None:
    found = tenant(tmp_path, odd=0.02)
    found.catch_up(NOW)
    for name, store in found.stores.blobs.items():
        for blob in store.blobs:
            assert {content_type_of(orjson.loads(line)) for line in store.content(blob)} <= {name}


def test_without_repeats_and_redelivery_each_record_comes_once(tmp_path: Path) -> None:
    found = tenant(tmp_path, duplicates=0.0, redelivered=0.0, odd=0.0)
    found.catch_up(NOW)
    ids = [record["Id"] for record in records(found)]
    assert len(ids) == len(set(ids)) > 500


def test_some_records_come_again_days_later(tmp_path: Path) -> None:
    found = tenant(tmp_path, past_days=5, accounts=6, duplicates=0.0, redelivered=0.05)
    found.catch_up(NOW)
    seen: dict[str, list[int]] = {}
    for _, created, _, lines in contents(found):
        for line in lines:
            seen.setdefault(orjson.loads(line)["Id"], []).append(created)
    assert any(max(times) - min(times) > 2 * DAY for times in seen.values())


@pytest.mark.parametrize("story", ["seed", "dormant", "S1", "S2", "S7", "S14", "S22"])
def test_an_attack_begins_when_it_is_told_to(tmp_path: Path, story: str) -> None:
    at = NOW + HOUR
    found = tenant(tmp_path, accounts=12, attacks=(Attack(story, at, pace=0.1),))
    found.catch_up(at)
    told = found.world.told[0]
    first = min(stage.time for stage in told.stages)
    assert at - MINUTE <= first <= at + 90 * MINUTE
    assert told.stages and told.accounts


def test_an_attack_may_be_placed_while_serving(tmp_path: Path) -> None:
    found = tenant(tmp_path, lateness=0.0)
    found.catch_up(NOW)
    victim = found.world.people[4].upn
    found.world.attack(Attack("seed", NOW + MINUTE, victim=victim))
    found.catch_up(NOW + HOUR)
    made = [record for record in records(found) if record["Operation"] == "New-InboxRule"
            and record["UserId"].lower() == victim and record["CreationTime"] >= "2026-03-11T10:01:00"]  # fmt: skip
    assert len(made) == 1
    assert sum(count for _, count in found.world.told[0].mailed) > 9_000


def test_a_dormant_attack_placed_while_serving_has_its_rule(tmp_path: Path) -> None:
    found = tenant(tmp_path, lateness=0.0)
    found.catch_up(NOW)
    before = sum(len(box.rules) for box in found.directory.mailboxes)
    found.attack(Attack("dormant", NOW + HOUR))
    assert sum(len(box.rules) for box in found.directory.mailboxes) == before + 1


def test_impossible_attacks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown attack 'S99'; known: seed, dormant"):
        Attack("S99", NOW)
    found = tenant(tmp_path, attacks=(Attack("seed", NOW, victim="nobody@nowhere.example"),))
    with pytest.raises(ValueError, match=r"no account nobody@nowhere\.example in the practice tenant"):
        found.catch_up(NOW)


def test_a_pending_message_is_delivered_within_the_hour(tmp_path: Path) -> None:
    found = tenant(tmp_path, accounts=20, lateness=0.0, duplicates=0.0)
    found.catch_up(NOW)
    store = found.stores.rows["messageTraces"]
    now = {orjson.loads(store.read(position))["status"] for _, position in store.between(NOW - DAY, NOW - HOUR)}
    assert "pending" not in now and "delivered" in now
