"""Well-known networks and the words their operators go by. Layer: detectors.

Autonomous system numbers from the registries' public assignment data; words are matched in the organisation's name.
"""

from __future__ import annotations

import re
from typing import Final

MICROSOFT_ASN: Final = frozenset({8068, 8069, 8075, 12076})

# Relays that ordinary people use without knowing: iCloud Private Relay (Akamai, Cloudflare, Fastly), WARP, and the
# secure web gateways of firms. Their place says nothing about the user's.
RELAY_ASN: Final = frozenset({36183, 13335, 54113, 22616, 53813, 62044, 55256})
RELAY_ORG: Final = re.compile(
    r"private relay|\bwarp\b|zscaler|netskope|\bvpn\b|nordvpn|tefincom|nord security|mullvad|proton ?(vpn|ag\b)"
    r"|express ?vpn|surfshark|cyberghost|windscribe|ipvanish|private internet access|tunnelbear|hotspot shield|aura"
    r" ?hotspot|hide ?my ?ass|purevpn|torguard|perfect ?privacy|ivpn|airvpn|perimeter ?81|tor exit|torservers",
    re.IGNORECASE,
)

HOSTING_ASN: Final = frozenset(
    {
        *(16509, 14618, 8987),  # Amazon
        *(15169, 396982, 19527),  # Google
        *(8068, 8069, 8075),  # Microsoft, the Azure cloud included
        *(31898, 36351, 27357, 19994, 33070),  # Oracle, IBM, Rackspace
        *(45102, 37963, 132203, 45090, 136907, 55990),  # Alibaba, Tencent, Huawei
        *(14061, 16276, 24940, 213230, 63949, 20473),  # DigitalOcean, OVH, Hetzner, Linode, Vultr
        *(60781, 28753, 30633, 395954, 7203, 59253),  # Leaseweb
        *(51167, 40021, 12876, 202053, 47583, 197540),  # Contabo, Scaleway, UpCloud, Hostinger, netcup
        *(8560, 6724, 8972, 31034, 29222),  # IONOS, Strato, Host Europe, Aruba, Infomaniak
        *(
            26496,
            26347,
            22612,
            22611,
            32244,
            46606,
        ),  # GoDaddy, DreamHost, Namecheap, InMotion, Liquid Web, Unified Layer
        *(9009, 60068, 212238, 62240, 199524, 21859),  # M247, Datacamp, Clouvider, Gcore, Zenlayer
        *(36352, 8100, 40676, 53667, 54290, 29802),  # HostPapa, QuadraNet, Psychz, FranTech, Hostwinds, Hivelocity
        *(19318, 46562, 11878, 63473, 63023, 36007),  # Interserver, Performive, tzulo, HostHatch, GTHost, Kamatera
        *(44477, 210644, 216246, 49505, 9123, 57724),  # Stark Industries, Aeza, Selectel, TimeWeb, DDoS-Guard
        *(60117, 200651, 210558, 50673, 49981, 43350),  # Host Sailor, FlokiNET, 1337, Serverius, WorldStream, NForce
    }
)
HOSTING_ORG: Final = re.compile(
    r"host(ing|er|s|inger|winds|hatch|papa|gator|net)?\b|\bhost|servers?\b|data ?cent(er|re)|datacamp|rechenzentrum"
    r"|cloud(?!flare)|\bvps\b|\bcolo|dedicated|digital ?ocean|linode|vultr|choopa|hetzner|\bovh|leaseweb|contabo|amazon"
    r"|\baws\b|microsoft|google|oracle|alibaba|tencent|akamai|rackspace|scaleway|m247|quadranet|frantech|ionos"
    r"|namecheap|godaddy|selectel|timeweb|aeza|stark industries|worldstream|netcup|virtuozzo",
    re.IGNORECASE,
)

MOBILE_ASN: Final = frozenset(
    {
        *(21928, 22394, 6167, 20057),  # T-Mobile US, Verizon Wireless, AT&T Mobility
        *(12576, 60339, 206067, 25135),  # EE, Three UK, Vodafone UK mobile
        *(51207, 55836, 45609, 38266, 9605),  # Free Mobile, Jio, Airtel mobile, Vodafone Idea, NTT Docomo
    }
)
MOBILE_ORG: Final = re.compile(
    r"mobil|wireless|cellular|cellco|\bgsm\b|\blte\b|\b[345]g\b|m[oó]vil|telefonia celular|docomo|\bee limited|jio\b"
    r"|drei austria|\bplay\b.*p4|turkcell|airtel",
    re.IGNORECASE,
)
