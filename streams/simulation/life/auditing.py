"""What administrators do to auditing: now and then they see to it that it is on, once they exempt a journal. Layer: streams."""

from __future__ import annotations

from streams.simulation.chance import chance
from streams.simulation.clock import MINUTE
from streams.simulation.life.day import Day
from streams.simulation.records.cmdlets import Parameters, cmdlet_record, directory_name
from streams.simulation.records.common import Use

_MAILBOX_ON = 0.03  # a day
_TENANT_ON = 0.02
_JOURNAL_WITHIN_DAYS = 20
_ACTS = "Update;MoveToDeletedItems;SoftDelete;HardDelete;UpdateInboxRules;MailItemsAccessed;Send"


def audit_day(day: Day) -> None:
    """All of the day, drawn apart from the rest of the account's life, which stays as it is without it."""
    rng = chance(day.tenant.seed, day.person.index, day.number, "auditing")
    at = day.start + rng.whole(9 * 60, 16 * 60) * MINUTE
    if day.person.index == 0 and day.number == _journal_day(day):
        uids = _run(day, at, "Set-MailboxAuditBypassAssociation", "svc.journal", [("AuditBypassEnabled", "True")])
        day.note("audit-bypass", uids, at, "Administrator exempts the journal's account from mailbox audit")
    if not day.working:
        return
    if rng.happens(_MAILBOX_ON):
        person = rng.pick(day.people)
        _run(day, at + MINUTE, "Set-Mailbox", person.alias, [("AuditEnabled", "True"), ("AuditOwner", _ACTS)])
    if rng.happens(_TENANT_ON):
        _run(day, at + 2 * MINUTE, "Set-AdminAuditLogConfig", "", [("UnifiedAuditLogIngestionEnabled", "True")])


def _journal_day(day: Day) -> int:
    """The same for the whole run."""
    last = min(day.tenant.days, _JOURNAL_WITHIN_DAYS) - 1
    return chance(day.tenant.seed, "journal").whole(min(1, last), last)


def _run(day: Day, at: int, operation: str, alias: str, parameters: Parameters) -> list[str]:
    """One command in a shell at the office."""
    rng = chance(day.tenant.seed, day.person.index, day.number, "auditing", operation)
    target = alias or f"{day.tenant.org_name}\\Admin Audit Log Settings"
    if alias:
        parameters = [("Identity", directory_name(day.tenant, alias)), *parameters]
    use = Use(day.tenant.offices[0].ip, "", "", "", "", "shell")
    return day.add([cmdlet_record(day.tenant, day.person, rng, at, use, operation, target, parameters)])
