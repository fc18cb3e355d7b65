"""Sign-ins beside the work: background refresh, interrupts, typing errors, lockouts, expired passwords. Layer: streams."""

from __future__ import annotations

from functools import partial

from streams.simulation.clock import HOUR, MINUTE, SECOND
from streams.simulation.life.day import Day
from streams.simulation.life.sessions import must_reset
from streams.simulation.record import SIGNINS
from streams.simulation.records.directory import directory_record
from streams.simulation.records.logons import SignIn, logon_record, signin_record
from streams.simulation.world.devices import (
    ACTIVE_SYNC,
    BROKER,
    EDGE,
    OFFICE_HOME,
    ONEDRIVE,
    OUTLOOK_MOBILE,
    SHAREPOINT,
    TEAMS,
    TEAMS_WEB,
    App,
)
from streams.simulation.world.networks import Place, microsoft_place


def plan_background(day: Day) -> None:
    """Tokens renewed without anybody doing anything: phones all day, laptops while they are open."""
    rng = day.rng
    for _ in range(rng.poisson(3.0)):
        at = day.start + int(rng.random() * 24 * HOUR)
        day.later(at, partial(_refresh, "phone", (OUTLOOK_MOBILE, TEAMS, BROKER), day))
    if not day.working:
        return
    desk = day.main_slot()
    apps = (TEAMS_WEB, SHAREPOINT, OFFICE_HOME) if desk == "browser" else (TEAMS, ONEDRIVE, EDGE, TEAMS)
    for _ in range(rng.poisson(4.0)):
        day.later(day.moment(7.5, 18.5), partial(_refresh, desk, apps, day))


def _refresh(slot: str, apps: tuple[App, ...], day: Day, at: int) -> None:
    if slot == "phone":
        day.background(at, "phone", day.rng.pick(apps))
    elif slot == "browser":
        day.background(at, "browser", day.rng.pick(apps))
    else:
        day.background(at, "outlook", day.rng.pick(apps))


def failure(day: Day, at: int, error: int, app: App = OFFICE_HOME, place: Place | None = None) -> list[str]:
    """One failed sign-in from the person's own desk."""
    session = day.session("browser")
    return day.sign_in(at, session, place or day.place_at("browser", at), app, True, error)


def typo(day: Day, begin: float = 8, end: float = 17) -> None:
    """One to three mistyped passwords, then success, at some hour of the person's day."""
    at = day.moment(begin, end)
    for _ in range(day.rng.geometric(0.6)):
        failure(day, at, 50126)
        at += day.rng.whole(6, 40) * SECOND
    day.sign_in(at, day.session("browser"), day.place_at("browser", at), OFFICE_HOME, True)


def interrupt(day: Day) -> None:
    """The noise of single sign-on."""
    at = day.moment(7, 19)
    error = day.rng.choices((50058, 50140, 50074, 50076, 50089, 700082, 500121), (40, 20, 12, 12, 6, 6, 4))[0]
    failure(day, at, error, day.rng.pick((OFFICE_HOME, SHAREPOINT, TEAMS_WEB)))


def lockout(day: Day) -> None:
    """Ten wrong attempts, a locked account, and half an hour later the right password."""
    rng = day.rng
    at = day.moment(8, 16)
    uids: list[str] = []
    for n in range(rng.whole(10, 16)):
        uids += failure(day, at, 50126 if n < 9 else 50053)
        at += rng.whole(4, 30) * SECOND
    at += rng.whole(15, 60) * MINUTE
    uids += day.sign_in(at, day.session("browser"), day.place_at("browser", at), OFFICE_HOME, True)
    day.note("lockout", uids, at, "Owner locked out after mistyping, then signed in")


def expired(day: Day, kind: str = "expired-password") -> None:
    """The password has expired: sign-in refused, password changed, phone left behind with the old one."""
    rng, tenant, person = day.rng, day.tenant, day.person
    at = day.moment(8, 10)
    uids = failure(day, at, 50055)
    at += rng.whole(60, 300) * SECOND
    records = [
        directory_record(tenant, person, rng, at, "Change user password.", person, []),
        directory_record(
            tenant, person, rng, at + 400, "Update StsRefreshTokenValidFrom Timestamp.", person,
            [("StsRefreshTokensValidFrom", '[\r\n  "now"\r\n]', "[]")],
        ),
    ]  # fmt: skip
    uids += day.add(records)
    uids += day.sign_in(at + 20 * SECOND, day.session("browser"), day.place_at("browser", at), OFFICE_HOME, True)
    if rng.happens(0.4):
        uids += stale_phone(day, at + 5 * MINUTE)
    day.note(kind, uids, at, "Expired password changed by the owner")


def stale_phone(day: Day, at: int) -> list[str]:
    """A phone's mail app keeps trying the old password for hours."""
    rng, person = day.rng, day.person
    uids: list[str] = []
    agent = f"Apple-{person.phone.model}/2107.41" if person.phone.os == "Ios" else f"{person.phone.model}/14"
    for _ in range(rng.whole(4, 40)):
        place = day.place_at("phone", at)
        error = 50126 if len(uids) < 24 else 50053
        event = SignIn(at, place, ACTIVE_SYNC, person.phone, agent, "", "", rng.token(), True, error, False, "ropc")
        uid = rng.guid()
        day.add([signin_record(day.tenant, person, rng, event, uid), logon_record(day.tenant, person, rng, event, uid)])
        uids.append(uid)
        at += int(rng.expovariate(1 / 9) * MINUTE) + MINUTE
        if at > day.start + 23 * HOUR:
            break
    return uids


def old_app_password(day: Day) -> None:
    """An old tablet with a forgotten password."""
    uids = stale_phone(day, day.moment(7, 12))
    day.note("stale-device", uids, day.moment(), "Old device retries an outdated password")


def reset_day(day: Day) -> None:
    """The day on which a third of the house must choose a new password, which most of them then mistype."""
    if day.number == day.tenant.reset_day and must_reset(day.tenant, day.person) and day.working:
        expired(day, "password-reset-day")
        if day.rng.happens(0.7):
            typo(day, 9, 11)


def microsoft_hop(day: Day) -> None:
    """A Graph call right after a sign-in, from Microsoft's own egress, in the same session."""
    at = day.moment(8, 17)
    session = day.session(day.main_slot())
    place = microsoft_place(day.rng)
    if session.issued:
        uids = day.sign_in(at, session, place, TEAMS_WEB)
        day.note("microsoft-egress", uids, at, "First-party service acting for the user from Microsoft's network")


def relay_browsing(day: Day) -> None:
    """Safari on the phone behind a privacy relay."""
    if not day.person.relay or not day.rng.happens(0.5):
        return
    at = day.moment(7, 21)
    session = day.session("phone")
    if not session.issued:
        session.renew(at, day.place_at("phone", at), day.rng)
    uids = day.sign_in(at, session, day.where.relay(), OFFICE_HOME, day.rng.happens(0.3))
    if day.rng.happens(0.3):
        day.note("private-relay", uids, at, "Phone browser behind a privacy relay")


def note_places(day: Day) -> None:
    """Remember days whose networks or devices are new or strange for good reasons."""
    person, where = day.person, day.where
    reasons = (
        ("travel", bool(where.trip), f"Working from {where.trip}"),
        ("personal-vpn", where.vpn, "Personal VPN on a hosting network"),
        ("new-device", day.number == person.device_day, "First day with a new laptop"),
        ("isp-change", day.number == person.isp_day, "First day with a new provider at home"),
        ("split-tunnel", person.split_tunnel and not where.in_office, "Sign-in through the office VPN, data directly"),
    )
    for kind, present, text in reasons:
        if present and day.history:
            uids = list(dict.fromkeys(record.uid for record in day.out if record.feed == SIGNINS))[:200]
            day.note(kind, uids, day.history[0][0], text)
