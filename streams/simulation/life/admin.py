"""What administrators do: joiners, leavers, delegation, transport rules, resets, exports. Layer: streams."""

from __future__ import annotations

from streams.simulation.chance import chance
from streams.simulation.clock import MINUTE, SECOND
from streams.simulation.life.day import Day
from streams.simulation.records.cmdlets import Parameters, cmdlet_record, compliance_record, directory_name
from streams.simulation.records.common import Use
from streams.simulation.records.directory import directory_record
from streams.simulation.world.devices import ADMIN_PORTAL, EXO_SHELL
from streams.simulation.world.person import Person


def admin_day(day: Day) -> None:
    """All duties of the day; the first administrator does the staff changes."""
    if day.person.index == 0:
        for person in day.people:
            if person.joins == day.number and day.number > 0:
                _joiner(day, person)
            if person.leaves == day.number:
                _leaver(day, person)
    if not day.working:
        return
    rng = day.rng
    for duty, probability in _DUTIES:
        if rng.happens(probability):
            duty(day)
    if day.number == day.tenant.export_day and day.person.index == 0:
        _export(day)


def _portal(day: Day, at: int, shell: bool = False) -> Use:
    use = day.use(at, "browser")
    if day.rng.happens(0.5):
        app = EXO_SHELL if shell else ADMIN_PORTAL
        day.sign_in(at - 30 * SECOND, day.session("browser"), day.place_at("browser", at), app, shell)
    return use._replace(client="shell" if shell else "portal")


def _run(day: Day, at: int, use: Use, operation: str, target: str, parameters: Parameters) -> list[str]:
    return day.add([cmdlet_record(day.tenant, day.person, day.rng, at, use, operation, target, parameters)])


def _joiner(day: Day, person: Person) -> None:
    at = day.start + 7 * 60 * MINUTE + day.rng.whole(0, 50) * MINUTE
    day.use(at)
    changes = [
        ("AccountEnabled", "[\r\n  true\r\n]", "[]"),
        ("DisplayName", f'[\r\n  "{person.display}"\r\n]', "[]"),
        ("UserPrincipalName", f'[\r\n  "{person.upn}"\r\n]', "[]"),
        ("Included Updated Properties", "AccountEnabled, DisplayName, UserPrincipalName", ""),
    ]
    day.add([directory_record(day.tenant, day.person, day.rng, at, "Add user.", person, changes)])


def _leaver(day: Day, person: Person) -> None:
    at = day.moment(9, 12)
    use = _portal(day, at)
    manager = day.people[person.colleagues[0]]
    name = directory_name(day.tenant, person.alias)
    uids = _run(day, at, use, "Set-Mailbox", person.alias, [
        ("Identity", name), ("ForwardingAddress", directory_name(day.tenant, manager.alias)),
        ("DeliverToMailboxAndForward", "True")])  # fmt: skip
    uids += _run(day, at + MINUTE, use, "Add-MailboxPermission", person.alias, [
        ("Identity", name), ("User", manager.upn), ("AccessRights", "FullAccess"), ("InheritanceType", "All")])  # fmt: skip
    uids += day.add([directory_record(
        day.tenant, day.person, day.rng, at + 2 * MINUTE, "Disable account.", person,
        [("AccountEnabled", "[\r\n  false\r\n]", "[\r\n  true\r\n]")])])  # fmt: skip
    day.note("leaver", uids, at, "Administrator forwards a leaver's mail to a colleague")


def _delegation(day: Day) -> None:
    """Bulk permission change, as after a reorganisation."""
    rng = day.rng
    at = day.moment()
    use = _portal(day, at, True)
    uids: list[str] = []
    for _ in range(rng.whole(2, 30)):
        at += rng.whole(400, 4000)
        owner, member = rng.pick(day.people), rng.pick(day.people)
        name = directory_name(day.tenant, owner.alias)
        if rng.happens(0.6):
            parameters: Parameters = [("Identity", name), ("User", member.upn), ("AccessRights", "FullAccess")]
            uids += _run(day, at, use, "Add-MailboxPermission", owner.alias, parameters)
        else:
            parameters = [("Identity", name), ("Trustee", member.upn), ("AccessRights", "SendAs")]
            uids += _run(day, at, use, "Add-RecipientPermission", owner.alias, parameters)
    day.note("bulk-delegation", uids, at, "Administrator grants mailbox rights in bulk")


def _disclaimer(day: Day) -> None:
    at = day.moment()
    uids = _run(day, at, _portal(day, at), day.rng.pick(("New-TransportRule", "Set-TransportRule")), "", [
        ("Name", "Disclaimer"), ("ApplyHtmlDisclaimerText", "<p>This message is confidential.</p>"),
        ("ApplyHtmlDisclaimerLocation", "Append"), ("SentToScope", "NotInOrganization"),
        ("Mode", "Enforce")])  # fmt: skip
    day.note("transport-rule", uids, at, "Administrator maintains the disclaimer")


def _shared_forward(day: Day) -> None:
    shared = [p for p in day.people if p.kind == "shared"]
    if not shared:
        return
    box, member = day.rng.pick(shared), day.rng.pick(day.people)
    at = day.moment()
    uids = _run(day, at, _portal(day, at), "Set-Mailbox", box.alias, [
        ("Identity", directory_name(day.tenant, box.alias)), ("ForwardingAddress", member.upn),
        ("DeliverToMailboxAndForward", "True")])  # fmt: skip
    day.note("shared-forward", uids, at, "Administrator forwards a shared mailbox to a colleague")


def _reset_password(day: Day) -> None:
    at = day.moment()
    day.use(at)
    person = day.rng.pick(day.people)
    day.add([
        directory_record(day.tenant, day.person, day.rng, at, "Reset user password.", person, []),
        directory_record(day.tenant, day.person, day.rng, at + 300, "Update StsRefreshTokenValidFrom Timestamp.",
                         person, []),
    ])  # fmt: skip


def _bulk_settings(day: Day) -> None:
    """A script sets one option on many mailboxes."""
    at = day.moment()
    use = _portal(day, at, True)
    uids: list[str] = []
    for person in day.people[: day.rng.whole(10, 120)]:
        at += day.rng.whole(300, 2500)
        uids += _run(day, at, use, "Set-Mailbox", person.alias, [
            ("Identity", person.alias), ("AuditEnabled", "True"), ("RetainDeletedItemsFor", "30.00:00:00")])  # fmt: skip
    day.note("bulk-admin", uids, at, "Script sets an option on many mailboxes")


def _export(day: Day) -> None:
    """Mailbox export for a legal hold."""
    at = day.moment(10, 15)
    day.use(at)
    target = chance(day.tenant.seed, "export").pick(day.people)
    uids: list[str] = []
    for operation, text in (
        ("New-ComplianceSearch", f'-Name "Hold 17" -ExchangeLocation ("{target.upn}")'),
        ("Start-ComplianceSearch", '-Identity "Hold 17"'),
        ("New-ComplianceSearchAction", '-SearchName "Hold 17" -Export "True" -Format "FxStream"'),
    ):
        uids += day.add([compliance_record(day.tenant, day.person, day.rng, at, operation, text, "Hold 17")])
        at += day.rng.whole(1, 20) * MINUTE
    day.note("mailbox-export", uids, at, f"Mailbox of {target.upn} exported for a legal hold")


_DUTIES = (
    (_delegation, 0.06),
    (_disclaimer, 0.04),
    (_shared_forward, 0.03),
    (_reset_password, 0.4),
    (_bulk_settings, 0.03),
)
