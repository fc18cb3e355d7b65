"""Attacks do what their scenario says, within the ranges fixed in advance."""

from __future__ import annotations

from typing import Any

import pytest

from streams.simulation.attacks import ranges
from streams.simulation.clock import DAY, HOUR

from .conftest import Small


def attack_of(small: Small, scenario: str) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """The first attack of a scenario and its records by stage."""
    attack = next(line for line in small.truth("attacks.jsonl") if line["scenario"] == scenario)
    wanted = {uid: stage["stage"] for stage in attack["stages"] for uid in stage["record_uids"]}
    found: dict[str, dict[bytes, dict[str, Any]]] = {}
    for uid, body in small.bodies():
        if uid in wanted:
            key = repr((uid, "RecordType" in body)).encode()
            found.setdefault(wanted[uid], {})[key] = body
    return attack, {stage: list(bodies.values()) for stage, bodies in found.items()}


@pytest.mark.parametrize("scenario", ["S1", "S2"])
def test_burst_reaches_nine_thousand_in_an_hour(small: Small, scenario: str) -> None:
    attack, stages = attack_of(small, scenario)
    rows = [body for body in stages["impact"] if "recipientAddress" in body]
    sends = [body for body in stages["impact"] if body.get("Operation") == "Send"]
    assert ranges.BURST_RECIPIENTS[0] <= len(rows) <= ranges.BURST_RECIPIENTS[1]
    assert attack["recipients_before"][-1][1] == len(rows)
    assert attack["recipients_before"][-1][0] - attack["recipients_before"][0][0] <= HOUR
    assert len(sends) == len({row["id"] for row in rows})
    assert len(rows) / len(sends) <= ranges.BURST_BATCH[1]


@pytest.mark.parametrize("scenario", ["S1", "S2"])
def test_rule_hides_everything_and_has_no_condition(small: Small, scenario: str) -> None:
    _, stages = attack_of(small, scenario)
    rule = next(body for body in stages["evasion"] if body["Operation"].endswith(("InboxRule", "InboxRules")))
    if rule["Operation"] == "UpdateInboxRules":
        values = {item["Name"]: item.get("Value", "") for item in rule["OperationProperties"]}
        assert values["RuleCondition"] == "{(Exists(ItemClass))}"
        assert "MarkAsRead" in values["RuleActions"] and "ExitAfterExecution" in values["RuleState"]
        return
    values = {item["Name"]: item["Value"] for item in rule["Parameters"]}
    assert values["MarkAsRead"] == values["StopProcessingRules"] == "True"
    assert "DeleteMessage" in values or values["MoveToFolder"] in ranges.HIDING_FOLDERS
    assert not any("Contains" in name or name == "From" for name in values)


def test_s1_uses_one_session_from_two_networks(small: Small) -> None:
    _, stages = attack_of(small, "S1")
    rows = [body for body in stages["access"] if "createdDateTime" in body]
    assert len({row["sessionId"] for row in rows if "sessionId" in row}) == 1
    assert len({row["autonomousSystemNumber"] for row in rows if "autonomousSystemNumber" in row}) >= 2


def test_s2_leaves_no_sign_in(small: Small) -> None:
    attack, stages = attack_of(small, "S2")
    assert "access" not in stages
    start = min(body["start_ms"] for body in small.truth("attacks.jsonl"))
    assert attack["start_ms"] - start < 3 * DAY


def test_s7_stays_in_a_session_of_the_owner(small: Small, calm: Small) -> None:
    _, stages = attack_of(small, "S7")
    replayed = {
        body["AppAccessContext"]["AADSessionId"]
        for bodies in stages.values()
        for body in bodies
        if "AppAccessContext" in body
    }
    own = {body.get("sessionId") for _, body in calm.bodies() if "createdDateTime" in body}
    assert replayed and replayed <= own


def test_s14_fails_often_and_succeeds_once_or_twice(small: Small) -> None:
    _, stages = attack_of(small, "S14")
    logons = [body for body in stages["access"] if "createdDateTime" in body]
    good = [row for row in logons if row["status"]["errorCode"] == 0]
    assert 1 <= len(good) <= ranges.SPRAY_SUCCESSES[1] < len(logons)
    assert len({row["autonomousSystemNumber"] for row in logons if "autonomousSystemNumber" in row}) == 1


def test_s22_begins_in_the_first_days_with_finance_words(small: Small) -> None:
    _, stages = attack_of(small, "S22")
    text = str(stages["evasion"])
    assert any(word in text for word in ranges.FINANCE_WORDS)
    assert [body for body in stages["impact"] if body.get("Operation") == "Send"]


def test_s23_takes_an_administrators_audit_away(small: Small) -> None:
    attack, stages = attack_of(small, "S23")
    names = {forms for forms, _ in ranges.AUDIT_FORMS}
    for body in stages["evasion"]:
        given = {item["Name"]: item["Value"] for item in body["Parameters"]}
        assert set(given) & names and body["UserId"].lower() == attack["account"]
    assert stages["collection"]


def test_administrators_switch_audit_on_and_exempt_one_journal(calm: Small) -> None:
    commands = {uid: body for uid, body in calm.bodies() if "Audit" in str(body.get("Parameters"))}
    off = [body for body in commands.values() if body["Operation"] == "Set-MailboxAuditBypassAssociation"]
    assert len(off) == 1 and off[0]["ObjectId"] == "svc.journal"
    for body in commands.values():
        given = {item["Name"]: item["Value"] for item in body["Parameters"]}
        assert "False" not in [value for name, value in given.items() if name.startswith(("Audit", "Unified"))]
    kinds = [line["kind"] for line in calm.truth("hard_negatives.jsonl")]
    assert kinds.count("audit-bypass") == 1
