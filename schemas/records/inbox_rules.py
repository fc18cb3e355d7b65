"""Inbox and sweep rules, written by cmdlet, by desktop Outlook, or as a sweep. Layer: schemas.

Source: reference office365-audit-record-schema, sections 8.2 and 10. The Outlook form's particulars are in `outlook_rules`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from schemas.records.event import AuditEvent, InboxRule, RuleAction
from schemas.records.mailbox_admin import concern_mailbox
from schemas.records.outlook_rules import read_outlook
from schemas.records.values import Record, address, addresses, flag, pairs, split

_WORDS: Final = frozenset(
    (
        *("BodyContainsWords", "SubjectContainsWords", "SubjectOrBodyContainsWords", "HeaderContainsWords"),
        *("FromAddressContainsWords", "RecipientAddressContainsWords"),
    )
)
_ADDRESS_WORDS: Final = ("FromAddressContainsWords", "RecipientAddressContainsWords")
_FLAGS: Final = frozenset(
    (
        *("SentOnlyToMe", "MyNameInToBox", "MyNameInCcBox", "MyNameInToOrCcBox", "MyNameNotInToBox", "HasAttachment"),
        *("AnyCategory", "BulkCategory"),
    )
)
_OTHER: Final = frozenset(
    (
        *("From", "SentTo", "HasClassification", "MessageTypeMatches", "WithImportance", "WithSensitivity"),
        *("WithinSizeRangeMinimum", "WithinSizeRangeMaximum", "ReceivedAfterDate", "ReceivedBeforeDate"),
        *("FlaggedForAction", "AssignedCategories"),
    )
)
_ANY_SIZE: Final = 2  # bytes: no message is smaller
_UNITS: Final = {"": 1, "b": 1, "kb": 2**10, "mb": 2**20, "gb": 2**30}


def folder_name(value: str | None) -> str | None:
    """Folder path of a MoveToFolder value: `Alias:\\RSS Feeds` without its mailbox, anything else as it is."""
    if not value or not value.strip():
        return None
    return value.partition(":\\")[2].strip() or value.strip()


def _bytes_of(size: str) -> int | None:
    """`1 B (1 bytes)`, `25 KB`, `1`; None when it is no size."""
    head = size.partition("(")[0].replace(",", "").strip()
    digits = head.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
    unit = _UNITS.get(head[len(digits) :].strip().lower())
    try:
        return int(float(digits) * unit) if unit is not None and len(digits) < 16 else None
    except (ValueError, OverflowError):
        return None


def _matches_all(name: str, value: str) -> bool:
    """Whether a given condition holds for every message: a NUL or blank word, `@` in an address, a minimum of 2 bytes."""
    if name in _WORDS:
        parts = split(value.replace("\u200b", "").replace("\x00", ""))
        return "\x00" in value or not parts or (name in _ADDRESS_WORDS and "@" in parts)
    if name == "WithinSizeRangeMinimum":
        size = _bytes_of(value)
        return size is not None and size <= _ANY_SIZE
    return False


def _conditions(given: dict[str, str]) -> tuple[list[str], list[str], bool]:
    """Names of the conditions in force, their words, and whether one of them matches everything."""
    names: list[str] = []
    words: list[str] = []
    catch_all = False
    for name, value in given.items():
        if not value:
            continue
        if name in _FLAGS:
            if flag(value) is True:
                names.append(name)
        elif name in _WORDS or name in _OTHER:
            if _matches_all(name, value):
                catch_all = True
                continue
            names.append(name)
            if name in _WORDS:
                words += split(value)
    return sorted(names), words, catch_all


def _rule_of(identity: str | None) -> str | None:
    """Rule part of `mailbox\\rule`; the whole when there is no mailbox before it."""
    if not identity:
        return None
    owner, backslash, rule = identity.partition("\\")
    return rule if backslash else owner


def _identify(event: AuditEvent, obj: Record, given: dict[str, str]) -> tuple[str | None, str | None]:
    """Concern the mailbox; name and numeric id of the rule."""
    held = obj.get("ObjectId")
    object_id = held if type(held) is str and held else None
    identity = given.get("Identity") or None
    concern_mailbox(event, given.get("Mailbox"), identity if identity and "\\" in identity else None, object_id)
    inner = _rule_of(identity)
    rule_id = inner if inner and inner.isascii() and inner.removeprefix("-").isdigit() and len(inner) > 9 else None
    name = given.get("Name")
    if name is None:
        name = inner if rule_id is None and inner is not None else None
    if name is None and object_id is not None and "\\" in object_id:
        name = _rule_of(object_id)
    return name, rule_id


def _is(given: dict[str, str], *names: str) -> bool:
    return any(flag(given.get(name)) is True for name in names)


def _read_cmdlet(action: RuleAction) -> Callable[[AuditEvent, Record], None]:
    def read(event: AuditEvent, obj: Record) -> None:
        given = pairs(obj.get("Parameters"))
        name, rule_id = _identify(event, obj, given)
        conditions, words, catch_all = _conditions(given)
        forwards = (addresses(given.get(key)) for key in ("ForwardTo", "ForwardAsAttachmentTo", "RedirectTo"))
        event.detail = InboxRule(
            action=action,
            form="cmdlet",
            name=name,
            rule_id=rule_id,
            conditions=tuple(conditions),
            catch_all=catch_all,
            words=tuple(words),
            senders=addresses(given.get("From")),
            delete=_is(given, "DeleteMessage", "PermanentDelete", "SoftDeleteMessage"),
            mark_read=_is(given, "MarkAsRead"),
            stop=_is(given, "StopProcessingRules"),
            move_to=folder_name(given.get("MoveToFolder")),
            copy_to=folder_name(given.get("CopyToFolder")),
            forward_to=tuple(found for part in forwards for found in part),
            by_app_only=event.app_only,
        )

    return read


def _read_sweep(action: RuleAction) -> Callable[[AuditEvent, Record], None]:
    def read(event: AuditEvent, obj: Record) -> None:
        given = pairs(obj.get("Parameters"))
        name, rule_id = _identify(event, obj, given)
        sender = given.get("Sender", "")
        event.detail = InboxRule(
            action=action,
            form="sweep",
            name=name,
            rule_id=rule_id,
            conditions=("From",) if sender else (),
            senders=(address(sender),) if sender else (),
            move_to=folder_name(given.get("DestinationFolder")),
            by_app_only=event.app_only,
        )

    return read


READERS: Final[dict[str, Callable[[AuditEvent, Record], None]]] = {
    **{f"{action.value}-inboxrule": _read_cmdlet(action) for action in RuleAction},
    **{f"{action.value}-sweeprule": _read_sweep(action) for action in RuleAction},
    "updateinboxrules": read_outlook,
}
