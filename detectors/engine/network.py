"""What is known of an address, who may tell, and what follows from it. Layer: detectors."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
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
from detectors.engine.relay_ranges import GATEWAY_RANGES, RELAY_RANGES

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


# Private networks (RFC 1918, RFC 4193), loopback, link-local and unspecified addresses.
LOCAL_RANGES = (
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "0.0.0.0/32"),
    *("fc00::/7", "fe80::/10", "::1/128", "::/128"),
)
Spans = dict[int, tuple[list[int], list[int]]]  # by IP version: first and last addresses of ranges, sorted


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
    return address is not None and _within(address, _MICROSOFT)


@lru_cache(_CACHED)
def is_public(ip: str) -> bool:
    """Not a loopback, link-local or private network's address: those say nothing about a place."""
    address = _address(ip)
    return address is not None and not _within(address, _LOCAL)


def is_relay(ip: str, fact: NetworkFact) -> bool:
    """A relay, VPN or web gateway: the address is not where its user is. By the network's number and name, else by its ranges."""
    return _relay(fact.asn, fact.org) or _in_relay_range(ip)


@lru_cache(_CACHED)
def is_gateway(ip: str) -> bool:
    """The web gateway of firms: a relay that a tenant may share as it shares an office."""
    address = _address(ip)
    return address is not None and _within(address, _GATEWAYS)


def network_key(ip: str, fact: NetworkFact) -> str:
    """The operator's network: ``asn:<number>``, or ``net:<wide prefix>`` when the number is not known."""
    return f"asn:{fact.asn}" if fact.asn is not None else f"net:{wide_prefix_of(ip)}"


def network_class(fact: NetworkFact) -> NetworkClass:
    """Who is behind the address; unknown for relays and when the data are silent."""
    return _classed(fact.asn, fact.org)


@lru_cache(_CACHED)
def _in_relay_range(ip: str) -> bool:
    address = _address(ip)
    return address is not None and _within(address, _RELAYS)


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
def _address(ip: str) -> tuple[int, int] | None:
    """Version and number of the address, IPv4 when mapped into IPv6; None for other text."""
    number = _dotted(ip)
    if number is not None:
        return 4, number
    try:
        address = ip_address(ip)
    except ValueError:
        return None
    address = (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
    return address.version, int(address)


def _dotted(ip: str) -> int | None:
    """The number of an IPv4 address as text, in a tenth of the time that `ip_address` takes; None for all other text."""
    parts = ip.split(".")
    if len(parts) != 4 or not ip.isascii():
        return None
    number = 0
    for part in parts:
        if not part.isdigit() or len(part) > 3 or (part[0] == "0" and part != "0"):
            return None
        octet = int(part)
        if octet > 255:
            return None
        number = number << 8 | octet
    return number


def _within(address: tuple[int, int], spans: Spans) -> bool:
    version, number = address
    firsts, lasts = spans[version]
    at = bisect_right(firsts, number) - 1
    return at >= 0 and number <= lasts[at]


def _prefix(ip: str, bits4: int, bits6: int) -> str:
    address = _address(ip)
    if address is None:
        return ip
    version, number = address
    if version == 4:
        number = number >> (32 - bits4) << (32 - bits4)
        return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}/{bits4}"
    return f"{IPv6Address(number >> (128 - bits6) << (128 - bits6))}/{bits6}"


def _spans(version: int, ranges: Sequence[str]) -> tuple[list[int], list[int]]:
    """First and last addresses of the ranges of one IP version, sorted, without overlap."""
    networks = [network for network in map(ip_network, ranges) if network.version == version]
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


_MICROSOFT: Spans = {version: _spans(version, MICROSOFT_RANGES) for version in (4, 6)}
_RELAYS: Spans = {version: _spans(version, RELAY_RANGES) for version in (4, 6)}
_GATEWAYS: Spans = {version: _spans(version, GATEWAY_RANGES) for version in (4, 6)}
_LOCAL: Spans = {version: _spans(version, LOCAL_RANGES) for version in (4, 6)}
