"""What follows from an address and the facts about it: hashes for the state, words for the story. Layer: detectors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from string import ascii_uppercase

from detectors.accounts.session_state import NOWHERE
from detectors.engine.detector import Heard
from detectors.engine.network import (
    NetworkClass,
    NetworkFact,
    is_microsoft_service,
    is_public,
    is_relay,
    network_class,
    network_key,
    wide_prefix_of,
)
from detectors.engine.network_names import MICROSOFT_ASN
from detectors.models.categories import hash32
from schemas.text import printable

_CACHED = 32_768  # addresses with their facts


@dataclass(slots=True)
class Spot:
    """Hashes are 32 bits, `latitude` and `longitude` hundredths of a degree. `silent`: the address says nothing about a place."""

    address: int
    network: str  # "asn:9009" or "net:5.253"
    network_hash: int
    wide: str
    wide_hash: int
    country: int
    latitude: int
    longitude: int
    silent: bool
    microsoft: bool  # an autonomous system of Microsoft's, Azure included
    relay: bool
    kind: NetworkClass
    name: str  # "5.253.1.2 (M247, AS9009, GB)", for a sentence


@lru_cache(maxsize=_CACHED)
def spot_of(ip: str, fact: NetworkFact) -> Spot:
    """Everything that only address and facts decide; not to be changed."""
    latitude = longitude = NOWHERE
    if fact.latitude is not None and fact.longitude is not None:
        latitude, longitude = round(fact.latitude * 100), round(fact.longitude * 100)
    number = f"AS{fact.asn}" if fact.asn else None
    where = ", ".join(printable(part, 60) for part in (fact.org, number, fact.city, fact.country) if part)
    network, wide = network_key(ip, fact), wide_of(ip)
    return Spot(
        address=hash32(ip),
        network=network,
        network_hash=hash32(network),
        wide=wide,
        wide_hash=hash32(wide),
        country=hash32(fact.country) if fact.country else 0,
        latitude=latitude,
        longitude=longitude,
        silent=is_microsoft_service(ip) or not is_public(ip),
        microsoft=fact.asn in MICROSOFT_ASN,
        relay=is_relay(ip, fact),
        kind=network_class(fact),
        name=f"{ip} ({where})" if where else ip,
    )


_COUNTRY_OF = {hash32(code): code for code in map("".join, product(ascii_uppercase, repeat=2))}


def name_as_told(ip: str, fact: NetworkFact, heard: Heard | None) -> str:
    """An address for a sentence: whose it is, and where it is by what a sign-in told of it."""
    spot = spot_of(ip, fact)
    told = heard.told_country(spot.address, spot.country) if heard is not None else spot.country
    return spot.name if told == spot.country else spot_of(ip, fact_as_told(fact, told)).name


def fact_as_told(fact: NetworkFact, country: int) -> NetworkFact:
    """The fact of an address with the country (hash) that a sign-in told of it, which wins over the network data's place."""
    code = _COUNTRY_OF.get(country)
    if code in (None, fact.country):
        return fact
    return replace(fact, country=code, city=None, latitude=None, longitude=None)


@lru_cache(maxsize=65_536)
def wide_of(ip: str) -> str:
    """`net:<wide prefix>`: the spelling of a network that every record can give."""
    return f"net:{wide_prefix_of(ip)}"
