"""State bytes: the envelope, unknown and damaged sections, a restart at any entry."""

from __future__ import annotations

import random

import pytest

from detectors.engine.account import dump_account, load_account, new_account
from detectors.engine.envelope import DamagedState, Section, open_envelope, seal_envelope
from schemas.contracts.incident import Stage
from tests.unit.engine.told_detector import ADA, TENANT, Hand, Told, ToldDetector, at, incidents


def lived() -> Hand:
    hand = Hand(ToldDetector(900, "told"), ToldDetector(901, "second"))
    for day in range(4):
        hand.record(at(day, 9), Told(4.0, value=f"v{day}"))
        hand.clock(at(day + 1, 6))
    hand.record(at(4, 9), Told(11.0))
    return hand


def test_bytes_to_state_to_bytes() -> None:
    hand = lived()
    account, damaged = load_account(hand.state(), 0, hand.detectors)
    assert damaged == 0
    assert dump_account(account, hand.detectors) == hand.state()


def test_a_section_of_a_newer_version_or_unknown_number_is_carried_through() -> None:
    hand = lived()
    foreign = [Section(901, 2, b"of a later release"), Section(5_000, 1, b"of another installation")]
    sections = [section for section in open_envelope(hand.state()) if section.number != 901]
    after = Hand(ToldDetector(900, "told"), ToldDetector(901, "second"))
    after.engine.load_state(TENANT, ADA, seal_envelope([*sections, *foreign]))
    after.record(at(4, 10))
    kept = [section for section in open_envelope(after.state()) if section in foreign]
    assert kept == foreign
    assert after.engine.damaged == 0


def test_a_damaged_section_resets_that_detector_alone() -> None:
    hand = lived()
    sections = [
        Section(section.number, section.version, section.data[:3] if section.number == 900 else section.data)
        for section in open_envelope(hand.state())
    ]
    account, damaged = load_account(seal_envelope(sections), 0, hand.detectors)
    assert damaged == 1
    assert account.states[0] == hand.detectors[0].start()
    assert account.states[1].days and account.book.incident is not None and account.sealed_days > 0


@pytest.mark.parametrize("data", [b"", b"WP", b"XX\x01", b"WP\x63", b"WP\x01\x10\x00"])
def test_what_is_no_envelope_starts_anew_and_is_counted(data: bytes) -> None:
    hand = Hand()
    hand.engine.load_state(TENANT, ADA, data)
    assert hand.engine.damaged == 1
    assert incidents(hand.record(at(0), Told(11.0)))


def test_damaged_bytes_never_raise() -> None:
    hand, chance = lived(), random.Random(1)
    data = hand.state()
    for _ in range(400):
        broken = bytearray(data)
        for _ in range(chance.randrange(1, 4)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        cut = bytes(broken[: chance.randrange(len(broken) + 1)] if chance.random() < 0.3 else broken)
        load_account(cut, 0, hand.detectors)


def test_an_envelope_that_is_cut_is_refused() -> None:
    data = seal_envelope([Section(16, 1, b"x" * 300), Section(17, 1, b"y")])
    assert open_envelope(data) == [Section(16, 1, b"x" * 300), Section(17, 1, b"y")]
    whole = {3, len(data) - 5}  # between two sections
    for length in set(range(len(data))) - whole:
        with pytest.raises(DamagedState):
            open_envelope(data[:length])


def test_a_restart_at_any_entry_changes_nothing() -> None:
    straight, restarted = Hand(), Hand()
    for step in range(40):
        time_ms = at(step // 6, 8 + step % 6)
        told = Told(3.0 + step % 7 * 1.5, list(Stage)[step % 5], value=f"v{step % 4}")
        uid = f"u{step}"
        expected, found = straight.record(time_ms, told, uid=uid), restarted.record(time_ms, told, uid=uid)
        if step % 6 == 5:
            straight.clock(at(step // 6 + 1, 6))
            restarted.clock(at(step // 6 + 1, 6))
        assert incidents(found) == incidents(expected)
        assert restarted.state() == straight.state()
        restarted.engine.load_state(TENANT, ADA, restarted.state())


def test_an_account_that_did_nothing_is_small() -> None:
    detectors = (ToldDetector(),)
    assert len(dump_account(new_account(0, detectors), detectors)) < 64
