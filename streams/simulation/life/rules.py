"""Benign inbox rules in all the forms in which real people write them. Layer: streams."""

from __future__ import annotations

from streams.simulation.clock import MINUTE
from streams.simulation.life.day import Day
from streams.simulation.life.mailing import colleague, contact
from streams.simulation.records.cmdlets import Parameters, cmdlet_record, directory_name
from streams.simulation.records.rules import blank_rule, outlook_actions, outlook_condition, outlook_rule_record
from streams.simulation.world import names

_FOLDERS = ("Projects", "Customers", "Tickets", "Alerts", "Invoices", "Team", "Newsletters", "Reports", "Archive", "HR")
_DULL = ("digest", "newsletter", "weekly update", "promo", "webinar", "survey", "noreply")
_ODD = ("x", "1", "test", "asdf", "aa", "neu", "tmp", "Rule 1", "-", "rule")


def new_rule(day: Day, name: str, parameters: Parameters, at: int, operation: str = "New-InboxRule") -> list[str]:
    """A rule written in Outlook on the web."""
    rng = day.rng
    use = day.use(at, "browser")
    head: Parameters = [("AlwaysDeleteOutlookRulesBlob", "False"), ("Force", "False")]
    tail: Parameters = [("StopProcessingRules", str(rng.happens(0.6)))]
    target = f"{day.person.alias}\\{name}"
    if rng.happens(0.4):
        target = f"{directory_name(day.tenant, day.person.object_id)}\\{name}"
    record = cmdlet_record(
        day.tenant, day.person, rng, at, use, operation, target, [*head, ("Name", name), *parameters, *tail]
    )
    return day.add([record])


def _sender(day: Day) -> str:
    rng = day.rng
    if rng.happens(0.4):
        return f"{rng.pick(('noreply', 'news', 'updates', 'alerts'))}@{rng.pick(day.tenant.companies)}"
    return contact(day) if rng.happens(0.6) else colleague(day)


def rule_sort(day: Day) -> None:
    """Move mail of a sender or subject to a folder."""
    rng = day.rng
    folder = rng.pick(_FOLDERS)
    parameters: Parameters = [("From", _sender(day))] if rng.happens(0.6) else [
        ("SubjectContainsWords", rng.pick(names.SUBJECTS).split(" ")[0])]  # fmt: skip
    parameters.append(("MoveToFolder", folder))
    name = folder if rng.happens(0.5) else rng.pick(names.WORDS).capitalize()
    at = day.moment()
    uids = new_rule(day, name, parameters, at)
    if folder in ("Archive", "Invoices"):
        day.note("rule-move", uids, at, f"Rule moves mail of one sender to {folder}")


def rule_read(day: Day) -> None:
    """Mark robots' mail as read and file it."""
    at = day.moment()
    rng = day.rng
    parameters: Parameters = [("SubjectOrBodyContainsWords", rng.pick(("build failed", "[Ticket]", "cron", "backup"))),
                              ("MoveToFolder", rng.pick(("Alerts", "Tickets", "RSS Feeds"))),
                              ("MarkAsRead", "True")]  # fmt: skip
    uids = new_rule(day, rng.pick(("Alerts", "Tickets", "Robots", "Backup reports")), parameters, at)
    day.note("rule-mark-read", uids, at, "Robot mail is marked as read and filed")


def rule_delete_newsletters(day: Day) -> None:
    """Delete newsletters (often a joiner's first rule)."""
    rng = day.rng
    at = day.moment()
    parameters: Parameters = [("From", f"news@{rng.pick(day.tenant.companies)}")] if rng.happens(0.5) else [
        ("SubjectOrBodyContainsWords", ";".join(dict.fromkeys(rng.pick(_DULL) for _ in range(rng.whole(1, 3)))))
    ]  # fmt: skip
    parameters.append(("DeleteMessage", "True"))
    if rng.happens(0.3):
        parameters.append(("MarkAsRead", "True"))
    name = rng.pick(("delete newsletters", "Spam", "Newsletter", "no ads", "Junk"))
    day.note("rule-delete-newsletters", new_rule(day, name, parameters, at), at, "Rule deletes newsletters")


def rule_odd_name(day: Day) -> None:
    """A sloppily named but harmless rule."""
    rng = day.rng
    at = day.moment()
    parameters: Parameters = [("From", _sender(day)), ("MoveToFolder", rng.pick(_FOLDERS))]
    if rng.happens(0.4):
        parameters.append(("MarkAsRead", "True"))
    uids = new_rule(day, rng.pick(_ODD), parameters, at)
    day.note("rule-odd-name", uids, at, "Harmless rule with a careless name")


def _outlook(day: Day, words: list[str], at: int, operation: str = "AddMailboxRule", named: bool = True) -> list[str]:
    rng = day.rng
    use = day.use(at, "outlook" if day.person.laptop.outlook else "browser")
    use = use._replace(client="outlook" if day.person.laptop.outlook else "proxy")
    subjects = [rng.pick(names.SUBJECTS).split(" ")[0]] if rng.happens(0.4) else []
    senders = [_sender(day)] if not subjects or rng.happens(0.4) else []
    rule: dict[str, str | None] = {
        "RuleOperation": operation,
        "RuleId": "0" if operation == "AddMailboxRule" else str(rng.getrandbits(62)),
        "RuleState": "Enabled, ExitAfterExecution" if rng.happens(0.5) else "Enabled",
        "RuleCondition": outlook_condition(senders, subjects),
        "RuleName": rng.pick(_FOLDERS) if named else None,
        "RuleProvider": "RuleOrganizer",
        "RuleActions": outlook_actions(day.person, rng, words),
    }
    return day.add([outlook_rule_record(day.tenant, day.person, rng, at, use, rule)])


def rule_outlook(day: Day) -> None:
    """A filing rule written in desktop Outlook; the target folder is only an identifier."""
    rng = day.rng
    modify = rng.happens(0.3)
    at = day.moment()
    _outlook(day, ["move"], at, "ModifyMailboxRule" if modify else "AddMailboxRule", not (modify and rng.happens(0.5)))


def rule_outlook_delete(day: Day) -> None:
    """A deleting rule written in desktop Outlook."""
    at = day.moment()
    uids = _outlook(day, ["delete", "mark"] if day.rng.happens(0.3) else ["delete"], at)
    day.note("rule-outlook-delete", uids, at, "Outlook rule deletes mail of one sender")


def rule_set(day: Day) -> None:
    """An existing rule is edited."""
    rng = day.rng
    folder = rng.pick(_FOLDERS)
    parameters: Parameters = [("Identity", f"{day.person.alias}\\{folder}"), ("From", _sender(day)),
                              ("MoveToFolder", folder)]  # fmt: skip
    new_rule(day, folder, parameters, day.moment(), "Set-InboxRule")


def _toggle(day: Day, operation: str) -> list[str]:
    rng = day.rng
    at = day.moment()
    identity = f"{day.person.alias}\\{rng.pick(_FOLDERS)}"
    parameters: Parameters = [("AlwaysDeleteOutlookRulesBlob", "False"), ("Confirm", "False"), ("Force", "True"),
                              ("Identity", identity)]  # fmt: skip
    return day.add([cmdlet_record(day.tenant, day.person, rng, at, day.use(at), operation, identity, parameters)])


def rule_remove(day: Day) -> None:
    """A rule is removed."""
    _toggle(day, "Remove-InboxRule")


def rule_disable(day: Day) -> None:
    """A rule is switched off, sometimes on again."""
    _toggle(day, "Disable-InboxRule" if day.rng.happens(0.7) else "Enable-InboxRule")


def rule_sweep(day: Day) -> None:
    """Sweep: everything of one sender is moved or deleted, now and in future."""
    rng = day.rng
    at = day.moment()
    sender = f"news@{rng.pick(day.tenant.companies)}"
    name = f"Sweep {sender}"
    delete = rng.happens(0.6)
    parameters: Parameters = [("Name", name), ("Sender", sender), ("DestinationFolder",
                              "Deleted Items" if delete else "Archive"), ("KeepForDays", "0")]  # fmt: skip
    record = cmdlet_record(
        day.tenant, day.person, rng, at, day.use(at), "New-SweepRule", f"{day.person.alias}\\{name}", parameters
    )
    day.note("rule-sweep", day.add([record]), at, "Sweep of one sender's mail")


def rule_blank_burst(day: Day) -> None:
    """Desktop Outlook re-synchronises its rules: dozens to hundreds of empty modifications."""
    if not day.person.laptop.outlook:
        return
    rng = day.rng
    at = day.moment(7, 18)
    use = day.use(at, "outlook")
    uids: list[str] = []
    for _ in range(rng.whole(20, 180)):
        at += rng.whole(5, 900)
        uids += day.add([outlook_rule_record(day.tenant, day.person, rng, at, use, blank_rule(rng))])
    day.note("rule-blank-burst", uids, at, "Outlook re-synchronised its rules")


def _own_address(day: Day) -> str:
    person = day.person
    return f"{person.first}.{person.last}@{names.PERSONAL_DOMAINS[person.index % 4]}".lower()


def forward_own(day: Day) -> None:
    """Forward to the own personal address before leave."""
    rng = day.rng
    at = day.moment(13, 18)
    address = _own_address(day)
    if rng.happens(0.5):
        uids = new_rule(day, rng.pick(("Forward", "Leave", "private")), [("ForwardTo", address)], at)
    elif rng.happens(0.4):
        uids = _outlook(day, [f"forward:{address}"], at)
    else:
        uids = _forward_mailbox(day, at, f"smtp:{address}")
    day.note("forward-own", uids, at, "Forwarding to the owner's personal address before leave")


def _forward_mailbox(day: Day, at: int, address: str) -> list[str]:
    alias = day.person.alias
    parameters: Parameters = [("Identity", directory_name(day.tenant, alias)), ("ForwardingSmtpAddress", address),
                              ("DeliverToMailboxAndForward", "True" if address else "False")]  # fmt: skip
    record = cmdlet_record(day.tenant, day.person, day.rng, at, day.use(at), "Set-Mailbox", alias, parameters)
    return day.add([record])


def forward_off(day: Day) -> None:
    """Back from leave: forwarding is cleared."""
    at = day.moment(8, 11)
    _forward_mailbox(day, at + MINUTE, "")
