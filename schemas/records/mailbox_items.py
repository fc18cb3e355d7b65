"""Mailbox item records (types 2, 3, 50): sending, reading, deleting. Layer: schemas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from schemas.records.event import AuditEvent, MailAccess, MailDeletion, MailSent
from schemas.records.memo import Memo
from schemas.records.values import ADDRESS, LIST_LIMIT, Record, integer, mapping, pairs, sequence, text

_FOLDER_LIMIT: Final = 16
_IS_SYNC: Final = Memo(lambda text: text.lower() == "sync", 64, 16)
_IS_TRUE: Final = Memo(lambda text: text.lower() == "true", 64, 16)


def _recipients(obj: Record) -> tuple[str, ...] | None:
    """`recipientList` is `[{Address, Name}]`, at most 1,000; None when the record has none (the usual case)."""
    held = obj.get("recipientList", obj.get("RecipientList"))
    if held is None:
        return None
    found = []
    for entry in sequence(held)[:LIST_LIMIT]:
        if type(entry) is dict:
            entry = entry.get("Address")
        if type(entry) is str and entry.strip():
            found.append(ADDRESS[entry])
    return tuple(found)


def read_sent(event: AuditEvent, obj: Record) -> None:
    """Send, SendAs, SendOnBehalf."""
    get = obj.get
    recipients = _recipients(obj)
    held = get("recipientCount", get("RecipientCount"))
    count = None if held is None else integer(held)
    if count is None and recipients is not None:
        count = len(recipients)
    sender = text(get("SendAsUserSmtp")) or text(get("SendOnBehalfOfUserSmtp"))
    item = get("Item")
    if type(item) is not dict:
        item = mapping(item)
    event.detail = MailSent(
        text(item.get("InternetMessageId")),
        recipients,
        count if count is None else max(count, 0),
        ADDRESS[sender] if sender else None,
    )


def _items_in(folders: object) -> int:
    total = 0
    for folder in sequence(folders):
        if type(folder) is dict:
            items = folder.get("FolderItems")
            total += len(items) if type(items) is list else 0
    return total


def read_access(event: AuditEvent, obj: Record) -> None:
    """MailItemsAccessed: Bind lists items by folder, Sync names one folder and counts nothing."""
    count = integer(obj.get("OperationCount"))
    kind, throttled = _access_of(obj.get("OperationProperties"))
    event.detail = MailAccess(
        _IS_SYNC[kind], max(count, 0) if count is not None else _items_in(obj.get("Folders")), _IS_TRUE[throttled]
    )


def _access_of(properties: object) -> tuple[str, str]:
    """MailAccessType and IsThrottled of `[{Name, Value}, …]`, "" where they are not text; see `pairs`, which costs twice."""
    if type(properties) is not list:
        found = pairs(properties)
        return found.get("MailAccessType", ""), found.get("IsThrottled", "")
    kind = throttled = ""
    for entry in properties:
        if type(entry) is dict:
            name, held = entry.get("Name"), entry.get("Value")
            if name == "MailAccessType":
                kind = held if type(held) is str else ""
            elif name == "IsThrottled":
                throttled = held if type(held) is str else ""
    return kind, throttled


def _path(folder: object) -> str | None:
    return text(folder.get("Path")) if type(folder) is dict else None


def read_deletion(event: AuditEvent, obj: Record) -> None:
    """HardDelete, SoftDelete, MoveToDeletedItems: the affected items and the distinct folders they were in."""
    items = sequence(obj.get("AffectedItems"))
    folders: dict[str, None] = {}
    own = _path(mapping(obj.get("Folder")))
    if own is not None:
        folders[own] = None
    for item in items:
        path = _path(item.get("ParentFolder")) if type(item) is dict else None
        if path is not None and len(folders) < _FOLDER_LIMIT:
            folders[path] = None
    count = len(items) or (1 if "Item" in obj else 0)
    event.detail = MailDeletion(kind=event.operation, items=count, folders=tuple(folders))


READERS: Final[dict[str, Callable[[AuditEvent, Record], None]]] = {
    **dict.fromkeys(("send", "sendas", "sendonbehalf"), read_sent),
    "mailitemsaccessed": read_access,
    **dict.fromkeys(("harddelete", "softdelete", "movetodeleteditems"), read_deletion),
}
