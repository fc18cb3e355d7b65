"""Records of Exchange: cmdlets, rules, sent and read mail."""

from __future__ import annotations

from typing import Any

from tests.unit.records.samples.common import (
    ADA,
    ADA_MAILBOX,
    ADMIN,
    APP,
    BEN,
    SESSION,
    TOKEN,
    Record,
    management,
    named,
)


def cmdlet(operation: str, parameters: dict[str, object], **members: Any) -> Record:
    """An Exchange cmdlet (record type 1)."""
    return management(
        operation,
        1,
        **{
            "ResultStatus": "True",
            "UserType": 2,
            "ClientIP": "203.0.113.44:52378",
            "ObjectId": "",
            "AppId": "",
            "ClientAppId": "",
            "ExternalAccess": False,
            "OrganizationName": "northgate.onmicrosoft.com",
            "OriginatingServer": "AS8P191MB0417 (15.20.9031.014)",
            "Parameters": named(**parameters),
            **members,
        },
    )


def new_inbox_rule(**members: Any) -> Record:
    """A rule that hides mail on money."""
    parameters: dict[str, object] = {
        "AlwaysDeleteOutlookRulesBlob": "False",
        "Force": "False",
        "Name": "..",
        "SubjectOrBodyContainsWords": "invoice;payment;IBAN",
        "MoveToFolder": "RSS Feeds",
        "MarkAsRead": "True",
        "StopProcessingRules": "True",
    }
    context = {"AADSessionId": SESSION, "CorrelationId": "", "UniqueTokenId": TOKEN}
    return cmdlet(
        "New-InboxRule",
        parameters,
        **{"ObjectId": "ada.quill\\..", "SessionId": SESSION, "AppAccessContext": context, **members},
    )


def set_mailbox(**members: Any) -> Record:
    """Forwarding of a whole mailbox to an outside address."""
    parameters: dict[str, object] = {
        "Identity": "EURP191A004.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations/"
        "northgate.onmicrosoft.com/ada.quill",
        "ForwardingSmtpAddress": "smtp:Drop.Box77@mailsink.example",
        "DeliverToMailboxAndForward": "True",
    }
    return cmdlet("Set-Mailbox", parameters, **{"ClientIP": "[2001:db8:4a::7]:47114", **members})


def add_mailbox_permission(**members: Any) -> Record:
    """An administrator gives Ada rights on the mailbox of the finance chief."""
    parameters: dict[str, object] = {
        "Identity": "cfo.mailbox@northgate.example",
        "User": ADA,
        "AccessRights": "FullAccess",
        "InheritanceType": "All",
    }
    return cmdlet(
        "Add-MailboxPermission",
        parameters,
        **{"UserId": ADMIN, "UserKey": "1003200AD00D1001", "ObjectId": "cfo.mailbox", **members},
    )


def new_transport_rule(**members: Any) -> Record:
    """A tenant-wide copy of mail on money, with its own audit switched off."""
    parameters: dict[str, object] = {
        "Name": "Archive copy",
        "SubjectOrBodyContainsWords": "payment;bank details",
        "BlindCopyTo": "drop.box77@mailsink.example",
        "SetAuditSeverity": "DoNotAudit",
        "Mode": "Enforce",
    }
    return cmdlet("New-TransportRule", parameters, **{"UserId": ADMIN, **members})


def mailbox_record(operation: str, record_type: int, **members: Any) -> Record:
    """A record on items of a mailbox (types 2, 3, 50)."""
    return management(
        operation,
        record_type,
        **{
            "ResultStatus": "Succeeded",
            "ClientIPAddress": "203.0.113.44",
            "ClientInfoString": "Client=OWA;Action=ViaProxy",
            "ExternalAccess": False,
            "InternalLogonType": 0,
            "LogonType": 0,
            "LogonUserSid": "S-1-5-21-1111111111-2222222222-333333333-4444444",
            "MailboxGuid": ADA_MAILBOX,
            "MailboxOwnerUPN": ADA,
            "OriginatingServer": "AS8P191MB0417 (15.20.9031.014)\r\n",
            "SessionId": SESSION,
            **members,
        },
    )


def send(operation: str = "Send", **members: Any) -> Record:
    """A message sent, without its recipients, as usual."""
    item = {
        "Attachments": "Q3-forecast.xlsx (48213b)",
        "InternetMessageId": "<AS8P191MB0417F00D@AS8P191MB0417.EURP191.PROD.OUTLOOK.COM>",
        "ParentFolder": {"Id": "LgAAAAAb", "Path": "\\Drafts"},
        "SizeInBytes": 51882,
        "Subject": "Updated bank details",
    }
    return mailbox_record(operation, 2, **{"Item": item, "ClientIP": "203.0.113.44", **members})


def hard_delete(**members: Any) -> Record:
    """One message purged from Sent Items."""
    item = {"Id": "RgAAAAAb", "ParentFolder": {"Id": "LgAAAAAb", "Path": "\\Sent Items"}, "Subject": "Bank details"}
    return mailbox_record(
        "HardDelete",
        3,
        **{"AffectedItems": [item], "Folder": {"Id": "LgAAAAAb", "Path": "\\Sent Items"}, **members},
    )


def mail_items_accessed(**members: Any) -> Record:
    """Two messages opened; no ClientIP, as in every record of type 50."""
    folder = {"FolderItems": [{"InternetMessageId": "<a@x.example>"}, {"InternetMessageId": "<b@x.example>"}]}
    return mailbox_record(
        "MailItemsAccessed",
        50,
        **{
            "OperationProperties": named(MailAccessType="Bind", IsThrottled="False"),
            "Folders": [{**folder, "Id": "LgAAAAAb", "Path": "\\Inbox"}],
            "OperationCount": 2,
            **members,
        },
    )


def update_inbox_rules(properties: dict[str, object] | None = None, **members: Any) -> Record:
    """A rule written by desktop Outlook; `properties` replace some of its own."""
    given: dict[str, object] = {
        "RuleOperation": "AddMailboxRule",
        "RuleId": "0",
        "RuleState": "Enabled, ExitAfterExecution",
        "RuleCondition": "{((SenderSearchKey Equal SMTP:BILLING@SUPPLIER.EXAMPLE))}",
        "RuleName": ".",
        "RuleProvider": "RuleOrganizer",
        "RuleActions": '[{"ActionType":"Move","DestinationFolderId":"LgAAAAAb","FolderIsInThisStore":"True"},'
        '{"ActionType":"MarkAsRead"}]',
        **(properties or {}),
    }
    return mailbox_record(
        "UpdateInboxRules",
        2,
        **{"ClientInfoString": "Client=MSExchangeRPC", "OperationProperties": named(**given), **members},
    )


def send_to_all(**members: Any) -> Record:
    """A message sent as somebody else, with the newer members that name its recipients."""
    to = [{"Address": "AP@customer.example", "Name": "AP"}, {"Address": BEN, "Name": "Ben"}]
    sender = {"SendAsUserSmtp": "info@northgate.example", "SendAsUserMailboxGuid": APP}
    return send("SendAs", **{**sender, "recipientCount": 2, "recipientList": to, "TokenType": "user", **members})


def outlook_forward(**members: Any) -> Record:
    """A rule of desktop Outlook with words, a forward and a deletion."""
    actions = '[{"ActionType":"Forward","Recipients":[{"Address":"SMTP:A@mail.example"}]},{"ActionType":"Delete"}]'
    condition = "{(&((SubString IgnoreCase(SubjectProperty)=invoice))((MessageSize GreaterThan 1)))}"
    return update_inbox_rules({"RuleActions": actions, "RuleCondition": condition}, **members)


def new_sweep_rule(**members: Any) -> Record:
    """Mail of one sender to a folder."""
    return cmdlet("New-SweepRule", {"Name": "s", "Sender": "A@x.example", "DestinationFolder": "Archive"}, **members)
