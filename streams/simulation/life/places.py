"""Where the laptop and the phone of a person are at each hour of a day. Layer: streams."""

from __future__ import annotations

from streams.simulation.chance import Chance, chance
from streams.simulation.world.cities import City
from streams.simulation.world.networks import Network, Place, city_of, draw_address, draw_place, networks
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant


class Whereabouts:
    """Places of one person on one day; addresses are drawn when first needed."""

    def __init__(self, tenant: Tenant, person: Person, day: int, rng: Chance, working: bool) -> None:
        self._tenant, self._person, self._day, self._rng = tenant, person, day, rng
        self._laptop: dict[int, Place] = {}
        self._phone: dict[int, Place] = {}
        self.trip = person.trips.get(day, "")
        self.in_office = bool(
            working and not self.trip and person.office is not None and rng.happens(person.office_share)
        )
        self.vpn = person.vpn is not None and not self.in_office and rng.happens(0.5)
        self._city: City = city_of(self.trip, rng) if self.trip else person.home
        self._home = self._draw_home()

    def _draw_home(self) -> Place:
        person = self._person
        if self.trip:
            network = self._rng.pick(networks()[("home", self.trip)])
            stay = chance(self._tenant.seed, person.index, "stay", self.trip, self._day // 3)
            return Place(draw_address(network, stay), network, self._city)
        moved = self._day >= person.isp_day
        network = self._provider(moved)
        period = self._day if person.dynamic_ip else self._day // 25
        line = chance(self._tenant.seed, person.index, "line", moved, period)
        return Place(draw_address(network, line, 0.35), network, person.home)

    def _provider(self, moved: bool) -> Network:
        if not moved:
            return self._person.isp
        others = [n for n in networks()[("home", self._person.home.country)] if n is not self._person.isp]
        return others[self._person.index % len(others)] if others else self._person.isp

    def laptop(self, hour: int) -> Place:
        """Network of the laptop."""
        found = self._laptop.get(hour)
        if found is None:
            found = self._laptop[hour] = self._draw_laptop(hour)
        return found

    def _draw_laptop(self, hour: int) -> Place:
        person = self._person
        if self.in_office and 7 <= hour - person.shift <= 18 and person.office is not None:
            office = person.office
            if self._rng.happens(0.1):
                return self._rng.pick([p for p in self._tenant.offices if p.city == office.city])
            return office
        if self.vpn and person.vpn is not None and (hour >= 9 or self.trip):
            vpn = person.vpn
            return Place(draw_address(vpn.network, self._rng), vpn.network, vpn.city)
        if self.trip and self._rng.happens(0.15):
            return draw_place("mobile", self.trip, self._rng)._replace(city=self._city)
        return self._privacy(self._home)

    def _privacy(self, place: Place) -> Place:
        if ":" in place.ip and self._rng.happens(0.3):
            prefix = ":".join(place.ip.split(":")[:4])
            words = f"{self._rng.getrandbits(64):016x}"
            tail = ":".join(words[n : n + 4].lstrip("0") or "0" for n in range(0, 16, 4))
            return place._replace(ip=f"{prefix}:{tail}")
        return place

    def phone(self, hour: int) -> Place:
        """Network of the phone: Wi-Fi at home, the carrier's shared addresses elsewhere."""
        found = self._phone.get(hour)
        if found is None:
            found = self._phone[hour] = self._draw_phone(hour)
        return found

    def _draw_phone(self, hour: int) -> Place:
        person, rng = self._person, self._rng
        local = hour - person.shift
        if self.trip:
            if rng.happens(0.45):
                return self._home
            if rng.happens(0.5):
                return Place(draw_address(person.mobile, rng), person.mobile, self._city)
            return draw_place("mobile", self.trip, rng)
        out = 8 <= local <= 18 and self.in_office
        if out and person.office is not None and rng.happens(0.4):
            return person.office
        if out or rng.happens(0.25):
            city = person.home if rng.happens(0.75) else city_of(person.home.country, rng)
            return Place(draw_address(person.mobile, rng), person.mobile, city)
        return self._privacy(self._home)

    def relay(self) -> Place:
        """The privacy relay's egress for browsing on a phone."""
        return draw_place("relay", self._city.country, self._rng)._replace(city=self._city)

    @property
    def home(self) -> Place:
        """The line at home, or in the hotel on a trip."""
        return self._home
