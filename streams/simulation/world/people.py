"""Drawing the accounts of a tenant. Layer: streams."""

from __future__ import annotations

import math

from streams.simulation.chance import Chance, chance
from streams.simulation.world import names
from streams.simulation.world.calendar import plan_life
from streams.simulation.world.cities import City, utc_offset
from streams.simulation.world.devices import Device, draw_laptop, draw_phone
from streams.simulation.world.networks import Place, city_of, draw_place, networks
from streams.simulation.world.person import Kind, Person
from streams.simulation.world.tenant import Tenant

_ABROAD = ("US", "IN", "SG", "GB", "BR", "JP", "AE", "PL")
_SHIFTS = (-2, -1, 0, 1, 2)


def draw_people(tenant: Tenant) -> list[Person]:
    """All accounts of the tenant; each is drawn from its own generator."""
    taken: set[str] = set()
    people = [_draw(tenant, index, taken) for index in range(tenant.accounts)]
    humans = [p.index for p in people if p.kind not in ("shared", "service")]
    for person in people:
        _connect(tenant, people, humans, person)
        plan_life(tenant, person)
    return people


def _kind(index: int, rng: Chance) -> Kind:
    if index == 0 or (index < 1000 and index % 150 == 149):
        return "admin"
    roll = rng.random()
    for kind, share in _SHARES:
        if roll < share:
            return kind
        roll -= share
    return "user"


_SHARES: tuple[tuple[Kind, float], ...] = (
    ("newsletter", 0.03),
    ("shared", 0.03),
    ("merge", 0.02),
    ("service", 0.02),
    ("executive", 0.03),
)


def _alias(rng: Chance, kind: Kind, taken: set[str]) -> tuple[str, str, str]:
    first, last = rng.pick(names.FIRST), rng.pick(names.LAST)
    if kind in ("shared", "service"):
        first = rng.pick(("info", "orders", "support", "office", "hr", "claims")) if kind == "shared" else "scan"
        last = rng.pick(names.WORDS)
    alias = f"{first}.{last}".lower()
    while alias in taken:
        alias = f"{first}.{last}{rng.whole(2, 999)}".lower()
    taken.add(alias)
    return first, last, alias


def _office(tenant: Tenant, rng: Chance, abroad: bool) -> tuple[Place | None, float]:
    if abroad or rng.happens(0.12):
        return None, 0.0
    return rng.pick(tenant.offices), rng.pick((0.2, 0.4, 0.6, 0.8, 0.95))


def _vpn(rng: Chance, home: City) -> Place | None:
    if not rng.happens(0.06):
        return None
    country = home.country if rng.happens(0.5) else rng.pick(("NL", "DE", "RO", "US", "GB", "SG"))
    return draw_place("hosting", country, rng)


def _devices(rng: Chance, kind: Kind) -> tuple[Device, Device, Device]:
    managed = 0.9 if kind in ("admin", "executive") else 0.72
    return draw_laptop(rng, managed), draw_phone(rng), draw_laptop(rng, managed)


def _draw(tenant: Tenant, index: int, taken: set[str]) -> Person:
    rng = chance(tenant.seed, index, "person")
    kind = _kind(index, rng)
    first, last, alias = _alias(rng, kind, taken)
    abroad = rng.happens(0.08)
    home = city_of(rng.pick(_ABROAD) if abroad else tenant.country, rng)
    laptop, phone, next_laptop = _devices(rng, kind)
    office, office_share = _office(tenant, rng, abroad)
    upn = f"{alias}@{tenant.domain}"
    mixed = ".".join(part.capitalize() for part in alias.split("."))
    rate = math.exp(rng.gauss(math.log(12), 1.2)) * (4 if kind == "shared" else 1)
    return Person(
        index=index,
        kind=kind,
        first=first,
        last=last,
        alias=alias,
        upn=upn,
        mailbox_upn=f"{mixed}@{tenant.domain}" if rng.happens(0.3) else upn,
        object_id=rng.guid(),
        puid=f"10032002{rng.hexadecimal(8)}",
        sid=f"S-1-5-21-{rng.whole(10**9, 2**31)}-{rng.whole(10**9, 2**31)}-{rng.whole(10**8, 2**31)}-{index + 10**7}",
        mailbox_guid=rng.guid(),
        store=f"AAAAA{rng.token()[:20]}",
        rate=min(rate, 400.0),
        inbound=8.0 + 2.2 * math.sqrt(min(rate, 400.0)),
        shift=rng.pick(_SHIFTS),
        offset=utc_offset(home.country),
        weekend=rng.choices((0.02, 0.05, 0.2, 0.8), (50, 30, 15, 5))[0],
        home=home,
        isp=rng.pick(networks()[("home", home.country)]),
        dynamic_ip=rng.happens(0.4),
        mobile=rng.pick(networks()[("mobile", home.country)]),
        office=office,
        office_share=office_share,
        vpn=_vpn(rng, home),
        relay=phone.os == "Ios" and rng.happens(0.15) and ("relay", home.country) in networks(),
        split_tunnel=rng.happens(0.05),
        owa=not laptop.outlook or rng.happens(0.25),
        shows_session=rng.happens(0.97),
        laptop=laptop,
        phone=phone,
        next_laptop=next_laptop,
        team=index // 9,
    )


def _connect(tenant: Tenant, people: list[Person], humans: list[int], person: Person) -> None:
    rng = chance(tenant.seed, person.index, "contacts")
    companies = [rng.pick(tenant.companies) for _ in range(4 + int(person.rate**0.5))]
    size = 14 + int(10 * person.rate**0.5)
    person.contacts = [names.outside_address(rng, rng.pick(companies)) for _ in range(size)]
    moved = [rng.pick(tenant.companies) for _ in range(4)]
    person.later_contacts = [names.outside_address(rng, rng.pick(moved)) for _ in range(size)]
    team = [p.index for p in people[person.team * 9 : person.team * 9 + 9] if p.index != person.index]
    person.colleagues = team * 3 + [rng.pick(humans) for _ in range(12)]
    if person.kind == "executive":
        users = [n for n in humans if people[n].kind == "user"] or humans
        person.assistant = rng.pick(users)
        people[person.assistant].boss = person.index
    if person.kind == "shared":
        person.assistant = rng.pick([n for n in team if n in set(humans)] or humans)
    if person.kind == "newsletter":
        person.bulk = names.bulk_addresses(rng, round(rng.gauss(2500, 120)))
