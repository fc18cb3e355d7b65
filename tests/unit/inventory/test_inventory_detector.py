"""Found rules are judged by what they do, once, and are nobody's act."""

from __future__ import annotations

from typing import Any

import orjson

from detectors.accounts.inbox_rule import InboxRuleDetector
from detectors.engine.account_engine import AccountEngine
from detectors.engine.knowledge import Knowledge
from detectors.probe import NoFacts
from detectors.registry import account_detectors
from schemas.contracts.incident import Incident, Tier
from schemas.contracts.log import EntryKind, LogEntry, clock_bytes
from schemas.identity.concerns import concerns
from schemas.identity.identity_map import IdentityMap
from schemas.records.decode import decode
from streams.collectors.feed import bootstrap
from tests.unit.inventory.inventory_cloud import ADA, DULL, HIDING, HOME

TENANT = "7f0c1b52-4a1e-4a0c-9e1d-5a0e6b1d2f33"
DAY = 86_400_000


class Tenant:
    """An engine, and entries for it."""

    def __init__(self) -> None:
        self.engine = AccountEngine(account_detectors(), Knowledge(NoFacts()))
        self.engine.fold(bootstrap(TENANT, (HOME,)))

    def take(self, body: dict[str, Any]) -> list[Incident]:
        raw = orjson.dumps(body)
        event = decode(raw)
        told: list[Incident] = []
        for key, role in concerns(event, IdentityMap((HOME,))):
            entry = LogEntry(EntryKind.RECORD, TENANT, key, raw, event.source, event.record_id, role)
            told += [effect for effect in self.engine.fold(entry) if isinstance(effect, Incident)]
        return told

    def found(self, held: Any, day: int = 11, kind: str = "InboxRule") -> list[Incident]:
        return self.take({"Watchpost": "inventory", "Kind": kind, "ObservedTime": f"2026-03-{day:02d}T10:00:00Z",
                          "OrganizationId": TENANT, "Mailbox": ADA, "Object": held})  # fmt: skip

    def made(self, operation: str, parameters: dict[str, str], day: int = 11, hour: int = 8) -> list[Incident]:
        return self.take({"CreationTime": f"2026-03-{day:02d}T{hour:02d}:00:00", "Id": f"{operation}-{day}-{hour}",
                          "Operation": operation, "OrganizationId": TENANT, "RecordType": 1, "ResultStatus": "True",
                          "UserType": 0, "Workload": "Exchange", "UserId": ADA, "ObjectId": f"ada\\{parameters['Name']}",
                          "Parameters": [{"Name": name, "Value": value} for name, value in parameters.items()]})  # fmt: skip

    def clock(self, day: int) -> None:
        time_ms = decode(orjson.dumps({"CreationTime": f"2026-03-{day:02d}T06:00:00", "Id": "c", "Operation": "x",
                                       "RecordType": 1, "Workload": "Exchange"})).time_ms  # fmt: skip
        self.engine.fold(LogEntry(EntryKind.CLOCK, TENANT, "", clock_bytes(time_ms)))


MADE = {"Name": "xqzvk", "DeleteMessage": "True", "MarkAsRead": "True", "StopProcessingRules": "True"}


def test_the_dormant_rule_is_found_at_review_and_the_sentence_is_true() -> None:
    (incident,) = Tenant().found(HIDING)
    assert incident.tier is Tier.REVIEW and "act" not in incident.tier_times
    assert incident.resources[0].uid == ADA
    assert "was already there when it was first looked at" in incident.story
    assert "was made" not in incident.story
    assert all("made" not in reason.feature for held in incident.evidence for reason in held.reasons)


def test_a_hidden_rule_says_so() -> None:
    (incident,) = Tenant().found(HIDING | {"SupportedByTask": False})
    assert any(reason.feature == "hidden_rule" for held in incident.evidence for reason in held.reasons)


def test_ordinary_standing_rules_and_the_own_private_address_stay_below_review() -> None:
    tenant = Tenant()
    rules = [
        DULL,
        DULL | {"RuleIdentity": 78, "Name": "Tickets", "DeleteMessage": True},
        DULL | {"RuleIdentity": 79, "MarkAsRead": True, "MoveToFolder": "RSS Feeds"},
        {
            "Name": "Junk E-mail Rule",
            "RuleIdentity": 9,
            "Enabled": True,
            "SupportedByTask": False,
            "MoveToFolder": "Junk",
        },
    ]
    assert [tenant.found(held) for held in rules] == [[], [], [], []]
    private = {"ForwardingSmtpAddress": "smtp:ada.quill@gmail.com", "DeliverToMailboxAndForward": True}
    assert tenant.found(private, kind="MailboxForwarding") == []


def test_a_rule_judged_from_its_audit_record_adds_nothing_when_it_is_found() -> None:
    tenant = Tenant()
    (made,) = tenant.made("New-InboxRule", MADE)
    assert tenant.found(HIDING, day=11) == []
    (standing,) = tenant.engine.standing()
    assert (standing.count, standing.score_nats) == (made.count, made.score_nats)


def test_nor_when_it_is_found_after_its_day_was_learnt() -> None:
    tenant = Tenant()
    tenant.made("New-InboxRule", MADE)
    for day in (12, 13, 14, 15, 16, 17):
        tenant.clock(day)
        tenant.made("Set-InboxRule", {"Name": "Newsletters", "MarkAsRead": "True"}, day=day)
    assert tenant.found(HIDING, day=17) == []


def test_a_standing_rule_is_told_once_however_often_it_is_found() -> None:
    tenant = Tenant()
    assert len(tenant.found(HIDING, day=1)) == 1
    for day in (2, 14, 28):
        tenant.clock(day)
        assert tenant.found(HIDING, day=day) == []


def test_a_found_rule_that_became_worse_is_told_again() -> None:
    tenant = Tenant()
    mild = HIDING | {"MarkAsRead": False, "DeleteMessage": False, "MoveToFolder": "RSS Feeds"}
    tenant.found(mild)
    assert len(tenant.found(HIDING, day=12)) == 1


def test_who_removes_a_found_rule_is_not_said_to_have_made_it_just_now() -> None:
    tenant = Tenant()
    tenant.found(HIDING)
    told = tenant.made("Remove-InboxRule", {"Name": "xqzvk"}, hour=11)
    assert told == []


def test_finding_is_no_act_and_leaves_rates_and_days_alone() -> None:
    tenant = Tenant()
    tenant.found(HIDING)
    account = tenant.engine._tenants[TENANT].people[ADA]
    assert account.open_days == {}
    place = next(n for n, detector in enumerate(account_detectors()) if isinstance(detector, InboxRuleDetector))
    assert account.states[place].open_days == {}


def test_forwarding_is_noted_once_as_nobodys_act() -> None:
    tenant = Tenant()
    out = {"ForwardingSmtpAddress": "smtp:x@evil.example", "DeliverToMailboxAndForward": False}
    tenant.found(out, kind="MailboxForwarding")
    (held,) = tenant.engine._tenants[TENANT].people[ADA].book.held.values()
    assert "was already being forwarded" in held.sentence and not held.proof
    tenant.found(out, day=12, kind="MailboxForwarding")
    assert len(tenant.engine._tenants[TENANT].people[ADA].book.held) == 1
