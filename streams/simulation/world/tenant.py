"""The practice tenant: its identifiers, offices, partners and calendar. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass

from streams.simulation.chance import Chance, chance
from streams.simulation.clock import DAY, day_start
from streams.simulation.options import Recipients, SimulationOptions
from streams.simulation.world import names
from streams.simulation.world.cities import City
from streams.simulation.world.networks import Network, Place, city_of, draw_address, networks

HOME_COUNTRIES = ("DE", "NL", "GB", "US", "FR", "SE", "ES")


@dataclass(frozen=True, slots=True)
class Tenant:
    """Everything that is the same for all accounts."""

    seed: int
    org_id: str
    domain: str
    org_name: str
    country: str
    forest: str
    server_stem: str
    offices: tuple[Place, ...]
    companies: tuple[str, ...]
    start: int
    days: int
    accounts: int
    holidays: frozenset[int]
    reset_day: int
    phish_day: int
    migration_day: int
    export_day: int
    recipients: Recipients

    @property
    def short(self) -> str:
        """The tenant's short name, as in its SharePoint address."""
        return self.org_name.partition(".")[0]

    def weekday(self, day: int) -> int:
        """0 is Monday."""
        return ((self.start // DAY + day) + 3) % 7

    def server(self, rng: Chance) -> str:
        """An Exchange server name."""
        return f"{self.server_stem}{rng.whole(100, 999)}"

    def build(self, day: int) -> str:
        """Exchange build; changes about weekly."""
        return f"15.20.{8400 + 22 * (day // 7)}.{10 + day % 20:03d}"


def _offices(country: str, rng: Chance, accounts: int) -> tuple[Place, ...]:
    network = networks()[("office", country)][0]
    found: list[Place] = []
    for _ in range(1 + (accounts > 100) + (accounts > 600)):
        city: City = city_of(country, rng)
        stem = draw_address(network, rng).rpartition(".")[0]
        own = Network(network.asn, network.name, country, "office", (stem,))
        found += [Place(f"{stem}.{rng.whole(2, 250)}", own, city) for _ in range(rng.whole(1, 3))]
    return tuple(found)


def build_tenant(options: SimulationOptions) -> Tenant:
    """Draw the tenant for a seed."""
    rng = chance(options.seed, "tenant")
    country = rng.choices(HOME_COUNTRIES, (30, 20, 16, 16, 8, 5, 5))[0]
    word = f"{rng.pick(names.WORDS)}{rng.pick(names.TRADES)}"
    companies = list(dict.fromkeys(names.company_domain(rng, n) for n in range(40 + options.accounts // 2)))
    workdays = [day for day in range(options.days) if ((day_start(options.start) // DAY + day) + 3) % 7 < 5] or [0]
    holidays = frozenset(day for day in workdays if rng.happens(0.035) and day > 2)
    later = [day for day in workdays if day > min(7, options.days // 2) and day not in holidays] or workdays
    stem = rng.pick(("AS8P191MB", "DB9P191MB", "AM0PR07MB", "PR3P195MB", "VI1PR04MB"))
    return Tenant(
        seed=options.seed,
        org_id=rng.guid(),
        domain=options.domain or f"{word}.example",
        org_name=f"{(options.domain or word).partition('.')[0]}.onmicrosoft.com",
        country=country,
        forest=f"EURP{rng.whole(100, 299)}A{rng.whole(1, 12):03d}",
        server_stem=stem,
        offices=_offices(country, rng, options.accounts),
        companies=tuple(companies),
        start=day_start(options.start),
        days=options.days,
        accounts=options.accounts,
        holidays=holidays,
        reset_day=rng.pick(later),
        phish_day=rng.pick(later),
        migration_day=rng.pick(later),
        export_day=rng.pick(later),
        recipients=options.recipients,
    )
