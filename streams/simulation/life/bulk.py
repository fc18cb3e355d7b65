"""Accounts whose trade is bulk mail: newsletters and mail merges. Layer: streams."""

from __future__ import annotations

from streams.simulation.clock import SECOND
from streams.simulation.life.day import Day
from streams.simulation.life.mailing import deliver
from streams.simulation.world import names


def newsletter(day: Day) -> None:
    """The weekly newsletter to a fixed list, on Tuesdays."""
    person, rng = day.person, day.rng
    if day.weekday != 1 or day.number in day.tenant.holidays:
        return
    at = day.start + int((10 + person.shift) * 3_600_000) + rng.whole(0, 3000) * SECOND
    gone = rng.whole(0, 20)
    recipients = person.bulk[gone:] + names.bulk_addresses(rng, rng.whole(0, 15), "n")
    subject = f"Newsletter {day.number // 7 + 10}"
    uids: list[str] = []
    if person.index % 2:
        for n in range(0, len(recipients), 500):
            uids += deliver(day, at, recipients[n : n + 500], subject, 180_000, day.use(at))
            at += rng.whole(20, 200) * SECOND
    else:
        pace = rng.uniform(1.2, 2.4)
        for recipient in recipients:
            at += int(rng.expovariate(1 / pace) * SECOND)
            uids += deliver(day, at, [recipient], subject, 90_000, day.use(at))
    day.note("newsletter", uids, at, f"Weekly newsletter to {len(recipients)} subscribers")


def mail_merge(day: Day) -> None:
    """Single mails with one subject to 80-900 people, on about one working day in 25."""
    rng = day.rng
    if not day.working or not rng.happens(0.04):
        return
    count = rng.whole(80, 900)
    at = day.moment(9, 16)
    subject = rng.pick(("Your appointment", "Invoice for March", "Renewal", "Your account statement", "Seminar"))
    known = min(len(day.person.contacts), count // 2)
    recipients = list(dict.fromkeys([*day.person.contacts[:known], *names.bulk_addresses(rng, count - known)]))
    uids: list[str] = []
    for recipient in recipients:
        at += int(rng.expovariate(1 / 2.2) * SECOND)
        uids += deliver(day, at, [recipient], subject, 25_000, day.use(at, day.main_slot()))
    day.note("mail-merge", uids, at, f"Mail merge to {len(recipients)} customers")
