"""Found objects become events whose ids hold what they do, not when they were looked at."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from schemas.identity.concerns import SYSTEM_KEY, Role, concerns
from schemas.identity.identity_map import IdentityMap
from schemas.records.decode import decode
from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent, InboxRule, MailboxForwarding, RuleAction, Source, TransportRule
from schemas.records.packed import pack, unpack
from tests.unit.inventory.inventory_cloud import ADA, DULL, HIDING


def found(
    kind: str, held: Any, mailbox: str | None = ADA, at: str = "2026-03-11T10:00:00Z", **changes: Any
) -> AuditEvent:
    body = {"Watchpost": "inventory", "Kind": kind, "ObservedTime": at, "OrganizationId": "7F0C", "Mailbox": mailbox,
            "Object": held} | changes  # fmt: skip
    return decode(orjson.dumps(body))


def rule(held: Any, **changes: Any) -> InboxRule:
    detail = found("InboxRule", held, **changes).detail
    assert isinstance(detail, InboxRule)
    return detail


def test_a_rule_of_the_cmdlet_says_what_it_does() -> None:
    event = found("InboxRule", HIDING, mailbox="Ada.Quill@corp.example")
    assert (event.source, event.mailbox, event.user, event.tenant) == (Source.INVENTORY, ADA, "", "7f0c")
    detail = event.detail
    assert isinstance(detail, InboxRule)
    assert detail.action is RuleAction.FOUND
    assert detail.delete and detail.mark_read and detail.stop and not detail.conditions and not detail.hidden
    assert concerns(event, IdentityMap(())) == [(ADA, Role.SYSTEM)]


def test_what_is_false_or_absent_is_no_condition_and_no_action() -> None:
    detail = rule(DULL | {"HasAttachment": False, "From": [], "SentTo": None, "MarkAsRead": "False"})
    assert detail.conditions == ("SubjectContainsWords",)
    assert detail.words == ("unsubscribe",)
    assert not detail.delete and not detail.mark_read


def test_the_same_rule_in_graphs_words_does_the_same() -> None:
    graph = {
        "id": "AQAAAJ5dZqg=",
        "displayName": "..",
        "isEnabled": True,
        "sequence": 1,
        "conditions": {
            "subjectContains": ["invoice", "iban"],
            "fromAddresses": [{"emailAddress": {"name": "B", "address": "Pay@Supplier.example"}}],
            "isMeetingRequest": True,
            "withinSizeRange": {"minimumSize": 0, "maximumSize": 20},
        },
        "actions": {
            "delete": True,
            "markAsRead": True,
            "forwardTo": [{"emailAddress": {"address": "X@Evil.example"}}],
        },
    }
    detail = rule(graph)
    assert detail.conditions == ("From", "MessageTypeMatches", "SubjectContainsWords", "WithinSizeRangeMaximum")
    assert detail.words == ("invoice", "iban")
    assert detail.senders == ("pay@supplier.example",)
    assert detail.delete and detail.mark_read and detail.forward_to == ("x@evil.example",)
    assert detail.name == ".." and detail.rule_id == "AQAAAJ5dZqg="


def test_looked_at_again_or_moved_in_its_order_it_is_the_same_record() -> None:
    first = found("InboxRule", HIDING)
    again = found("InboxRule", HIDING | {"Priority": 9, "Description": "x"}, at="2026-03-12T10:00:00Z")
    assert first.record_id == again.record_id
    assert again.time_ms - first.time_ms == 86_400_000


@pytest.mark.parametrize(
    "change", [{"DeleteMessage": False}, {"Enabled": False}, {"RuleIdentity": 5}, {"From": ["a@b.example"]}]
)
def test_a_changed_rule_is_another_record(change: dict[str, Any]) -> None:
    assert found("InboxRule", HIDING | change).record_id != found("InboxRule", HIDING).record_id


def test_the_same_rule_in_another_mailbox_is_another_record() -> None:
    assert found("InboxRule", HIDING, mailbox="bob@corp.example").record_id != found("InboxRule", HIDING).record_id


def test_a_rule_that_is_switched_off_does_nothing() -> None:
    assert rule(HIDING | {"Enabled": False}).action is RuleAction.DISABLE
    graph = {"displayName": "a", "isEnabled": False, "actions": {"delete": True}}
    assert rule(graph).action is RuleAction.DISABLE


def test_the_junk_rule_of_every_mailbox_says_nothing_unless_it_leaks() -> None:
    junk = {"Name": "Junk E-mail Rule", "RuleIdentity": 9, "Enabled": True, "SupportedByTask": False,
            "MoveToFolder": "Junk Email"}  # fmt: skip
    assert rule(junk).blank and rule(junk).hidden
    assert not rule(junk | {"ForwardTo": ["x@evil.example"]}).blank


def test_forwarding_and_mail_flow_rules() -> None:
    event = found("MailboxForwarding", {"ForwardingSmtpAddress": "smtp:X@Evil.example", "AuditEnabled": True,
                                        "DeliverToMailboxAndForward": False})  # fmt: skip
    assert isinstance(event.detail, MailboxForwarding)
    assert event.detail.to == "x@evil.example" and not event.detail.keep_copy
    assert concerns(event, IdentityMap(())) == [(ADA, Role.SYSTEM)]
    flow = {"Name": "copy", "State": "Enabled", "Mode": "Enforce", "BlindCopyTo": ["x@evil.example"], "Priority": 0}
    event = found("TransportRule", flow, mailbox=None)
    assert isinstance(event.detail, TransportRule)
    assert event.detail.copy_to == ("x@evil.example",) and event.detail.action is RuleAction.FOUND
    assert concerns(event, IdentityMap(())) == [(SYSTEM_KEY, Role.SYSTEM)]
    for change in ({"State": "Disabled"}, {"Mode": "AuditAndNotify"}):
        detail = found("TransportRule", flow | change, mailbox=None).detail
        assert isinstance(detail, TransportRule) and detail.action is RuleAction.DISABLE


def test_a_found_rule_survives_packing() -> None:
    event = found("InboxRule", HIDING | {"SupportedByTask": False})
    detail = unpack(pack(event)).detail
    assert isinstance(detail, InboxRule) and detail.hidden and detail.action is RuleAction.FOUND


@pytest.mark.parametrize(
    ("kind", "held", "changes"),
    [
        ("Mailbox", {"a": 1}, {}),
        ("InboxRule", {}, {}),
        ("InboxRule", "text", {}),
        ("InboxRule", HIDING, {"ObservedTime": "soon"}),
        ("InboxRule", HIDING, {"Kind": 7}),
        ("InboxRule", HIDING, {"Kind": ["InboxRule"]}),
    ],
)
def test_what_is_no_inventory_is_refused_with_a_reason(kind: str, held: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(UnreadableRecord) as caught:
        found(kind, held, **changes)
    assert "\n" not in caught.value.reason


@pytest.mark.parametrize("odd", [None, 3, [], {}, "x" * 70_000, [None, 1, {"a": []}], {"emailAddress": {"address": 4}}])
def test_odd_members_are_absent_and_not_fatal(odd: Any) -> None:
    for name in ("Name", "From", "DeleteMessage", "MoveToFolder", "RuleIdentity", "Enabled", "SupportedByTask"):
        rule(HIDING | {name: odd})
    for name in ("conditions", "actions", "displayName", "isEnabled", "id"):
        rule({"displayName": "n", "actions": {"delete": True}} | {name: odd})
