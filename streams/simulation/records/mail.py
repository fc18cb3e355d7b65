"""Mailbox records: sent, opened, synchronised, moved and deleted mail. Layer: streams."""

from __future__ import annotations

from streams.simulation.chance import Chance
from streams.simulation.record import MANAGEMENT, Body, Record
from streams.simulation.records.common import (
    FOLDER_CODES,
    Use,
    day_of,
    folder_id,
    item_id,
    mailbox_record,
    message_id,
    organization,
)
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant


def _record(body: Body, at: int) -> Record:
    return Record(MANAGEMENT, at, body["Id"], body)


def send_record(
    tenant: Tenant,
    who: Person,
    rng: Chance,
    at: int,
    use: Use,
    mail: tuple[str, str, int, list[str]],
    mailbox: Person | None = None,
    operation: str = "Send",
) -> Record:
    """Send, SendAs or SendOnBehalf; ``mail`` is Internet message id, subject, size and recipients."""
    internet_id, subject, size, recipients = mail
    body = mailbox_record(tenant, who, rng, at, use, operation, 2, mailbox)
    if tenant.recipients == "list":
        body["recipientCount"] = len(recipients)
        body["recipientList"] = [{"Address": address, "Name": ""} for address in recipients[:1000]]
    if mailbox is not None and operation == "SendAs":
        body["SendAsUserMailboxGuid"], body["SendAsUserSmtp"] = mailbox.mailbox_guid, mailbox.upn
    if mailbox is not None and operation == "SendOnBehalf":
        body["SendOnBehalfOfUserMailboxGuid"], body["SendOnBehalfOfUserSmtp"] = mailbox.mailbox_guid, mailbox.upn
    body |= organization(tenant, rng, day_of(tenant, at), use)
    item: Body = {}
    if size > 60_000:
        item["Attachments"] = f"{subject.split(' ')[-1]}.pdf ({size - 20_000}b)"
    if use.client in ("graph", "mobile"):
        item |= {"Id": "Unknown", "InternetMessageId": internet_id}
    else:
        parent = {"Id": folder_id(who, FOLDER_CODES["Drafts"]), "Path": "\\Drafts"}
        item |= {"Id": item_id(who, rng, "P"), "InternetMessageId": internet_id, "ParentFolder": parent,
                 "SizeInBytes": size}  # fmt: skip
    item["Subject"] = subject
    body["Item"] = item
    return _record(body, at)


def opened_record(
    tenant: Tenant, who: Person, rng: Chance, at: int, use: Use, count: int, folder: str = "Inbox",
    mailbox: Person | None = None,
) -> Record:  # fmt: skip
    """MailItemsAccessed, flavour Bind: ``count`` messages opened in one folder."""
    owner = mailbox or who
    body = mailbox_record(tenant, who, rng, at, use, "MailItemsAccessed", 50, mailbox)
    body["OperationProperties"] = [
        {"Name": "MailAccessType", "Value": "Bind"},
        {"Name": "IsThrottled", "Value": "False"},
    ]
    body |= organization(tenant, rng, day_of(tenant, at), use)
    items: list[Body] = [
        {"InternetMessageId": message_id(tenant, rng), "SizeInBytes": 3000 + int(rng.random() * 90_000)}
        for _ in range(count)
    ]
    code = FOLDER_CODES.get(folder, "M")
    body["Folders"] = [{"FolderItems": items, "Id": folder_id(owner, code), "Path": f"\\{folder}"}]
    body["OperationCount"] = count
    return _record(body, at)


def synced_record(
    tenant: Tenant, who: Person, rng: Chance, at: int, use: Use, folder: str = "Inbox", mailbox: Person | None = None
) -> Record:
    """MailItemsAccessed, flavour Sync: a whole folder downloaded by a desktop client."""
    owner = mailbox or who
    body = mailbox_record(tenant, who, rng, at, use, "MailItemsAccessed", 2, mailbox)
    body["OperationProperties"] = [
        {"Name": "MailAccessType", "Value": "Sync"},
        {"Name": "IsThrottled", "Value": "False"},
    ]
    body |= organization(tenant, rng, day_of(tenant, at), use)
    identity = folder_id(owner, FOLDER_CODES.get(folder, "M"))
    body["Item"] = {"Id": identity, "ParentFolder": {"Id": identity, "Name": folder, "Path": "Not Available"}}
    return _record(body, at)


def group_record(
    tenant: Tenant, who: Person, rng: Chance, at: int, use: Use, operation: str, folder: str, subjects: list[str]
) -> Record:
    """Move, MoveToDeletedItems, SoftDelete or HardDelete of several messages."""
    body = mailbox_record(tenant, who, rng, at, use, operation, 3)
    body |= organization(tenant, rng, day_of(tenant, at), use)
    code = FOLDER_CODES.get(folder, "M")
    parent = {"Id": folder_id(who, code), "Path": f"\\{folder}"}
    body["AffectedItems"] = [
        {
            "Id": item_id(who, rng, code),
            "InternetMessageId": message_id(tenant, rng),
            "ParentFolder": parent,
            "Subject": subject,
        }
        for subject in subjects
    ]
    body["CrossMailboxOperation"] = False
    if operation in ("Move", "MoveToDeletedItems"):
        target = "Deleted Items" if operation == "MoveToDeletedItems" else "Archive"
        body["DestFolder"] = {"Id": folder_id(who, FOLDER_CODES[target]), "Path": f"\\{target}"}
    body["Folder"] = parent
    return _record(body, at)


def folder_permission_record(
    tenant: Tenant, who: Person, rng: Chance, at: int, use: Use, member: Person, rights: str
) -> Record:
    """ModifyFolderPermissions on the owner's calendar."""
    body = mailbox_record(tenant, who, rng, at, use, "ModifyFolderPermissions", 2)
    body |= organization(tenant, rng, day_of(tenant, at), use)
    identity = folder_id(who, "N")
    parent = {
        "Id": identity,
        "MemberRights": rights,
        "MemberSid": member.sid,
        "MemberUpn": member.upn,
        "Name": "Calendar",
        "Path": "\\Calendar",
    }
    body["Item"] = {"Id": identity, "ParentFolder": parent}
    return _record(body, at)
