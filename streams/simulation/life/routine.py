"""Putting an account's day together from everything that may happen on it. Layer: streams."""

from __future__ import annotations

from collections.abc import Callable

from streams.simulation.life import bulk, changes, mailing, others, reading, rules, signing
from streams.simulation.life.admin import admin_day
from streams.simulation.life.auditing import audit_day
from streams.simulation.life.day import Day
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant

EVENTS: dict[str, Callable[[Day], None]] = {
    "burst": mailing.burst,
    "christmas": mailing.christmas,
    "rule-sort": rules.rule_sort,
    "rule-read": rules.rule_read,
    "rule-delete-newsletters": rules.rule_delete_newsletters,
    "rule-odd-name": rules.rule_odd_name,
    "rule-outlook": rules.rule_outlook,
    "rule-outlook-delete": rules.rule_outlook_delete,
    "rule-set": rules.rule_set,
    "rule-remove": rules.rule_remove,
    "rule-disable": rules.rule_disable,
    "rule-sweep": rules.rule_sweep,
    "rule-blank-burst": rules.rule_blank_burst,
    "forward-own": rules.forward_own,
    "forward-off": rules.forward_off,
    "typo": signing.typo,
    "lockout": signing.lockout,
    "expired": signing.expired,
    "interrupt": signing.interrupt,
    "microsoft-hop": signing.microsoft_hop,
    "old-app-password": signing.old_app_password,
    "folder-permission": changes.folder_permission,
    "consent-crm": changes.consent_crm,
    "mfa-change": changes.mfa_change,
    "share-link": reading.share_link,
    "download-spree": reading.download_spree,
    "clean-up": reading.clean_up,
}


def live_day(tenant: Tenant, people: list[Person], person: Person, number: int) -> Day:
    """Everything one account does on one day, attacks apart."""
    day = Day(tenant, people, person, number)
    if not person.present(number):
        return day
    if person.kind == "service":
        others.service_day(day)
        return day
    mailing.plan_receiving(day)
    if person.kind == "shared":
        return day
    _plan(day)
    day.run()
    for name in person.events.get(number, ()):
        EVENTS[name](day)
    signing.reset_day(day)
    signing.note_places(day)
    signing.relay_browsing(day)
    if person.kind == "newsletter":
        bulk.newsletter(day)
    if person.kind == "merge":
        bulk.mail_merge(day)
    if person.kind == "admin":
        admin_day(day)
        audit_day(day)
    return day


def _plan(day: Day) -> None:
    mailing.plan_sending(day)
    reading.plan_reading(day)
    signing.plan_background(day)
    person = day.person
    for shared in day.people[person.team * 9 : person.team * 9 + 9]:
        if shared.kind == "shared" and shared.assistant == person.index:
            others.plan_mailbox_work(day, shared, "SendAs", shared.rate)
    if person.boss >= 0:
        others.plan_mailbox_work(day, day.people[person.boss], "SendOnBehalf", 6.0)
