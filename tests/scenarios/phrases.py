"""A history in words: "40 days of 8 sends a day" to events.

Phrases follow one another in time, from Monday 2026-01-05:

* `N days of M sends a day`, `N workdays of M sends a day` (what follows them begins on a workday): about M, in office
  hours, four in five to a circle of thirty correspondents;
* `N weeks of M sends a workday and a mailing to R every WEEKDAY at HH:MM`: the mailing takes an hour;
* `N days of CLIENT at PLACE, PLACE and CLIENT at PLACE` (or `workdays`; `in one session` may follow): each client is at its
  places one after the other and signs in once a day at each, all day in one session;
* `nothing for N days`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from schemas.records.event import AuditEvent
from tests.scenarios.building import DAY_MS, MINUTE_MS, Builder

CIRCLE = 30
NEW_SHARE = 0.2
NEW_SITTING = 0.35  # people write several mails in one sitting: 87 % of hours have none (detection-science 4.1)
WOBBLE = (0.3, 0.6, 0.8, 1.0, 1.0, 1.2, 1.5, 1.6)  # mean 1
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SENDS = re.compile(r"(\d+) (days|workdays) of (\d+) sends a day")
_WEEKS = re.compile(r"(\d+) weeks of (\d+) sends a workday and a mailing to (\d+) every (\w+) at (\d\d):(\d\d)")
_PRESENCE = re.compile(r"(\d+) (days|workdays) of ([a-z0-9, -]+ at [a-z0-9, -]+?)( in one session)?")
_NOTHING = re.compile(r"nothing for (\d+) days")
Played = tuple[list[AuditEvent], int]


def play(phrase: str, start_ms: int, builder: Builder) -> Played:
    """Events of one phrase and the day after its last; ValueError when it is no phrase."""
    for form, part in _FORMS:
        if match := form.fullmatch(phrase):
            return part(match, start_ms, builder)
    raise ValueError(f"not a phrase of a history: {phrase!r}")


def _is_workday(day_ms: int) -> bool:
    return (day_ms // DAY_MS + 3) % 7 < 5


def _day(start_ms: int, sends: int, builder: Builder) -> list[AuditEvent]:
    """About so many sends between 08:00 and 17:00, every fifth to somebody new; the same in every run."""
    chance, events, minute = Random(start_ms), [], 480
    for n in range(round(sends * chance.choice(WOBBLE))):
        if chance.random() < NEW_SITTING:
            minute = chance.randrange(480, 1010)
        new = chance.random() < NEW_SHARE
        to = (
            f"s{start_ms // DAY_MS}.{n}@strangers.example" if new else f"friend{chance.randrange(CIRCLE)}@known.example"
        )
        events.append(builder.send(start_ms + (minute + chance.randrange(10)) * MINUTE_MS, (to,)))
    return events


def _sends(match: re.Match[str], start_ms: int, builder: Builder) -> Played:
    events, days = [], int(match[1])
    while days:
        if match[2] == "days" or _is_workday(start_ms):
            events += _day(start_ms, int(match[3]), builder)
            days -= 1
        start_ms += DAY_MS
    while match[2] == "workdays" and not _is_workday(start_ms):
        start_ms += DAY_MS
    return events, start_ms


def _weeks(match: re.Match[str], start_ms: int, builder: Builder) -> Played:
    events, mailing_day = [], WEEKDAYS.index(match[4])
    for _ in range(int(match[1]) * 7):
        if _is_workday(start_ms):
            events += _day(start_ms, int(match[2]), builder)
        if (start_ms // DAY_MS + 3) % 7 == mailing_day:
            at = start_ms + (int(match[5]) * 60 + int(match[6])) * MINUTE_MS
            events += builder.mailing(at, int(match[3]), 60, to="known")
        start_ms += DAY_MS
    return events, start_ms


def _nothing(match: re.Match[str], start_ms: int, builder: Builder) -> Played:
    return [], start_ms + int(match[1]) * DAY_MS


def _presence(match: re.Match[str], start_ms: int, builder: Builder) -> Played:
    events, days = [], int(match[1])
    while days:
        if match[2] == "days" or _is_workday(start_ms):
            for client, places in (part.split(" at ") for part in match[3].split(" and ")):
                session = client if match[4] else f"{client}-{start_ms // DAY_MS}"
                events += _presence_day(start_ms, client, places.split(", "), session, builder)
            days -= 1
        start_ms += DAY_MS
    while match[2] == "workdays" and not _is_workday(start_ms):
        start_ms += DAY_MS
    return events, start_ms


def _presence_day(start_ms: int, client: str, places: list[str], session: str, builder: Builder) -> list[AuditEvent]:
    """From 07:00 about five hours at each place: a sign-in, then mail read and a file opened."""
    events = []
    for n, place in enumerate(places):
        at = start_ms + (420 + 300 * n + Random(start_ms + n).randrange(30)) * MINUTE_MS
        events += [
            builder.sign_in(at, place, client, session, interactive=n == 0),
            builder.act(at + 40 * MINUTE_MS, place, None, session, "MailItemsAccessed"),
            builder.act(at + 200 * MINUTE_MS, place, client, session, "FileAccessed"),
        ]
    return events


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], int, Builder], Played]], ...] = (
    (_SENDS, _sends),
    (_WEEKS, _weeks),
    (_PRESENCE, _presence),
    (_NOTHING, _nothing),
)
