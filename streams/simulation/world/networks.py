"""Networks of the practice internet and the addresses drawn from them. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from streams.simulation.chance import Chance
from streams.simulation.world.cities import CITIES, City
from streams.simulation.world.ranges import COUNTRY_PREFIXES, HOSTING, IPV6_PREFIXES, RELAY

Trade = Literal["home", "mobile", "office", "hosting", "microsoft", "relay"]


@dataclass(frozen=True, slots=True)
class Network:
    """A provider in one country: ``blocks`` are address prefixes without the trailing octets."""

    asn: int
    name: str
    country: str
    trade: Trade
    blocks: tuple[str, ...]
    ipv6: str = ""


class Place(NamedTuple):
    """Where a request comes from: address, network and the city that geolocation would name."""

    ip: str
    network: Network
    city: City


def _spread(ranges: str) -> tuple[str, ...]:
    blocks: list[str] = []
    for item in ranges.split():
        prefix, _, span = item.rpartition(".")
        low, _, high = span.partition("-")
        blocks.extend(f"{prefix}.{octet}" for octet in range(int(low), int(high) + 1))
    return tuple(blocks)


def _country_networks(index: int, country: str) -> list[Network]:
    prefixes = COUNTRY_PREFIXES[country].split()
    base = 64512 + index * 12
    found = [
        Network(base + n, f"{country} Home {n + 1}", country, "home", tuple(prefixes[2 * n : 2 * n + 2]),
                IPV6_PREFIXES.get(country, "") if n == 0 else "")
        for n in range(3)
    ]  # fmt: skip
    found += [
        Network(base + 3 + n, f"{country} Mobile {n + 1}", country, "mobile", (prefixes[6 + n],)) for n in range(3)
    ]
    found.append(Network(base + 6, f"{country} Business", country, "office", (prefixes[9],)))
    found.append(Network(base + 7, f"{country} Servers", country, "hosting", (prefixes[10],)))
    return found


@cache
def networks() -> dict[tuple[Trade, str], tuple[Network, ...]]:
    """All networks by trade and country."""
    table: dict[tuple[Trade, str], list[Network]] = {}
    for index, country in enumerate(COUNTRY_PREFIXES):
        for network in _country_networks(index, country):
            table.setdefault((network.trade, country), []).append(network)
    for asn, name, country, ranges in HOSTING:
        found = Network(asn, name, country, "hosting", _spread(ranges))
        table.setdefault(("hosting", country), []).append(found)
    for country, blocks in RELAY.items():
        table[("relay", country)] = [Network(13335, "Private relay", country, "relay", tuple(blocks.split()))]
    return {key: tuple(value) for key, value in table.items()}


@cache
def hosting_countries() -> tuple[str, ...]:
    """Countries where servers can be rented."""
    return tuple(sorted({country for trade, country in networks() if trade == "hosting"}))


def draw_address(network: Network, rng: Chance, ipv6: float = 0.0) -> str:
    """A random address of the network."""
    if network.ipv6 and ipv6 and rng.happens(ipv6):
        words = f"{rng.getrandbits(64):016x}"
        tail = ":".join(words[n : n + 4].lstrip("0") or "0" for n in range(0, 16, 4))
        return f"{network.ipv6}:{rng.getrandbits(16):x}:{rng.getrandbits(16):x}:{tail}"
    block = rng.pick(network.blocks)
    dots = block.count(".")
    if dots == 3:
        stem, _, low = block.rpartition(".")
        return f"{stem}.{int(low) + int(rng.random() * 16)}"
    if dots == 2:
        return f"{block}.{rng.whole(2, 250)}"
    return f"{block}.{rng.whole(1, 250)}.{rng.whole(2, 250)}"


def city_of(country: str, rng: Chance) -> City:
    """A city in the country."""
    return rng.pick(CITIES[country])


def draw_place(trade: Trade, country: str, rng: Chance, ipv6: float = 0.0) -> Place:
    """An address in a network of that trade in that country, with its city."""
    choices = networks().get((trade, country)) or networks()[("hosting", "DE")]
    network = rng.pick(choices)
    return Place(draw_address(network, rng, ipv6), network, city_of(network.country, rng))


_MICROSOFT_CITY = City("Amsterdam", "Noord-Holland", "NL", 52.35, 4.92)
_MICROSOFT = Network(8075, "Microsoft", "NL", "microsoft", ("20.190.160", "40.126.32", "52.108.80"))


def microsoft_place(rng: Chance) -> Place:
    """An address of Microsoft's own egress (first-party services acting for the user)."""
    return Place(draw_address(_MICROSOFT, rng), _MICROSOFT, _MICROSOFT_CITY)


def microsoft_ipv6(rng: Chance) -> str:
    """The IPv6 address of an Exchange back-end, as background services show it."""
    return f"2603:10a6:{rng.whole(0x200, 0x80F):x}:{rng.whole(1, 0x3FF):x}:cafe::{rng.whole(1, 255):x}"
