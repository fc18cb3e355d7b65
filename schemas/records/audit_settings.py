"""What a cmdlet says of auditing: switched off or on, for which acts, kept how long. Layer: schemas.

Source: reference office365-audit-record-schema 8.1; forms of values that PowerShell takes (`$true`, `1`, `@{Remove=...}`,
time spans `90.00:00:00`) are read as well as those that records were seen with.
"""

from __future__ import annotations

import re
from typing import Final

from schemas.records.event import AuditScope, AuditSetting
from schemas.records.values import pairs, sequence

_SWITCHES: Final = {"true": True, "1": True, "false": False, "0": False}
_NONE: Final = frozenset(("", "none", "$null", "{}", "()", "@()"))
_SPAN: Final = re.compile(r"(?:(\d{1,6})\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.\d{1,7})?", re.ASCII)
_DAYS: Final = re.compile(r"\d{1,6}", re.ASCII)
_EDIT: Final = re.compile(r"\b(add|remove)\s*=", re.IGNORECASE)
_ACT: Final = re.compile(r"[a-z]{3,40}")
_ACTS_MAX: Final = 64
_TEXT_MAX: Final = 4_096
_LISTS: Final = ("AuditOwner", "AuditDelegate", "AuditAdmin")


def given_values(value: object) -> dict[str, str]:
    """Parameters by name as text; a switch written as a JSON bool or number counts as its text, null as ""."""
    found = pairs(value)
    if "" in found.values():
        for entry in sequence(value):
            if type(entry) is dict and type(held := entry.get("Value")) in (bool, int):
                name = entry.get("Name")
                if type(name) is str:
                    found[name] = str(held)
    return found


def switch(value: str | None) -> bool | None:
    """True or False of `True`, `$true`, `1` and their opposites in any case; None for anything else."""
    if value is None or len(value) > 16:
        return None
    return _SWITCHES.get(value.strip().removeprefix("$").lower())


def hours(value: str | None) -> float | None:
    """Hours of a time span `d.hh:mm:ss`, `hh:mm:ss` or of a number of days; None for anything else."""
    text = (value or "").strip()
    if _DAYS.fullmatch(text):
        return 24.0 * int(text)
    match = _SPAN.fullmatch(text)
    if match is None:
        return None
    return 24.0 * int(match[1] or 0) + int(match[2]) + int(match[3]) / 60 + int(match[4]) / 3600


def _acts(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_ACT.findall(value[:_TEXT_MAX].lower())))[:_ACTS_MAX]


def _listed(value: str | None) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """(acts audited from now on: None when not said, acts taken out)."""
    if value is None:
        return None, ()
    text = value.strip()
    if text.lower() in _NONE:
        return (), ()
    if text.startswith("@{"):
        parts = _EDIT.split(text[:_TEXT_MAX])  # before, edit, its acts, edit, its acts, ...
        edits = zip(parts[1::2], parts[2::2], strict=True)
        return None, tuple(act for edit, acts in edits if edit.lower() == "remove" for act in _acts(acts))
    return _acts(text), ()


def _switched(given: dict[str, str], names: tuple[str, ...], off_when: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(parameters that leave auditing off, those that leave it on)."""
    said = {name: switch(given.get(name)) for name in names}
    off = tuple(name for name, held in said.items() if held is off_when)
    return off, tuple(name for name, held in said.items() if held is not None and held is not off_when)


def tenant_setting(value: object) -> AuditSetting | None:
    """Of Set-AdminAuditLogConfig; None when it says nothing of this."""
    given = given_values(value)
    off, on = _switched(given, ("UnifiedAuditLogIngestionEnabled", "AdminAuditLogEnabled"), False)
    kept = hours(given.get("AdminAuditLogAgeLimit"))
    if not off and not on and kept is None:
        return None
    return AuditSetting(AuditScope.TENANT, None, off, on, kept_hours=kept)


def organization_setting(value: object) -> AuditSetting | None:
    """Of Set-OrganizationConfig; None when it says nothing of this."""
    off, on = _switched(given_values(value), ("AuditDisabled",), True)
    return AuditSetting(AuditScope.TENANT, None, off, on) if off or on else None


def bypass_setting(value: object, name: str | None) -> AuditSetting | None:
    """Of Set-MailboxAuditBypassAssociation for the account `name`; None when it says nothing of this."""
    off, on = _switched(given_values(value), ("AuditBypassEnabled",), True)
    return AuditSetting(AuditScope.ACCOUNT, name, off, on) if off or on else None


def mailbox_setting(value: object, given: dict[str, str], name: str | None) -> AuditSetting | None:
    """Of Set-Mailbox for the mailbox `name`; None when it says nothing of this. `given`: the parameters, as already read."""
    if not any(key.startswith(("Audit", "DefaultAuditSet")) for key in given):
        return None
    given = given_values(value)
    off, on = _switched(given, ("AuditEnabled",), False)
    lists = [_listed(given.get(key)) for key in _LISTS]
    kept = hours(given.get("AuditLogAgeLimit"))
    removed = tuple(act for _, acts in lists for act in acts)
    if given.get("DefaultAuditSet"):
        on = (*on, "DefaultAuditSet")
    if not off and not on and kept is None and not removed and all(acts is None for acts, _ in lists):
        return None
    owner, delegate, admin = (acts for acts, _ in lists)
    return AuditSetting(AuditScope.MAILBOX, name, off, on, owner, delegate, admin, removed, kept)
