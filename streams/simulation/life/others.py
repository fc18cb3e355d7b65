"""Accounts that are not one person at one desk: shared mailboxes, services, executives' assistants. Layer: streams."""

from __future__ import annotations

from functools import partial

from streams.simulation.clock import HOUR, MINUTE
from streams.simulation.life.day import Day
from streams.simulation.life.mailing import contact, deliver
from streams.simulation.records.common import message_id
from streams.simulation.records.logons import SignIn, logon_record, signin_record
from streams.simulation.records.mail import opened_record
from streams.simulation.records.traces import trace_records
from streams.simulation.world import names
from streams.simulation.world.devices import SMTP_AUTH
from streams.simulation.world.person import Person


def plan_mailbox_work(day: Day, mailbox: Person, operation: str, pace: float) -> None:
    """Work in somebody else's mailbox: read it, answer as it or on its behalf."""
    rng = day.rng
    activity = rng.gammavariate(2.0, 0.5) * day.factor * pace / 24
    for hour in range(24):
        mean = activity * day.profile(hour)
        if mean < 1e-3:
            continue
        for _ in range(rng.poisson(mean)):
            day.later(day.start + hour * HOUR + int(rng.random() * HOUR), partial(_answer, day, mailbox, operation))
        for _ in range(rng.poisson(mean * 0.7)):
            day.later(day.start + hour * HOUR + int(rng.random() * HOUR), partial(_read, day, mailbox))


def _answer(day: Day, mailbox: Person, operation: str, at: int) -> None:
    rng = day.rng
    known = mailbox.contacts
    recipients = [known[int(len(known) * rng.random() ** 2)] if rng.random() < 0.7 else contact(day)]
    if mailbox.kind == "shared" and rng.random() < 0.3:
        recipients = [names.outside_address(rng, rng.pick(day.tenant.companies))]
    use = day.use(at, day.main_slot())
    deliver(day, at, recipients, names.subject(rng), rng.whole(8_000, 200_000), use, mailbox, operation)


def _read(day: Day, mailbox: Person, at: int) -> None:
    rng = day.rng
    use = day.use(at, day.main_slot())
    record = opened_record(day.tenant, day.person, rng, at, use, rng.geometric(0.4), "Inbox", mailbox)
    day.add([record])


def service_day(day: Day) -> None:
    """A scanner or monitoring account: basic submission from the office, day and night, weekends too."""
    tenant, rng, person = day.tenant, day.rng, day.person
    office = tenant.offices[person.index % len(tenant.offices)]
    always = person.index % 2 == 0
    for hour in range(24):
        busy = rng.poisson(1.0 if always else 0.25 * day.profile(hour) * day.factor)
        for _ in range(busy):
            at = day.start + hour * HOUR + rng.whole(0, 59) * MINUTE
            event = SignIn(at, office, SMTP_AUTH, None, "BAV2ROPC", "", "", rng.token(), True, 0, False, "ropc")
            uid = rng.guid()
            day.add([signin_record(tenant, person, rng, event, uid), logon_record(tenant, person, rng, event, uid)])
            if tenant.recipients != "trace":
                continue
            to = [day.people[rng.pick(person.colleagues)].upn]
            mail = (message_id(tenant, rng), rng.pick(("Scan", "Alert", "Nightly job", "Report")), 300_000)
            day.add(trace_records(rng, at + 2000, person.upn, to, mail, (office.ip, "")))
