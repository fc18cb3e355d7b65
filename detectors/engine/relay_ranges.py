"""Address ranges from which firms' web gateways and people's relays send. Layer: detectors.

For records that name no network number, as those of the audit log; where there is a number, `RELAY_ASN` knows the same
operators. Only ranges that their operators use for nothing else: Zscaler's hubs and Netskope's data plane as each publishes
them for firewalls, and the blocks in which the egress of iCloud Private Relay (by Apple's list: Akamai, Cloudflare, Fastly) and
of WARP lies. Of Akamai's 172.224.0.0/12 the greater part is not here: 172.232.0.0/13 are machines that anybody rents.
"""

from __future__ import annotations

from typing import Final

_ZSCALER = """
    104.129.192.0/20 136.226.0.0/16 137.83.128.0/18 147.161.128.0/17 165.225.0.0/17 165.225.192.0/18 167.103.0.0/16
    170.85.0.0/16 185.46.212.0/22 199.168.148.0/22 8.25.203.0/24 70.39.159.0/24 89.167.131.0/24 128.177.125.0/24
    213.152.228.0/24 64.74.126.64/26 72.52.96.0/26 216.52.207.64/26 216.218.133.192/26
"""
_NETSKOPE = """
    8.36.116.0/24 8.39.144.0/24 31.186.239.0/24 162.10.0.0/17 163.116.128.0/17
"""
_PRIVATE_RELAY = """
    104.28.0.0/16 172.224.224.0/19 172.225.0.0/16 172.226.0.0/16 2606:54c0::/32 2a02:26f7::/32 2a04:4e41::/32 2a09:bac0::/29
"""

GATEWAY_RANGES: Final = tuple((_ZSCALER + _NETSKOPE).split())
RELAY_RANGES: Final = (*GATEWAY_RANGES, *_PRIVATE_RELAY.split())
