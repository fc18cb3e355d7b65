"""Entra sessions and tokens of a person: long-lived sessions, hourly tokens. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from streams.simulation.chance import Chance, chance
from streams.simulation.clock import MINUTE, audit_time
from streams.simulation.world.devices import Device
from streams.simulation.world.networks import Place
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant

Slot = Literal["browser", "outlook", "phone"]

_LENGTHS: dict[Slot, tuple[int, int]] = {"browser": (1, 14), "outlook": (10, 60), "phone": (20, 90)}


@dataclass(slots=True)
class Session:
    """A session on one device and its newest token."""

    slot: Slot
    device: Device
    identity: str
    fresh: bool
    issued: int = 0
    token: str = ""
    life: int = 0
    place: Place | None = None

    def stale(self, at: int, place: Place) -> bool:
        """True when the next use needs a new token: expired, or the network changed."""
        if self.issued == 0 or at - self.issued > self.life or at < self.issued:
            return True
        return self.place is not None and self.place.network.asn != place.network.asn

    def renew(self, at: int, place: Place, rng: Chance) -> None:
        """Issue a new token."""
        self.issued, self.place = at, place
        self.token = rng.token()
        self.life = int(rng.uniform(60, 90)) * MINUTE

    @property
    def issued_text(self) -> str:
        """IssuedAtTime."""
        return audit_time(self.issued)


def must_reset(tenant: Tenant, person: Person) -> bool:
    """True for the accounts whose password is renewed on the tenant's reset day."""
    return person.kind not in ("service", "shared") and chance(tenant.seed, person.index, "reset").happens(0.3)


def open_session(tenant: Tenant, person: Person, day: int, slot: Slot) -> Session:
    """The session of a slot on a day: the same for its whole life, without remembering anything between days."""
    habit = chance(tenant.seed, person.index, slot, "habit")
    length = habit.whole(*_LENGTHS[slot])
    age = day - person.joins + habit.whole(0, length - 1)
    marks: list[object] = [age // length]
    fresh = age % length == 0 or day == person.joins > 0
    if day >= tenant.reset_day and must_reset(tenant, person):
        marks.append("reset")
        fresh = fresh or day == tenant.reset_day
    device = person.phone if slot == "phone" else person.computer(day)
    if slot != "phone" and day >= person.device_day:
        marks.append("new device")
        fresh = fresh or day == person.device_day
    identity = chance(tenant.seed, person.index, slot, *marks).guid()
    return Session(slot, device, identity, fresh)
