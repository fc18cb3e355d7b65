"""Reading, filing and deleting mail, and working on files. Layer: streams."""

from __future__ import annotations

from functools import partial

from streams.simulation.clock import HOUR
from streams.simulation.life.day import Day
from streams.simulation.records.common import Use
from streams.simulation.records.files import file_record, page_record
from streams.simulation.records.mail import group_record, opened_record, synced_record
from streams.simulation.world import names
from streams.simulation.world.networks import microsoft_ipv6, microsoft_place

_OPERATIONS = ("FileAccessed", "FileAccessed", "FileAccessed", "FileModified", "FilePreviewed", "FileUploaded",
               "FileDownloaded")  # fmt: skip


def plan_reading(day: Day) -> None:
    """Plan opened mail, filing and file work over the day."""
    rng, person = day.rng, day.person
    pace = 5.0 + min(14.0, person.rate**0.5)
    for hour in range(24):
        weight = day.profile(hour) * day.factor / 24
        if weight < 1e-4:
            continue
        for action, mean in ((read_mail, pace), (file_mail, 1.6), (work_on_file, 4.0), (view_page, 0.8)):
            for _ in range(rng.poisson(mean * weight)):
                at = day.start + hour * HOUR + int(rng.random() * HOUR)
                day.later(at, partial(action, day))


def read_mail(day: Day, at: int) -> None:
    """Open some messages, or let desktop Outlook synchronise a folder."""
    rng, tenant, person = day.rng, day.tenant, day.person
    slot = day.slot_at(at)
    use = day.use(at, slot)
    if slot == "outlook" and rng.random() < 0.5:
        day.add([synced_record(tenant, person, rng, at, use, rng.pick(("Inbox", "Inbox", "Sent Items", "Archive")))])
        return
    if rng.random() < 0.06:
        use = Use(microsoft_ipv6(rng), "", "", "", use.agent, "rest")
    count = rng.geometric(0.45)
    day.add([opened_record(tenant, person, rng, at, use, count, "Inbox" if rng.random() < 0.85 else "Sent Items")])


def file_mail(day: Day, at: int) -> None:
    """Delete or move a few messages."""
    rng = day.rng
    operation = rng.choices(("MoveToDeletedItems", "SoftDelete", "Move", "HardDelete"), (55, 25, 15, 5))[0]
    use = day.use(at, day.slot_at(at))
    folder = "Inbox" if operation != "SoftDelete" else "Deleted Items"
    subjects = [names.subject(rng) for _ in range(rng.geometric(0.5))]
    day.add([group_record(day.tenant, day.person, rng, at, use, operation, folder, subjects)])


def work_on_file(day: Day, at: int) -> None:
    """Open, change, upload or download a file; Office on the web acts from Microsoft's own addresses."""
    rng, person = day.rng, day.person
    use = day.use(at, day.slot_at(at))
    site = "" if rng.random() < 0.45 else f"team{person.team}"
    operation = rng.pick(_OPERATIONS)
    name = f"{rng.pick(names.WORDS).capitalize()} {rng.pick(names.FILES)}"
    if operation == "FileModified" and rng.random() < 0.5:
        use = use._replace(ip=microsoft_place(rng).ip, agent="MSWAC")
    day.add([file_record(day.tenant, person, rng, at, use, operation, name, site)])


def view_page(day: Day, at: int) -> None:
    """Look at a team site."""
    use = day.use(at, day.slot_at(at))
    day.add([page_record(day.tenant, day.person, day.rng, at, use, f"team{day.person.team}")])


def share_link(day: Day) -> None:
    """Share a file by an anonymous link."""
    at = day.moment()
    use = day.use(at)
    name = f"{day.rng.pick(names.WORDS).capitalize()} {day.rng.pick(names.FILES)}"
    operation = day.rng.pick(("AnonymousLinkCreated", "SharingSet"))
    day.add([file_record(day.tenant, day.person, day.rng, at, use, operation, name)])


def download_spree(day: Day) -> None:
    """Fetch a whole project folder."""
    rng = day.rng
    at = day.moment()
    count = rng.whole(60, 400)
    use = day.use(at)
    uids: list[str] = []
    for n in range(count):
        at += rng.whole(100, 4000)
        name = f"{rng.pick(names.WORDS).capitalize()} {n} {rng.pick(names.FILES)}"
        uids += day.add(
            [file_record(day.tenant, day.person, rng, at, use, "FileDownloaded", name, f"team{day.person.team}")]
        )
    day.note("download", uids, at, f"Project folder of {count} files downloaded")


def clean_up(day: Day) -> None:
    """Tidy a full mailbox."""
    rng = day.rng
    at = day.moment()
    use = day.use(at, day.main_slot())
    uids: list[str] = []
    for _ in range(rng.whole(3, 25)):
        at += rng.whole(2000, 40_000)
        subjects = [names.subject(rng) for _ in range(rng.whole(5, 60))]
        operation = rng.pick(("SoftDelete", "MoveToDeletedItems", "HardDelete"))
        uids += day.add([group_record(day.tenant, day.person, rng, at, use, operation, "Inbox", subjects)])
    day.note("clean-up", uids, at, "Hundreds of old messages deleted by their owner")
