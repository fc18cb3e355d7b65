"""What is known of an address, who may tell, and what follows from it. Layer: detectors."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal, Protocol

from detectors.engine.microsoft_ranges import MICROSOFT_RANGES
from detectors.engine.network_names import (
    HOSTING_ASN,
    HOSTING_ORG,
    MOBILE_ASN,
    MOBILE_ORG,
    RELAY_ASN,
    RELAY_ORG,
)
from detectors.engine.network_names import (
    MICROSOFT_ASN as MICROSOFT_ASN,
)

NetworkClass = Literal["hosting", "mobile", "access", "unknown"]
_CACHED = 65_536  # addresses


@dataclass(frozen=True, slots=True)
class NetworkFact:
    """Facts of one address; None where the data are silent. Degrees; `accuracy_km` is the radius of the position."""

    asn: int | None = None
    org: str | None = None
    country: str | None = None  # ISO 3166 alpha-2, upper case
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    accuracy_km: float = 500.0


class NetworkLookup(Protocol):
    """Network data of one version. `knowledge_id` changes whenever an answer may."""

    knowledge_id: str

    def fact(self, ip: str) -> NetworkFact:
        """What is known of a canonical address; an empty fact when nothing is."""
        ...


# RFC 1918 and RFC 4193.
_PRIVATE = tuple(ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))


@lru_cache(_CACHED)
def prefix_of(ip: str) -> str:
    """The network a user's address changes within: /24 of IPv4, /48 of IPv6; text that is no address comes back as is."""
    return _prefix(ip, 24, 48)


@lru_cache(_CACHED)
def wide_prefix_of(ip: str) -> str:
    """/16 of IPv4, /32 of IPv6: about an operator's region; text that is no address comes back as is."""
    return _prefix(ip, 16, 32)


@lru_cache(_CACHED)
def is_microsoft_service(ip: str) -> bool:
    """Sent by Microsoft 365 or Entra themselves; never by a customer's machine in Azure."""
    address = _address(ip)
    if address is None:
        return False
    firsts, lasts = _MICROSOFT[address.version]
    at = bisect_right(firsts, int(address)) - 1
    return at >= 0 and int(address) <= lasts[at]


@lru_cache(_CACHED)
def is_public(ip: str) -> bool:
    """Not a loopback, link-local or private network's address: those say nothing about a place."""
    address = _address(ip)
    if address is None or address.is_loopback or address.is_link_local or address.is_unspecified:
        return False
    return not any(address.version == network.version and address in network for network in _PRIVATE)


def is_microsoft_network(ip: str, fact: NetworkFact) -> bool:
    """Microsoft's services or its autonomous systems; the latter hold Azure too, where anyone may rent a machine."""
    return fact.asn in MICROSOFT_ASN or is_microsoft_service(ip)


def is_relay(ip: str, fact: NetworkFact) -> bool:
    """A relay, VPN or web gateway: the address is not where its user is. False when the network is not known."""
    return _relay(fact.asn, fact.org)


def network_key(ip: str, fact: NetworkFact) -> str:
    """The operator's network: ``asn:<number>``, or ``net:<wide prefix>`` when the number is not known."""
    return f"asn:{fact.asn}" if fact.asn is not None else f"net:{wide_prefix_of(ip)}"


def network_class(fact: NetworkFact) -> NetworkClass:
    """Who is behind the address; unknown for relays and when the data are silent."""
    return _classed(fact.asn, fact.org)


@lru_cache(4096)
def _relay(asn: int | None, org: str | None) -> bool:
    return asn in RELAY_ASN or bool(org and RELAY_ORG.search(org))


@lru_cache(4096)
def _classed(asn: int | None, org: str | None) -> NetworkClass:
    if (asn is None and not org) or _relay(asn, org):
        return "unknown"
    if asn in HOSTING_ASN:
        return "hosting"
    if asn in MOBILE_ASN or (org and MOBILE_ORG.search(org)):
        return "mobile"
    return "hosting" if org and HOSTING_ORG.search(org) else "access"


@lru_cache(_CACHED)
def _address(ip: str) -> IPv4Address | IPv6Address | None:
    """The address, IPv4 when mapped into IPv6; None for other text."""
    try:
        address = ip_address(ip)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _prefix(ip: str, bits4: int, bits6: int) -> str:
    address = _address(ip)
    if address is None:
        return ip
    kept, width = (bits4, 32) if address.version == 4 else (bits6, 128)
    base = int(address) >> (width - kept) << (width - kept)
    network = IPv4Address(base) if address.version == 4 else IPv6Address(base)
    return f"{network}/{kept}"


def _spans(version: int) -> tuple[list[int], list[int]]:
    """First and last addresses of Microsoft's ranges of one IP version, sorted, without overlap."""
    networks = [network for network in map(ip_network, MICROSOFT_RANGES) if network.version == version]
    spans = sorted((int(network[0]), int(network[-1])) for network in networks)
    firsts: list[int] = []
    lasts: list[int] = []
    for first, last in spans:
        if lasts and first <= lasts[-1]:
            lasts[-1] = max(lasts[-1], last)
        else:
            firsts.append(first)
            lasts.append(last)
    return firsts, lasts


_MICROSOFT = {version: _spans(version) for version in (4, 6)}
