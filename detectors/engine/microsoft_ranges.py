"""Address ranges that only Microsoft 365 and Entra themselves send from. Layer: detectors.

From Microsoft's published list "Office 365 URLs and IP address ranges" (worldwide): Exchange Online, Exchange Online
Protection, SharePoint, Teams, Entra sign-in. Customers cannot rent addresses here, unlike in the rest of AS8075.
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
_MAIL_PROTECTION = "40.92.0.0/15 40.107.0.0/16 52.100.0.0/14 104.47.0.0/17 2a01:111:f400::/48 2a01:111:f403::/48"
_SHAREPOINT = """
    13.107.136.0/22 40.108.128.0/17 52.104.0.0/14 104.146.128.0/17 150.171.40.0/22
    2603:1061:1300::/40 2620:1ec:8f8::/46 2620:1ec:908::/46 2a01:111:f402::/48
"""
_TEAMS = "13.107.64.0/18 52.112.0.0/14 52.122.0.0/15 2603:1063::/38"
_ENTRA = """
    20.20.32.0/19 20.190.128.0/18 20.231.128.0/19 40.126.0.0/18
    2603:1006:2000::/48 2603:1007:200::/48 2603:1016:1400::/48 2603:1017::/48 2603:1026:3000::/48 2603:1027:1::/48
    2603:1036:3000::/48 2603:1037:1::/48 2603:1046:2000::/48 2603:1047:1::/48 2603:1056:2000::/48 2603:1057:2::/48
"""
MICROSOFT_RANGES: Final = tuple(" ".join((_EXCHANGE, _MAIL_PROTECTION, _SHAREPOINT, _TEAMS, _ENTRA)).split())
