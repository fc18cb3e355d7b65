"""Contributions of a tenant's partitions become its profile."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.engine.entity_engine import EntityEngine
from detectors.engine.knowledge import Knowledge
from detectors.engine.network import NetworkFact
from detectors.entities.tenant import TenantEntity
from detectors.entities.tenant_threshold import Maxima, review_threshold
from schemas.contracts.log import EntryKind, LogEntry
from schemas.contracts.profile import PROFILE_BYTES_MAX, Profile, decode_profile, office_season
from schemas.contracts.signal import Contribution

MONDAY = 20_000 - (20_000 + 3) % 7


class Nowhere:
    """Network data that know nothing."""

    knowledge_id = "none"

    def fact(self, ip: str) -> NetworkFact:
        return NetworkFact()


def engine() -> EntityEngine:
    return EntityEngine((TenantEntity(),), Knowledge(Nowhere()))


def day(number: int, partition: int = 0, partitions: int = 1, **counts: Any) -> Contribution:
    counts.setdefault("active", counts.get("people", 0))
    return Contribution("t1", number, partition, partitions, **counts)


def profiles(items: list[Contribution], found: EntityEngine | None = None) -> list[Profile]:
    found = found or engine()
    entries = [entry for item in items for entry in found.fold(item)]
    assert all(isinstance(entry, LogEntry) and entry.kind is EntryKind.PROFILE for entry in entries)
    return [decode_profile(entry.value) for entry in entries if isinstance(entry, LogEntry)]


def test_profile_waits_for_every_partition_and_is_written_once() -> None:
    found = engine()
    assert found.fold(day(MONDAY, 1, 2, people=3)) == []
    assert found.fold(day(MONDAY, 1, 2, people=3)) == []
    [entry] = found.fold(day(MONDAY, 0, 2, people=4, home_domains=["corp.example"]))
    assert isinstance(entry, LogEntry)
    assert (entry.account, entry.source, entry.record_id) == ("", "profile", str(MONDAY))
    profile = decode_profile(entry.value)
    assert (profile.day, profile.person_days, profile.people) == (MONDAY, 7.0, 7.0)
    assert profile.home_domains == ("corp.example",)
    assert found.fold(day(MONDAY, 0, 2, people=4)) == []


def test_partitioning_and_arrival_do_not_change_the_profile() -> None:
    values = {"network": {"asn:1": 2, "asn:2": 1}}
    whole = profiles([day(MONDAY, people=7, popularity={"network": {"asn:1": 4, "asn:2": 2}})])
    parts = [day(MONDAY, 0, 2, people=3, popularity=values), day(MONDAY, 1, 2, people=4, popularity=values)]
    assert profiles(parts) == profiles(parts[::-1]) == whole


def test_no_bit_of_the_profile_tells_how_many_partitions_there_are() -> None:
    """One, one and one more on what has faded below one is rounded otherwise than three at once."""
    days = range(MONDAY, MONDAY + 30 * 88, 88)
    whole = [_alike(number, 0, 1, 3) for number in days]
    parts = [_alike(number, place, 3, 1) for number in days for place in range(3)]
    assert profiles(whole) == profiles(parts)


def _alike(number: int, place: int, partitions: int, people: int) -> Contribution:
    """So many people who do the same."""
    values = {"network": {"asn:1": people}, "agent": {"a": people}}
    rare, maxima = {"anything": people}, {"24": people}
    return day(number, place, partitions, people=people, popularity=values, rare=rare, maxima=maxima)


def test_empty_day_gives_a_profile_and_keeps_home_domains() -> None:
    first, second = profiles([day(MONDAY, people=2, home_domains=["corp.example"]), day(MONDAY + 1)])
    assert second.home_domains == first.home_domains == ("corp.example",)
    assert second.people == 2.0
    assert second.days == 2


def test_popularity_halves_in_thirty_days() -> None:
    first, last = profiles([day(MONDAY, people=8, popularity={"app": {"outlook": 8}}), day(MONDAY + 30, people=0)])
    assert first.popularity["app"]["outlook"] == 8.0
    assert last.popularity["app"]["outlook"] == pytest.approx(4.0)
    assert last.share("app", "outlook") == pytest.approx(1.0)


def test_rare_values_beyond_the_commonest_stay_out() -> None:
    values = {f"n{i}": 1 for i in range(500)} | {f"common{i}": 5 for i in range(100)}
    [profile] = profiles([day(MONDAY, people=90, popularity={"network": values})])
    assert all(f"common{i}" in profile.popularity["network"] for i in range(100))
    assert len(profile.popularity["network"]) == 100


def test_encoded_profile_keeps_its_bound_and_the_commonest() -> None:
    values = {f"{i:060d}": 2 + i for i in range(15_000)}
    found = engine()
    [entry] = found.fold(day(MONDAY, people=90, popularity={"network": values}))
    assert isinstance(entry, LogEntry)
    assert PROFILE_BYTES_MAX / 2 < len(entry.value) <= PROFILE_BYTES_MAX
    assert f"{14_999:060d}" in decode_profile(entry.value).popularity["network"]


def test_rates_begin_as_shipped_and_follow_the_tenant() -> None:
    [quiet] = profiles([day(MONDAY)])
    assert quiet.rates["inbox-rule"] == pytest.approx(1 / 90)
    days = [day(MONDAY + n, people=1_000, rare={"inbox-rule": 100}) for n in range(30)]
    assert 0.08 < profiles(days)[-1].rates["inbox-rule"] < 0.1


def test_season_is_an_office_until_the_tenant_works_by_night() -> None:
    [first] = profiles([day(MONDAY, people=3)])
    assert first.season == office_season()
    night = [0] * 48
    night[2] = 1_000
    last = profiles([day(MONDAY + 7 * n, people=100, season=night) for n in range(5)])[-1]
    assert sum(last.season) == pytest.approx(1.0, abs=1e-4)
    assert last.season[2] == max(last.season)
    weekend = sum(office_season()[24:])
    assert sum(last.season[24:]) == pytest.approx(weekend, abs=0.01)


def test_threshold_is_nominal_at_first_and_follows_a_noisy_tenant_within_its_bounds() -> None:
    assert review_threshold(Maxima()) == 10.1
    quiet, noisy = Maxima(), Maxima()
    quiet.add(100_000, [])
    noisy.add(100_000, [{"52": 2_000}])
    assert 8.0 <= review_threshold(quiet) < 9.0
    assert 13.0 < review_threshold(noisy) <= 14.0
    few = Maxima()
    few.add(50, [{"60": 5}])
    assert review_threshold(few) == pytest.approx(10.1, abs=0.05)


def test_states_survive_and_damage_resets() -> None:
    items = [day(MONDAY + n, people=5, popularity={"app": {"a": 3}}, rare={"forwarding": 1}) for n in range(4)]
    found, other = engine(), engine()
    profiles(items[:2], found)
    found.fold(day(MONDAY + 3, 0, 2, people=1))
    [(key, data)] = found.states().items()
    assert key == b"t1|tenant|t1"
    other.load_state("t1", "tenant", "t1", data)
    assert other.states() == found.states()
    assert profiles(items[2:], other) == profiles(items[2:], found)
    broken = engine()
    broken.load_state("t1", "tenant", "t1", data[:-7] + b"garbage")
    assert broken.damaged == 1


def test_unknown_sections_are_carried_and_unheard_kinds_ignored() -> None:
    found = engine()
    profiles([day(MONDAY, people=5)], found)
    data = found.states()[b"t1|tenant|t1"]
    mute = EntityEngine((), Knowledge(Nowhere()))
    mute.load_state("t1", "tenant", "t1", data)
    assert mute.states() == {b"t1|tenant|t1": data}
    assert mute.fold(day(MONDAY)) == []
