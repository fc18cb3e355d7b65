"""Everyday mail of an account: written, received, and one-off bursts. Layer: streams."""

from __future__ import annotations

from functools import partial

from streams.simulation.clock import HOUR, SECOND
from streams.simulation.life.day import Day
from streams.simulation.records.common import Use, message_id
from streams.simulation.records.mail import send_record
from streams.simulation.records.traces import trace_records
from streams.simulation.world import names
from streams.simulation.world.networks import draw_place
from streams.simulation.world.person import Person


def plan_sending(day: Day) -> None:
    """Plan the mails of the day: gamma-distributed days, bursty hours, geometric recipient counts."""
    rng, person = day.rng, day.person
    activity = rng.gammavariate(2.0, 0.5) * day.factor
    base = person.rate / 24
    for hour in range(24):
        mean = base * day.profile(hour) * activity
        if mean < 1e-4:
            continue
        mean *= rng.gammavariate(0.6, 1 / 0.6)
        external = rng.poisson(mean / 1.6)
        internal = rng.poisson(mean / 1.6 * 0.5)
        for n in range(external + internal):
            at = day.start + hour * HOUR + int(rng.random() * HOUR)
            day.later(at, partial(write_mail, day, n < external))


def contact(day: Day) -> str:
    """An outside recipient: mostly an old acquaintance, now and then a new one."""
    rng, person = day.rng, day.person
    if rng.random() < 0.05:
        return names.outside_address(rng, rng.pick(day.tenant.companies))
    known = person.later_contacts if day.number >= person.role_change and rng.random() < 0.6 else person.contacts
    return known[int(len(known) * rng.random() ** 2.4)]


def colleague(day: Day) -> str:
    """An inside recipient."""
    rng, person = day.rng, day.person
    return day.people[person.colleagues[int(len(person.colleagues) * rng.random() ** 1.7)]].upn


def write_mail(day: Day, external: bool, at: int) -> None:
    """One mail to one or several people."""
    rng = day.rng
    if external:
        recipients = [contact(day) for _ in range(rng.geometric(0.625))]
        if rng.random() < 0.25:
            recipients += [colleague(day) for _ in range(rng.geometric(0.6))]
    else:
        recipients = [colleague(day) for _ in range(rng.geometric(0.55))]
    size = int(rng.lognormvariate(10.0, 1.0))
    deliver(day, at, list(dict.fromkeys(recipients)), names.subject(rng), size, day.use(at, day.slot_at(at)))


def deliver(
    day: Day, at: int, recipients: list[str], subject: str, size: int, use: Use,
    mailbox: Person | None = None, operation: str = "Send",
) -> list[str]:  # fmt: skip
    """The Send record and the trace rows of one mail."""
    tenant, rng = day.tenant, day.rng
    identity = message_id(tenant, rng)
    mail = (identity, subject, size, recipients)
    found = [send_record(tenant, day.person, rng, at, use, mail, mailbox, operation)]
    if tenant.recipients == "trace":
        sender = (mailbox or day.person).upn
        sent = at + int(rng.random() * 4000)
        found += trace_records(rng, sent, sender, recipients, (identity, subject, size), (use.ip, ""))
    home = "@" + tenant.domain
    day.mailed.append((at, sum(not address.endswith(home) for address in recipients)))
    return day.add(found)


def plan_receiving(day: Day) -> None:
    """Rows of mail that comes in from outside."""
    if day.tenant.recipients != "trace":
        return
    rng, person = day.rng, day.person
    factor = 0.25 if day.weekday >= 5 else 1.0
    for _ in range(rng.poisson(person.inbound * factor * rng.gammavariate(3.0, 1 / 3))):
        hour = rng.choices(range(24), weights=INBOUND_HOURS)[0]
        at = day.start + hour * HOUR + int(rng.random() * HOUR)
        sender = contact(day) if rng.random() < 0.6 else names.outside_address(rng, rng.pick(day.tenant.companies))
        domain = sender.partition("@")[2]
        internet_id = f"<{rng.guid()}@{domain}>"
        place = draw_place("hosting", day.tenant.country, rng)
        size = int(rng.lognormvariate(10.3, 1.1))
        mail = (internet_id, names.subject(rng), size)
        day.add(trace_records(rng, at, sender, [person.upn], mail, (place.ip, "")))


INBOUND_HOURS = (3, 2, 2, 2, 2, 3, 5, 8, 12, 14, 14, 13, 11, 12, 13, 12, 11, 9, 7, 5, 5, 4, 4, 3)


def burst(day: Day) -> None:
    """A one-off: an invitation, a survey, a change of address."""
    rng = day.rng
    count = max(5, min(250, int(rng.lognormvariate(3.8, 0.7))))
    recipients = list(dict.fromkeys(contact(day) for _ in range(count * 3)))[:count]
    recipients += names.bulk_addresses(rng, max(0, count - len(recipients)))
    at = day.moment()
    subject = rng.pick(("Invitation: open house", "Survey", "Our new address", "Save the date", "Price change"))
    use = day.use(at, day.main_slot())
    uids: list[str] = []
    if rng.happens(0.5):
        uids += deliver(day, at, recipients, subject, 40_000, use)
    else:
        for recipient in recipients:
            at += int(rng.expovariate(1 / 25)) * SECOND + 2 * SECOND
            uids += deliver(day, at, [recipient], subject, 30_000, use)
    if count >= 40:
        day.note("burst", uids, at, f"One-off mail to {count} recipients")


def christmas(day: Day) -> None:
    """A greeting card to 400 people."""
    rng = day.rng
    recipients = list(dict.fromkeys([*day.person.contacts, *names.bulk_addresses(rng, 380)]))[:400]
    at = day.moment(10, 16)
    uids: list[str] = []
    step = rng.pick((50, 100, 400))
    for n in range(0, len(recipients), step):
        uids += deliver(day, at, recipients[n : n + step], "Season's greetings", 350_000, day.use(at, day.main_slot()))
        at += rng.whole(40, 300) * SECOND
    day.note("christmas-card", uids, at, f"Greeting card to {len(recipients)} recipients")
