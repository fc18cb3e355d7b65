"""Where synthetic accounts sign in from, by the list of detection-science 4.1; knows no model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.random import Generator

from detectors.models.categories import DAY_MS

MONDAY = 20_003  # days since 1970; day 0 of a tenant
COUNTRIES = ("NL", "GB", "DE", "US", "BE", "FR", "ES", "IT", "PL", "SE")
COUNTRY_SHARES = (0.60, 0.08, 0.06, 0.06, 0.06, 0.04, 0.03, 0.03, 0.02, 0.02)
HOSTS = 30
HOST_COUNTRIES = (*COUNTRIES, "RU", "NG", "CN", "BR")
ISPS, CARRIERS = 6, 3  # a country
TRAVELLERS, VPN_USERS, JOINERS = 0.15, 0.06, 0.20
JOIN_FIRST, JOIN_LAST = 25, 55
TRIP_ODDS, MOVE_ODDS = 0.06, 0.005  # a day
ELSEWHERE, MOBILE, OFFICE, BY_VPN = 0.02, 0.7, 0.65, 0.3  # chances of a day
Attacker = Literal["naive", "vpn", "targeted"]
ATTACKERS: tuple[Attacker, ...] = ("naive", "vpn", "targeted")


class Visit(NamedTuple):
    """The first sign-in of a day from a network, named as `impossible-session` names them.

    `kind`: hosting, mobile, corporate, or "" for a home line.
    """

    time_ms: int
    network: str
    country: str
    kind: str


@dataclass(slots=True)
class Person:
    """An account, its home and what it did; `visits` in order of time, none before day `start`."""

    country: str
    start: int
    visits: list[Visit] = field(default_factory=list)


def people(accounts: int, days: int, seed: int) -> Iterator[Person]:
    """The accounts of one tenant, day 0 a Monday; the same for the same arguments."""
    for chance in np.random.default_rng(seed).spawn(accounts):
        yield _person(chance, days)


def attack(attacker: Attacker, country: str, time_ms: int, chance: Generator) -> Visit:
    """An intruder's sign-in: hosting anywhere, hosting in the victim's country, or a home line there."""
    if attacker == "targeted":
        return Visit(time_ms, _access(country, chance), country, "")
    host = int(chance.integers(HOSTS))
    return Visit(time_ms, f"asn:host-{host}", _host_country(host) if attacker == "naive" else country, "hosting")


def _host_country(host: int) -> str:
    return HOST_COUNTRIES[host % len(HOST_COUNTRIES)]


def _access(country: str, chance: Generator) -> str:
    return f"asn:{country}-isp-{chance.integers(ISPS)}"


def _carrier(country: str, chance: Generator) -> str:
    return f"asn:{country}-mobile-{chance.integers(CARRIERS)}"


def _person(chance: Generator, days: int) -> Person:
    country = COUNTRIES[chance.choice(len(COUNTRIES), p=COUNTRY_SHARES)]
    joins = chance.random() < JOINERS
    person = Person(country, int(chance.integers(JOIN_FIRST, JOIN_LAST)) if joins else 0)
    home, carrier, host = _access(country, chance), _carrier(country, chance), int(chance.integers(HOSTS))
    traveller, vpn = chance.random() < TRAVELLERS, chance.random() < VPN_USERS
    abroad, until = "", -1
    for day in range(person.start, days):
        if day > until:
            abroad = ""
            if traveller and chance.random() < TRIP_ODDS:
                abroad, until = COUNTRIES[chance.integers(len(COUNTRIES))], day + int(chance.integers(1, 5))
        if chance.random() < MOVE_ODDS:
            home = _access(country, chance)
        if day % 7 >= 5 and chance.random() < 0.7 and not abroad:
            continue
        places = _places(chance, country, abroad, (home, carrier, host if vpn else -1), day % 7 < 5)
        person.visits += _at_hours(chance, day, places)
    return person


def _places(
    chance: Generator, country: str, abroad: str, own: tuple[str, str, int], workday: bool
) -> list[tuple[str, str, str]]:
    """(network, country, kind) of a day."""
    if abroad:
        return [(_access(abroad, chance), abroad, ""), (_carrier(abroad, chance), abroad, "mobile")]
    home, carrier, host = own
    office = workday and chance.random() < OFFICE
    places = [("asn:office", country, "corporate")] if office else [(home, country, "")]
    if office and chance.random() < 0.5:
        places.append((home, country, ""))
    if chance.random() < MOBILE:
        places.append((carrier, country, "mobile"))
    if host >= 0 and chance.random() < BY_VPN:
        places.append((f"asn:host-{host}", _host_country(host), "hosting"))
    if chance.random() < ELSEWHERE:
        places.append((_access(country, chance), country, ""))
    return places


def _at_hours(chance: Generator, day: int, places: list[tuple[str, str, str]]) -> list[Visit]:
    """Visits in order of time, between 06:00 and 22:00, each network once."""
    times = sorted(int(hour * 3_600_000) for hour in chance.uniform(6, 22, len(places)))
    met: dict[str, Visit] = {}
    for time, place in zip(times, places, strict=True):
        met.setdefault(place[0], Visit((MONDAY + day) * DAY_MS + time, *place))
    return list(met.values())
