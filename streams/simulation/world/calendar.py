"""What will happen to an account during the whole period: leave, trips, changes and one-off events. Layer: streams."""

from __future__ import annotations

from streams.simulation.chance import Chance, chance
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant

_TRIP_COUNTRIES = ("GB", "FR", "US", "ES", "IT", "NL", "DE", "CH", "AE", "SG", "JP", "PT", "SE", "PL")

# event, chance per working day of an ordinary account
DAILY_EVENTS: tuple[tuple[str, float], ...] = (
    ("burst", 1 / 90),
    ("rule-sort", 0.006),
    ("rule-read", 0.002),
    ("rule-delete-newsletters", 0.002),
    ("rule-odd-name", 0.001),
    ("rule-outlook", 0.004),
    ("rule-outlook-delete", 0.0006),
    ("rule-set", 0.0012),
    ("rule-remove", 0.0012),
    ("rule-disable", 0.0008),
    ("rule-sweep", 0.0008),
    ("rule-blank-burst", 0.002),
    ("forward-own", 0.0004),
    ("typo", 0.02),
    ("lockout", 0.001),
    ("expired", 0.006),
    ("interrupt", 0.05),
    ("folder-permission", 0.002),
    ("share-link", 0.01),
    ("consent-crm", 0.001),
    ("christmas", 1 / 1000),
    ("download-spree", 0.002),
    ("mfa-change", 0.002),
    ("microsoft-hop", 0.04),
    ("old-app-password", 0.001),
    ("clean-up", 0.003),
)


def plan_life(tenant: Tenant, person: Person) -> None:
    """Fill the personal calendar of one account."""
    rng = chance(tenant.seed, person.index, "calendar")
    days = tenant.days
    _staff_changes(tenant, person, rng)
    _leave(tenant, person, rng)
    if person.kind in ("shared", "service"):
        return
    if rng.happens(0.15) or person.kind == "executive":
        _trips(tenant, person, rng)
    if rng.happens(min(0.5, 0.0015 * days)):
        person.device_day = rng.whole(1, max(1, days - 1))
    if rng.happens(min(0.5, 0.001 * days)):
        person.isp_day = rng.whole(1, max(1, days - 1))
    for day in range(days):
        if not person.present(day) or day in person.leave or tenant.weekday(day) >= 5:
            continue
        for name, probability in DAILY_EVENTS:
            if rng.random() < probability:
                person.events.setdefault(day, []).append(name)
    _personal_forward(tenant, person, rng)
    if person.joins:
        _welcome(tenant, person, rng)


def _staff_changes(tenant: Tenant, person: Person, rng: Chance) -> None:
    share = min(1.0, tenant.days / 60)
    if person.kind not in ("user", "merge") or tenant.days < 5:
        return
    roll = rng.random() / share
    if roll < 0.06:
        person.joins = rng.whole(2, tenant.days - 2)
    elif roll < 0.09:
        person.leaves = rng.whole(3, tenant.days - 1)
    elif roll < 0.14:
        person.role_change = rng.whole(3, tenant.days - 1)


def _leave(tenant: Tenant, person: Person, rng: Chance) -> None:
    if person.kind in ("service", "shared") or not rng.happens(0.30):
        return
    first = rng.whole(1, max(1, tenant.days - 1))
    person.leave = frozenset(range(first, first + rng.whole(5, 14)))
    if rng.happens(0.35):
        country = rng.pick([c for c in _TRIP_COUNTRIES if c != person.home.country])
        person.trips.update(dict.fromkeys(person.leave, country))


def _trips(tenant: Tenant, person: Person, rng: Chance) -> None:
    day = rng.whole(0, 12)
    while day < tenant.days:
        country = rng.pick([c for c in _TRIP_COUNTRIES if c != person.home.country])
        for step in range(rng.whole(2, 5)):
            if day + step not in person.leave:
                person.trips[day + step] = country
        day += rng.whole(10, 40)


def _personal_forward(tenant: Tenant, person: Person, rng: Chance) -> None:
    if not person.leave or not rng.happens(0.08):
        return
    before = min(person.leave) - 1
    if before >= person.joins:
        person.events.setdefault(before, []).append("forward-own")
    after = max(person.leave) + 1
    if after < tenant.days:
        person.events.setdefault(after, []).append("forward-off")


def _welcome(tenant: Tenant, person: Person, rng: Chance) -> None:
    person.events.setdefault(person.joins, []).append("mfa-change")
    for name, chance_of in (("rule-delete-newsletters", 0.5), ("rule-sort", 0.5), ("rule-outlook", 0.3)):
        day = person.joins + rng.whole(0, 4)
        if rng.happens(chance_of) and day < tenant.days:
            person.events.setdefault(day, []).append(name)
