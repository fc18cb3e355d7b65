"""Address ranges that only Microsoft 365 and Entra themselves send from. Layer: detectors.

From Microsoft's published list "Office 365 URLs and IP address ranges" (worldwide), rows 1, 9, 31, 12, 46, 56, 64:
Exchange Online, Exchange Online Protection, SharePoint, Teams, Office on the web, Entra sign-in, portals. Customers
cannot rent addresses here, unlike in the rest of AS8075. The list leaves out the servers of Exchange themselves, which act
for users in audit records: their blocks are those that `Received` lines of public mail name with them (ZAFP275, APCPRD,
EURPRD, NAMPRD, AUSPRD, LAMPRD).
"""

from __future__ import annotations

from typing import Final

_EXCHANGE = """
    13.107.6.152/31 13.107.18.10/31 13.107.128.0/22 23.103.160.0/20 40.96.0.0/13 40.104.0.0/15 52.96.0.0/14
    131.253.33.215/32 132.245.0.0/16 150.171.32.0/22 204.79.197.215/32
    2603:1006::/40 2603:1016::/36 2603:1026::/36 2603:1036::/36 2603:1046::/36 2603:1056::/36
    2620:1ec:4::152/128 2620:1ec:4::153/128 2620:1ec:c::10/128 2620:1ec:c::11/128 2620:1ec:d::10/128
    2620:1ec:d::11/128 2620:1ec:8f0::/46 2620:1ec:900::/46 2620:1ec:a92::152/128 2620:1ec:a92::153/128
"""
_EXCHANGE_SERVERS = """
    2603:1086::/32 2603:1096::/32 2603:10a6::/32 2603:10b6::/32 2603:10c6::/32 2603:10d6::/32
"""
_MAIL_PROTECTION = """
    40.92.0.0/15 40.107.0.0/16 52.100.0.0/14 52.238.78.88/32 104.47.0.0/17 2a01:111:f400::/48 2a01:111:f403::/48
"""
_SHAREPOINT = """
    13.107.136.0/22 40.108.128.0/17 52.104.0.0/14 104.146.128.0/17 150.171.40.0/22
    2603:1061:1300::/40 2603:1063:6000::/35 2620:1ec:8f8::/46 2620:1ec:908::/46 2a01:111:f402::/48
"""
_TEAMS = """
    52.112.0.0/14 52.122.0.0/15 2603:1027::/48 2603:1037::/48 2603:1047::/48 2603:1057::/48 2603:1063::/38
    2620:1ec:6::/48 2620:1ec:40::/42
"""
_OFFICE = """
    13.107.6.171/32 13.107.18.15/32 13.107.140.6/32 52.108.0.0/14 52.244.37.168/32
    2603:1006:1400::/40 2603:1016:2400::/40 2603:1026:2400::/40 2603:1036:2400::/40 2603:1046:1400::/40
    2603:1056:1400::/40 2603:1063:2000::/38 2620:1ec:c::15/128 2620:1ec:8fc::6/128 2620:1ec:a92::171/128
"""
_ENTRA = """
    20.20.32.0/19 20.190.128.0/18 20.231.128.0/19 40.126.0.0/18
    2603:1006:2000::/48 2603:1007:200::/48 2603:1016:1400::/48 2603:1017::/48 2603:1026:3000::/48 2603:1027:1::/48
    2603:1036:3000::/48 2603:1037:1::/48 2603:1046:2000::/48 2603:1047:1::/48 2603:1056:2000::/48 2603:1057:2::/48
"""
_PORTALS = "13.107.6.192/32 13.107.9.192/32 2620:1ec:4::192/128 2620:1ec:a92::192/128"
MICROSOFT_RANGES: Final = tuple(
    " ".join((_EXCHANGE, _EXCHANGE_SERVERS, _MAIL_PROTECTION, _SHAREPOINT, _TEAMS, _OFFICE, _ENTRA, _PORTALS)).split()
)
