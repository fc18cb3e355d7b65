"""What Exchange records say: rules in all their forms, forwarding, grants, mail sent, read and deleted."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from schemas.records.decode import decode
from schemas.records.event import (
    AuditEvent,
    InboxRule,
    MailAccess,
    MailboxForwarding,
    MailDeletion,
    MailSent,
    PermissionGrant,
    RuleAction,
    TransportRule,
)
from tests.unit.records import samples


def read(record: object) -> AuditEvent:
    """A record as an event."""
    return decode(orjson.dumps(record))


def rule(record: object) -> InboxRule:
    """The rule of a record."""
    detail = read(record).detail
    assert isinstance(detail, InboxRule)
    return detail


def cmdlet_rule(**parameters: object) -> InboxRule:
    """The rule of New-InboxRule with these parameters."""
    return rule(samples.new_inbox_rule(Parameters=samples.named(**parameters)))


def test_new_inbox_rule() -> None:
    """The reference's example, whole."""
    event = read(samples.new_inbox_rule())
    found = event.detail
    assert isinstance(found, InboxRule)
    assert (found.action, found.form, found.name) == (RuleAction.NEW, "cmdlet", "..")
    assert found.words == ("invoice", "payment", "IBAN")
    assert found.conditions == ("SubjectOrBodyContainsWords",)
    assert (found.move_to, found.mark_read, found.stop, found.delete) == ("RSS Feeds", True, True, False)
    assert not found.catch_all and not found.blank
    assert (event.mailbox, event.ok, event.ip) == (samples.ADA, True, "203.0.113.44")
    assert event.user_ids == (("puid", samples.ADA_PUID),)


@pytest.mark.parametrize("action", list(RuleAction))
def test_every_rule_cmdlet(action: RuleAction) -> None:
    """New, Set, Remove, Enable, Disable."""
    record = samples.cmdlet(f"{action.value.title()}-InboxRule", {"Identity": "ada.quill\\Old"})
    assert (rule(record).action, rule(record).name) == (action, "Old")


@pytest.mark.parametrize("name", ["", ".", "..", " ", "\u200b", "a/b\\c", "\x1b[31m", "=cmd()"])
def test_rule_names_are_kept(name: str) -> None:
    """Names of nothing and hostile names are evidence: they stay as they are."""
    assert cmdlet_rule(Name=name).name == name


@pytest.mark.parametrize(
    ("parameters", "addresses"),
    [
        ({"ForwardTo": "smtp:A@Mail.example"}, ("a@mail.example",)),
        ({"RedirectTo": '"Box" [SMTP:A@mail.example];b@mail.example'}, ("a@mail.example", "b@mail.example")),
        ({"ForwardAsAttachmentTo": "Box <A@mail.example>"}, ("a@mail.example",)),
        ({"ForwardTo": "Ben Hart"}, ("ben hart",)),
        ({"ForwardTo": ""}, ()),
    ],
)
def test_forwarding_addresses(parameters: dict[str, object], addresses: tuple[str, ...]) -> None:
    """In the spellings of the cmdlets; names stay names."""
    assert cmdlet_rule(**parameters).forward_to == addresses


@pytest.mark.parametrize(
    ("parameters", "catch_all", "conditions"),
    [
        ({}, False, ()),
        ({"SubjectContainsWords": "\x00"}, True, ()),
        ({"BodyContainsWords": " ; "}, True, ()),
        ({"FromAddressContainsWords": "@"}, True, ()),
        ({"FromAddressContainsWords": "@mail.example"}, False, ("FromAddressContainsWords",)),
        ({"WithinSizeRangeMinimum": "1 B (1 bytes)"}, True, ()),
        ({"WithinSizeRangeMinimum": "25 KB (25,600 bytes)"}, False, ("WithinSizeRangeMinimum",)),
        ({"HasAttachment": "False"}, False, ()),
        ({"HasAttachment": "True"}, False, ("HasAttachment",)),
        ({"ExceptIfFrom": "a@mail.example"}, False, ()),
    ],
)
def test_conditions(parameters: dict[str, object], catch_all: bool, conditions: tuple[str, ...]) -> None:
    """No condition, one that matches everything, one that restricts, an exception."""
    found = cmdlet_rule(MarkAsRead="True", **parameters)
    assert (found.catch_all, found.conditions) == (catch_all, conditions)


@pytest.mark.parametrize(
    ("given", "folder"),
    [
        ("Ada.Quill:\\RSS Feeds", "RSS Feeds"),
        ("RSS-Feeds", "RSS-Feeds"),
        ("", None),
        ("Posteingang\\Alt", "Posteingang\\Alt"),
    ],
)
def test_folder(given: str, folder: str | None) -> None:
    """The mailbox before a folder's path is cut."""
    assert cmdlet_rule(MoveToFolder=given).move_to == folder


def test_parameter_without_value_is_empty() -> None:
    """The Value key may be missing."""
    assert cmdlet_rule(Name="x", ForwardTo=None).forward_to == ()


def test_rule_of_another_mailbox() -> None:
    """An administrator's rule in Ben's mailbox has Ben as target."""
    record = samples.new_inbox_rule(Parameters=samples.named(Name="x", Mailbox=samples.BEN), ObjectId="ben.hart\\x")
    assert (read(record).target, read(record).mailbox) == (samples.BEN, None)


def test_outlook_rule() -> None:
    """UpdateInboxRules: properties, a restriction text and JSON in a string."""
    event = read(samples.update_inbox_rules())
    found = event.detail
    assert isinstance(found, InboxRule)
    assert (found.action, found.form, found.name, found.rule_id) == (RuleAction.NEW, "outlook", ".", None)
    assert (found.conditions, found.senders) == (("From",), ("billing@supplier.example",))
    assert (found.move_to, found.mark_read, found.stop, found.blank) == ("LgAAAAAb", True, True, False)
    assert (event.user, event.mailbox, event.session) == (samples.ADA, samples.ADA, samples.SESSION)


def test_blank_outlook_rule() -> None:
    """Outlook re-synchronises: names without values say nothing."""
    nothing: dict[str, object] = dict.fromkeys(("RuleId", "RuleState", "RuleName", "RuleProvider"), None)
    record = samples.update_inbox_rules(
        {**nothing, "RuleOperation": "ModifyMailboxRule", "RuleCondition": "{}", "RuleActions": "[]"}
    )
    assert rule(record).blank
    gone = {**nothing, "RuleOperation": "RemoveMailboxRule", "RuleCondition": "{}", "RuleActions": "[]"}
    assert not rule(samples.update_inbox_rules(gone)).blank
    assert not rule(samples.update_inbox_rules({"RuleActions": "[{}]"})).blank


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"RuleOperation": "RemoveMailboxRule"}, {"action": RuleAction.REMOVE}),
        ({"RuleOperation": "ModifyMailboxRule", "RuleState": "Enabled"}, {"action": RuleAction.SET, "stop": False}),
        ({"RuleOperation": "ModifyMailboxRule", "RuleState": "OnlyWhenOOF"}, {"action": RuleAction.DISABLE}),
        ({"RuleCondition": "{(Exists(ItemClass))}"}, {"catch_all": True, "conditions": ()}),
        (
            {"RuleCondition": "{((SubString IgnoreCase(SubjectProperty)=invoice))}"},
            {"words": ("invoice",), "conditions": ("SubjectContainsWords",)},
        ),
        ({"RuleCondition": "{((Something New))}"}, {"catch_all": False, "conditions": ("Other",)}),
        (
            {"RuleCondition": "{((Subject ContainsSubstring wire))}"},
            {"catch_all": False, "conditions": ("SubjectContainsWords",), "words": ("wire",)},
        ),
        (
            {"RuleActions": '[{"ActionType":"Forward","Recipients":["SMTP:A@mail.example"]},{"ActionType":"Delete"}]'},
            {"forward_to": ("a@mail.example",), "delete": True},
        ),
        ({"RuleActions": "[{", "RuleName": ""}, {"blank": False, "move_to": None}),
        ({"RuleActions": "[" * 100_000}, {"blank": False, "forward_to": ()}),
    ],
)
def test_outlook_rule_forms(properties: dict[str, object], expected: dict[str, object]) -> None:
    """Operations, states, restrictions and actions, also damaged and huge ones."""
    found = rule(samples.update_inbox_rules(properties))
    assert {name: getattr(found, name) for name in expected} == expected


def test_sweep_rule() -> None:
    """Mail of one sender to a folder."""
    found = rule(samples.new_sweep_rule())
    assert (found.form, found.senders, found.move_to) == ("sweep", ("a@x.example",), "Archive")


@pytest.mark.parametrize(
    ("parameters", "to"),
    [
        ({"ForwardingSmtpAddress": "smtp:Drop.Box77@mailsink.example"}, "drop.box77@mailsink.example"),
        ({"ForwardingSmtpAddress": ""}, None),
        ({"ForwardingAddress": "x.prod.outlook.com/Hosted/northgate/Ben.Hart"}, "ben.hart"),
        ({"ForwardingSmtpAddress": "", "ForwardingAddress": "ben.hart"}, "ben.hart"),
    ],
)
def test_forwarding_is_set_or_cleared(parameters: dict[str, object], to: str | None) -> None:
    """The empty address clears."""
    detail = read(samples.set_mailbox(Parameters=samples.named(Identity="ada.quill", **parameters))).detail
    assert isinstance(detail, MailboxForwarding)
    assert detail.to == to


def test_set_mailbox_of_its_owner() -> None:
    """The directory path of the own mailbox is the own mailbox."""
    event = read(samples.set_mailbox())
    assert (event.mailbox, event.target, event.ip) == (samples.ADA, None, "2001:db8:4a::7")
    assert isinstance(event.detail, MailboxForwarding) and event.detail.keep_copy is True


def test_set_mailbox_without_forwarding() -> None:
    """Any other parameter is no forwarding."""
    parameters = samples.named(Identity="ada.quill", HiddenFromAddressListsEnabled="True")
    assert read(samples.set_mailbox(Parameters=parameters)).detail is None


def test_grant() -> None:
    """Mailbox and grantee of a permission."""
    event = read(samples.add_mailbox_permission())
    assert isinstance(event.detail, PermissionGrant)
    assert (event.detail.mailbox, event.detail.grantee) == ("cfo.mailbox@northgate.example", samples.ADA)
    assert (event.detail.rights, event.target) == ("FullAccess", "cfo.mailbox@northgate.example")


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("Add-RecipientPermission", {"Identity": samples.BEN, "Trustee": samples.ADA, "AccessRights": "SendAs"}),
        ("Add-MailboxFolderPermission", {"Identity": f"{samples.BEN}:\\Inbox", "User": samples.ADA}),
        ("Set-Mailbox", {"Identity": samples.BEN, "GrantSendOnBehalfTo": samples.ADA}),
    ],
)
def test_other_grants(operation: str, parameters: dict[str, object]) -> None:
    """Each names its parties in its own parameters."""
    detail = read(samples.cmdlet(operation, parameters, UserId=samples.ADMIN)).detail
    assert isinstance(detail, PermissionGrant)
    assert (detail.mailbox, detail.grantee) == (samples.BEN, samples.ADA)


def test_transport_rule() -> None:
    """The reference's example."""
    detail = read(samples.new_transport_rule()).detail
    assert isinstance(detail, TransportRule)
    assert (detail.name, detail.copy_to) == ("Archive copy", ("drop.box77@mailsink.example",))
    assert (detail.words, detail.audit_suppressed) == (("payment", "bank details"), True)


def test_transport_rule_exceptions_are_no_conditions() -> None:
    """What a rule leaves alone does not say what it takes."""
    parameters = {"Name": "x", "ExceptIfSubjectContainsWords": "spam", "FromMemberOf": "staff", "From": ""}
    detail = read(samples.cmdlet("Set-TransportRule", parameters)).detail
    assert isinstance(detail, TransportRule)
    assert (detail.conditions, detail.words, detail.action) == (("FromMemberOf",), (), RuleAction.SET)


@pytest.mark.parametrize(
    ("identity", "name", "rule_id"),
    [
        ("ada.quill\\4561233110666051585", None, "4561233110666051585"),
        ("ada.quill\\-4561233110666051585", None, "-4561233110666051585"),
        ("ada.quill\\2026", "2026", None),
        ("4561233110666051585", None, "4561233110666051585"),
    ],
)
def test_rule_by_number(identity: str, name: str | None, rule_id: str | None) -> None:
    """A long number is the rule's id, a short one its name."""
    found = rule(samples.cmdlet("Remove-InboxRule", {"Identity": identity}))
    assert (found.name, found.rule_id) == (name, rule_id)


def test_send_without_recipients() -> None:
    """The usual case: nothing is known of them, which is not none."""
    detail = read(samples.send()).detail
    assert isinstance(detail, MailSent)
    assert (detail.recipients, detail.recipient_count, detail.sent_from) == (None, None, None)
    assert detail.message_id == "<AS8P191MB0417F00D@AS8P191MB0417.EURP191.PROD.OUTLOOK.COM>"


@pytest.mark.parametrize("spelling", ["recipient", "Recipient"])
def test_send_with_recipients(spelling: str) -> None:
    """The newer members, in either case."""
    to = [{"Address": "AP@customer.example", "Name": "AP"}, {"Address": "b@x.example"}]
    detail = read(samples.send(**{f"{spelling}Count": 2000, f"{spelling}List": to})).detail
    assert isinstance(detail, MailSent)
    assert (detail.recipients, detail.recipient_count) == (("ap@customer.example", "b@x.example"), 2000)


@pytest.mark.parametrize(("given", "count"), [(None, None), ("3", 3), (-1, 0), ("x", None), (2**63, None)])
def test_odd_recipient_counts(given: object, count: int | None) -> None:
    """No negative count, no count that is none."""
    detail = read(samples.send(recipientCount=given)).detail
    assert isinstance(detail, MailSent)
    assert detail.recipient_count == count


@pytest.mark.parametrize("name", ["SendAsUserSmtp", "SendOnBehalfOfUserSmtp"])
def test_sent_as_another(name: str) -> None:
    """The mailbox sent from."""
    detail = read(samples.send("SendAs", **{name: "Info@northgate.example"})).detail
    assert isinstance(detail, MailSent)
    assert detail.sent_from == "info@northgate.example"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (False, 2, False)),
        ({"OperationCount": None}, (False, 2, False)),
        ({"OperationProperties": samples.named(MailAccessType="Sync", IsThrottled="True")}, (True, 2, True)),
        ({"OperationProperties": samples.named(MailAccessType=None)}, (False, 2, False)),
        ({"OperationCount": "5"}, (False, 5, False)),
    ],
)
def test_mail_items_accessed(changes: dict[str, Any], expected: tuple[bool, int, bool]) -> None:
    """Bind and Sync; the address is in ClientIPAddress only."""
    event = read(samples.mail_items_accessed(**changes))
    assert isinstance(event.detail, MailAccess)
    assert (event.detail.sync, event.detail.items, event.detail.throttled) == expected
    assert event.ip == "203.0.113.44"


def test_deletion() -> None:
    """Items and folders."""
    detail = read(samples.hard_delete()).detail
    assert isinstance(detail, MailDeletion)
    assert (detail.kind, detail.items, detail.folders) == ("HardDelete", 1, ("\\Sent Items",))
