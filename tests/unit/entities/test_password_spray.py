"""Which failures at a network are a spray, and who is told."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

import pytest

from schemas.contracts.signal import Signal

from .spray_signals import (
    ADDRESS,
    BAD,
    CHROME,
    DAY,
    EXPIRED,
    HOUR,
    LOCKED,
    MINUTE,
    MONDAY,
    OUTLOOK,
    REFUSED,
    SECOND_FACTOR,
    SPRAYER,
    UNKNOWN_USER,
    answers,
    engine,
    office,
    signal,
    spray,
    told,
)

NOON = MONDAY + 12 * HOUR
NETWORK = f"net:{ADDRESS}"


# --- found -----------------------------------------------------------------------------------------------------------


def test_four_accounts_at_a_strange_address_and_a_success() -> None:
    signals = [*spray(4, NOON, 10_000), signal("u2@corp.example", NOON + 2 * MINUTE, "success")]
    (first, network), (second, entered), (third, success) = answers(signals)
    assert (first, second, third) == (NETWORK, NETWORK, "u2@corp.example")
    assert (entered.what, entered.records[0][3]) == ("success", "u2@corp.example")
    assert (network.what, network.accounts, network.window_ms) == ("failure", 4, 10 * MINUTE)
    assert [row[3] for row in network.records] == [f"u{n}@corp.example" for n in range(4)]
    assert (success.what, success.failed_here, success.accounts) == ("success", True, 4)
    assert success.record_id == signals[-1].record_id
    assert success.nats >= 10.1


def test_success_before_the_spray_was_noticed() -> None:
    signals = [signal("u1@corp.example", NOON, "success"), *spray(12, NOON + MINUTE, 10_000)]
    assert told(signals)[0] == "u1@corp.example"


def test_success_of_an_account_that_did_not_fail() -> None:
    assert (
        told([*spray(6, NOON, 10_000), signal("boss@corp.example", NOON + HOUR, "success")])[-1] == "boss@corp.example"
    )


def test_accepted_password_then_second_factor() -> None:
    signals = [*spray(6, NOON, 10_000), signal("u9@corp.example", NOON + MINUTE, error=SECOND_FACTOR)]
    account, notice = answers(signals)[-1]
    assert (account, notice.what) == ("u9@corp.example", "password")
    later = answers([*signals, signal("u9@corp.example", NOON + 2 * MINUTE, "success")])[-1]
    assert (later[0], later[1].what) == ("u9@corp.example", "success")


def test_success_a_day_later_is_told_and_two_days_later_not() -> None:
    early = signal("u1@corp.example", NOON + 23 * HOUR, "success")
    late = signal("u1@corp.example", NOON + 30 * HOUR, "success")
    assert "u1@corp.example" in told([*spray(6, NOON, 10_000), early])
    assert "u1@corp.example" not in told([*spray(6, NOON, 10_000), late])


def test_answered_again_at_each_doubling_only() -> None:
    signals = [*spray(5, NOON, 10_000), signal("u1@corp.example", NOON + MINUTE, "success")]
    signals += [signal(f"v{n}@corp.example", NOON + 2 * MINUTE + n * 10_000) for n in range(40)]
    counts = [notice.accounts for account, notice in answers(signals) if account == "u1@corp.example"]
    assert len(counts) == 4
    assert all(after >= 2 * before for before, after in pairwise(counts[1:]))


def test_the_accused_network_hears_of_growth_and_of_each_success_once() -> None:
    signals = [*spray(4, NOON, 10_000), signal("u1@corp.example", NOON + MINUTE, "success")]
    signals += [signal(f"v{n}@corp.example", NOON + 2 * MINUTE + n * 10_000) for n in range(68)]
    heard = [notice for account, notice in answers(signals) if account == NETWORK]
    assert [notice.accounts for notice in heard if notice.what == "failure"][-1] >= 36
    assert [notice.records[0][3] for notice in heard if notice.what == "success"] == ["u1@corp.example"]


def test_the_accused_network_hears_the_total_of_a_slow_spray() -> None:
    heard = [notice for account, notice in answers(spray(72, NOON, 2 * HOUR)) if account == NETWORK]
    totals = [notice.total for notice in heard]
    assert totals == sorted(set(totals)) and totals[-1] >= 58
    assert heard[-1].accounts <= totals[-1]


def test_a_network_where_somebody_succeeded_first_is_not_accused() -> None:
    signals = [signal("u1@corp.example", NOON, "success"), *spray(40, NOON + MINUTE, 10_000)]
    assert set(told(signals)) == {"u1@corp.example"}


def test_slow_spray_an_account_an_hour_for_three_days() -> None:
    found = answers(spray(72, NOON, HOUR))
    assert found
    assert found[0][1].accounts <= 8
    assert found[-1][1].accounts >= 24


def test_distributed_spray_one_attempt_from_each_address() -> None:
    signals = [
        signal(f"u{n}@corp.example", NOON + n * MINUTE, entity="tenant", ip=f"198.{n}.100.{n}") for n in range(60)
    ]
    signals.append(signal("u7@corp.example", NOON + 61 * MINUTE, "success", entity="tenant", ip="198.90.1.1"))
    found = answers(signals)
    assert found[0][0] == "net:tenant"
    assert found[0][1].accounts <= 20
    assert found[-1][0] == "u7@corp.example"


def test_distributed_spray_in_one_carriers_network() -> None:
    entity = f"asn:9009/{SPRAYER:08x}"
    signals = [signal(f"u{n}@corp.example", NOON + n * MINUTE, entity=entity, ip=f"198.51.100.{n}") for n in range(60)]
    found = answers(signals)
    assert found[0][0] == "net:tenant"
    assert found[0][1].accounts <= 6


def test_network_is_not_told_again_of_what_one_address_did() -> None:
    assert told(spray(30, NOON, 10_000, entity=f"asn:9009/{SPRAYER:08x}")) == []
    assert told(spray(30, NOON, 10_000, entity="tenant")) == []


def test_spray_from_the_offices_own_address_tells_only_the_hit() -> None:
    signals = office(60, range(12)) + spray(40, MONDAY + 11 * DAY + 14 * HOUR, 20_000)
    signals.append(signal("u5@corp.example", MONDAY + 11 * DAY + 15 * HOUR, "success", agent=SPRAYER))
    accounts = told(signals)
    assert set(accounts) == {NETWORK, "u5@corp.example"}


# --- must stay silent ------------------------------------------------------------------------------------------------


def test_one_user_failing_often() -> None:
    assert told([signal("u1@corp.example", NOON + n * 10 * MINUTE) for n in range(300)]) == []


def test_three_accounts_are_no_spray() -> None:
    assert told(spray(3, NOON, 1_000)) == []


def test_office_mistypes_on_monday_morning() -> None:
    monday = MONDAY + 7 * DAY + 8 * HOUR
    typos = [signal(f"u{n}@corp.example", monday + n * 7 * MINUTE, agent=(CHROME, OUTLOOK)[n % 2]) for n in range(8)]
    assert told(office(200, range(8)) + typos) == []


def test_office_mistypes_on_the_very_first_morning() -> None:
    typos = [signal(f"u{n}@corp.example", MONDAY + 9 * HOUR + n * 15 * MINUTE, agent=CHROME) for n in range(4)]
    assert told(office(30, [0]) + typos) == []


def test_password_expiry_day() -> None:
    day = MONDAY + 10 * DAY + 8 * HOUR
    expired = [signal(f"u{n}@corp.example", day + n * MINUTE, error=EXPIRED, agent=CHROME) for n in range(60)]
    mistyped = [signal(f"u{n}@corp.example", day + n * MINUTE + 20_000, agent=CHROME) for n in range(0, 60, 10)]
    assert told(office(200, range(11)) + expired + mistyped) == []


def mistyped_morning(stranger: float) -> list[Signal]:
    """Twenty of sixty fail within an hour, several times each, and sign in a minute later."""
    day, own = MONDAY + 11 * DAY + 8 * HOUR, (CHROME, OUTLOOK, CHROME + 1)  # as at `office`
    typos = [
        replace(
            signal(f"u{n}@corp.example", day + n * 3 * MINUTE + again * 15_000, agent=own[n % 3]), stranger=stranger
        )
        for n in range(20)
        for again in range(1 + n % 3)
    ]
    after = [
        signal(f"u{n}@corp.example", day + n * 3 * MINUTE + MINUTE, "success", agent=own[n % 3]) for n in range(20)
    ]
    return office(60, range(11)) + typos + after


def test_everybody_mistypes_the_new_password_with_the_software_of_old() -> None:
    assert told(mistyped_morning(stranger=-1.0)) == []


@pytest.mark.parametrize("stranger", [0.0, 0.5])
def test_the_same_morning_with_clients_that_are_not_the_accounts_own_is_a_spray(stranger: float) -> None:
    assert NETWORK in told(mistyped_morning(stranger))


def test_whose_clients_they_are_outweighs_no_crowd_at_a_strange_address() -> None:
    attempts = spray(30, NOON, 10_000, agent=CHROME)
    assert NETWORK in told([replace(item, stranger=(-0.6, 1.2)[n % 2]) for n, item in enumerate(attempts)])


def everywhere(count: int, healed: int = 0) -> list[Signal]:
    """Failures at networks new to each, an address each; so many of them sign in there a minute later, as they had failed."""
    failed = [
        signal(f"u{n}@corp.example", NOON + n * MINUTE, entity="tenant", ip=f"198.{n}.100.{n}") for n in range(count)
    ]
    in_after_all = [
        signal(f"u{n}@corp.example", NOON + n * MINUTE + 40_000, "success", entity="tenant", ip=f"198.{n}.100.{n}")
        for n in range(healed)
    ]
    return failed + in_after_all


def test_who_signs_in_where_he_failed_mistyped_on_a_journey() -> None:
    assert "net:tenant" in told(sorted(everywhere(20), key=lambda item: item.time_ms))
    assert told(sorted(everywhere(20, healed=20), key=lambda item: item.time_ms)) == []


@pytest.mark.parametrize(("stranger", "concerned"), [(0.0, True), (2.0, True), (-3.0, True), (-0.9, False)])
def test_a_bystander_with_his_own_ordinary_client_is_not_told(stranger: float, concerned: bool) -> None:
    """During a spray that uses the same client, at an address where nobody failed."""
    got_in = signal("u99@corp.example", NOON + 61 * MINUTE, "success", entity="tenant", ip="198.90.1.1")
    found = told([*everywhere(60), replace(got_in, stranger=stranger)])
    assert ("u99@corp.example" in found) is concerned


def test_service_with_an_old_password() -> None:
    hammer = [signal("scanner@corp.example", NOON + n * 10 * MINUTE, agent=0) for n in range(144 * 5)]
    locked = [signal("scanner@corp.example", NOON + n * HOUR, error=LOCKED, agent=0) for n in range(100)]
    assert told(hammer + locked) == []


def test_four_services_on_one_host_with_old_passwords() -> None:
    names = [f"service{n}@corp.example" for n in range(4)]
    history = [
        signal(name, MONDAY - day * DAY + n, "success", agent=0) for day in range(9) for n, name in enumerate(names)
    ]
    hammer = [
        signal(name, MONDAY + 6 * HOUR * n + k * 10 * MINUTE, agent=0)
        for n, name in enumerate(names)
        for k in range(144)
    ]
    assert told(history + hammer) == []


@pytest.mark.parametrize("error", [50058, 50140, 65001, 700016, REFUSED, 16000])
def test_interrupts_configuration_and_policy_are_no_failures(error: int) -> None:
    assert told([signal(f"u{n}@corp.example", NOON + n * 1_000, error=error) for n in range(50)]) == []


def test_names_that_do_not_exist_alone_are_no_spray_and_beside_known_ones_count() -> None:
    unknown = [signal(f"net:{ADDRESS}", NOON + n * 10_000, error=UNKNOWN_USER) for n in range(60)]
    assert told(unknown) == []
    found = answers(spray(3, NOON, 10_000) + unknown)
    assert found[0][1].accounts == 4


def test_people_at_home_in_the_sprayed_office_are_not_told() -> None:
    monday = MONDAY + 7 * DAY
    signals = office(100, range(9)) + spray(60, monday + 7 * HOUR, 10_000)
    assert set(told(signals)) == {NETWORK}


def test_repeated_signals_change_nothing() -> None:
    signals = [*spray(6, NOON, 10_000), signal("u1@corp.example", NOON + HOUR, "success")]
    found = engine()
    answers(signals, found)
    states = found.states()
    assert answers(signals * 3, found) == []
    assert found.states() == states


# --- order and state -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_arrival_order_changes_neither_who_is_told_nor_the_final_count(seed: int) -> None:
    signals = spray(23, NOON, 20_000) + office(5, [0])
    signals += [signal(f"u{n}@corp.example", NOON + HOUR + n, "success") for n in (3, 7)]
    signals += [signal("x@corp.example", NOON - 2 * HOUR, "success")]
    expected = {account for account, _ in answers(signals)} - {NETWORK}
    shuffled = random.Random(seed).sample(signals, len(signals))
    assert (
        {account for account, _ in answers(shuffled)} - {NETWORK} == expected >= {"u3@corp.example", "x@corp.example"}
    )


def test_state_round_trip_in_the_middle_of_a_spray() -> None:
    signals = office(20, range(3)) + spray(30, MONDAY + 2 * DAY + 12 * HOUR, 10_000)
    signals.append(signal("u9@corp.example", MONDAY + 2 * DAY + 14 * HOUR, "success", agent=SPRAYER))
    whole, part = engine(), engine()
    answers(signals[:75], part)
    [(key, data)] = part.states().items()
    assert key == f"t1|network|{ADDRESS}".encode()
    other = engine()
    other.load_state("t1", "network", ADDRESS, data)
    assert other.damaged == 0
    assert other.states() == part.states()
    rest = answers(signals[75:], other)
    assert answers(signals, whole)[-len(rest) :] == rest
    assert other.states() == whole.states()


def test_state_is_bounded() -> None:
    found = engine()
    signals = [signal(f"{n:04d}@corp.example", NOON + n * 1_000) for n in range(1_200)]
    signals += [signal(f"{n:04d}@corp.example", NOON + n * 1_000, "success", agent=n) for n in range(1_200)]
    last = answers(signals, found)
    assert last[0][1].accounts == 4
    assert all(len(data) < 32_768 for data in found.states().values())


def test_a_new_spray_after_a_quiet_fortnight_is_answered_anew() -> None:
    first = spray(6, NOON, 10_000)
    once, twice = told(first), told(first + spray(6, NOON + 14 * DAY, 10_000))
    assert set(twice) == {NETWORK} and len(twice) == 2 * len(once)


def test_damaged_state_starts_anew() -> None:
    found = engine()
    found.load_state("t1", "network", ADDRESS, b"WP\x01!\x00\x01\x03abc")
    assert found.damaged == 1
    assert answers(spray(4, NOON, BAD // 10), found)


def test_places_met_once_are_forgotten_and_those_that_failed_or_are_shared_kept() -> None:
    found = engine()
    answers([signal("u1@corp.example", NOON, "success", entity=f"198.51.100.{n}") for n in range(50)], found)
    answers([signal(f"u{n}@corp.example", NOON, "success", entity="192.0.2.1") for n in range(3)], found)
    answers([signal("u1@corp.example", NOON, entity="192.0.2.2")], found)
    answers([signal("u1@corp.example", NOON + 4 * DAY, "success")], found)
    assert set(found.states()) == {f"t1|network|{name}".encode() for name in ("192.0.2.1", "192.0.2.2", ADDRESS)}
