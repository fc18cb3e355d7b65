"""The truth names records that are there, in the words of the contract."""

from __future__ import annotations

from typing import Any

import orjson

from .conftest import ACCOUNTS, DAYS, Small

STAGES = {"access", "persistence", "evasion", "collection", "exfiltration", "impact"}
FIELDS = {
    "attack_id", "scenario", "account", "start_ms", "end_ms", "record_uids", "stages", "key_features",
    "recipients_before", "description",
}  # fmt: skip


def accounts_of(attack: dict[str, Any]) -> list[str]:
    """The accounts of an attack as a list."""
    account = attack["account"]
    return [account] if isinstance(account, str) else list(account)


def test_every_named_record_is_in_the_input(small: Small) -> None:
    present = {uid for uid, _ in small.bodies()}
    for name in ("attacks.jsonl", "hard_negatives.jsonl"):
        for line in small.truth(name):
            assert set(line["record_uids"]) <= present, line["attack_id"]


def test_attacks_have_the_fields_of_the_contract(small: Small) -> None:
    attacks = small.truth("attacks.jsonl")
    assert {attack["scenario"] for attack in attacks} == {"S1", "S2", "S7", "S14", "S22", "S23"}
    for attack in attacks:
        assert set(attack) == FIELDS
        assert attack["start_ms"] <= attack["end_ms"]
        assert attack["stages"] and attack["key_features"]
        staged = {uid for stage in attack["stages"] for uid in stage["record_uids"]}
        assert staged == set(attack["record_uids"])
        times = [stage["time_ms"] for stage in attack["stages"]]
        assert times == sorted(times) and {stage["stage"] for stage in attack["stages"]} <= STAGES


def test_hard_negatives_have_a_kind(small: Small) -> None:
    for line in small.truth("hard_negatives.jsonl"):
        assert set(line) == FIELDS | {"kind"} and line["kind"]


def test_no_account_is_attacked_twice(small: Small) -> None:
    named: list[str] = []
    for attack in small.truth("attacks.jsonl"):
        named += accounts_of(attack)
    assert len(named) == len(set(named))


def test_recipients_before_grows(small: Small) -> None:
    for attack in small.truth("attacks.jsonl"):
        counts = [count for _, count in attack["recipients_before"]]
        moments = [at for at, _ in attack["recipients_before"]]
        assert counts == sorted(counts) and moments == sorted(moments)


def test_meta_describes_the_set(small: Small) -> None:
    meta = orjson.loads((small.options.out / "truth" / "meta.json").read_bytes())
    assert (meta["accounts"], meta["days"]) == (ACCOUNTS, DAYS)
    assert meta["records"] == len({uid for uid, _ in small.bodies()}) + _told_twice(small)
    assert all(domain.endswith(".example") for domain in meta["home_domains"])


def _told_twice(small: Small) -> int:
    """Logons that stand in both feeds under one identity."""
    management = {uid for uid, body in small.bodies() if "RecordType" in body}
    return len({uid for uid, body in small.bodies() if "createdDateTime" in body and uid in management})
