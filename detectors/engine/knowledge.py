"""What the engine knows from outside the log: network facts and settings, named by one id. Layer: detectors."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from functools import lru_cache

from detectors.engine.network import NetworkLookup


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything beside snapshot, log and engine version that decides a finding (design 1: one id).

    `egress` are the tenant's own egress networks in CIDR notation: the office, its VPN, its proxy.
    """

    lookup: NetworkLookup
    egress: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Hash over the network data's versions and the configuration, 12 hex digits."""
        text = "|".join((self.lookup.knowledge_id, *sorted(self.egress)))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def is_egress(self, ip: str) -> bool:
        """The address is one of the tenant's own."""
        return bool(self.egress) and _inside(ip, self.egress)


@lru_cache(maxsize=65_536)
def _inside(ip: str, networks: tuple[str, ...]) -> bool:
    address = ipaddress.ip_address(ip)
    return any(address in network for network in _parsed(networks) if network.version == address.version)


@lru_cache(maxsize=64)
def _parsed(networks: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(network, strict=False) for network in networks)
