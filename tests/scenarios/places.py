"""Where made-up people and attackers sit, with what: names that cases of sessions use, and the facts of the addresses."""

from __future__ import annotations

from dataclasses import dataclass

from detectors.accounts.client_agent import agent_of
from detectors.engine.network import NetworkFact
from schemas.contracts.profile import Profile

WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"
)
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1"
LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0"
EDGE = WINDOWS.format(142) + " Edg/142.0.0.0"


@dataclass(frozen=True, slots=True)
class Spot:
    """An address and what the network data say of it."""

    ip: str
    asn: int
    org: str
    country: str
    city: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Client:
    """Software and device as a sign-in tells them. `device` None: the record does not say; "": none is registered."""

    user_agent: str | None
    os: str | None = None
    browser: str | None = None
    device: str | None = ""
    managed: bool = False


_BERLIN, _MUNICH, _NUREMBERG = (
    ("DE", "Berlin", 52.52, 13.4),
    ("DE", "Munich", 48.14, 11.58),
    ("DE", "Nuremberg", 49.45, 11.1),
)
_AMSTERDAM, _LISBON = ("NL", "Amsterdam", 52.37, 4.9), ("PT", "Lisbon", 38.72, -9.14)
_NEW_YORK, _LAGOS = ("US", "New York", 40.7, -74.0), ("NG", "Lagos", 6.45, 3.4)
PLACES = {
    "office": Spot("198.51.100.7", 702, "Verizon Business", *_BERLIN),
    "office-vpn": Spot("198.51.100.9", 702, "Verizon Business", *_BERLIN),
    "home": Spot("91.10.4.20", 3320, "Deutsche Telekom", *_BERLIN),
    "home-renewed": Spot("91.10.99.3", 3320, "Deutsche Telekom", *_BERLIN),
    "home-far": Spot("87.150.1.9", 3320, "Deutsche Telekom", *_BERLIN),
    "home-other-isp": Spot("95.90.1.1", 31334, "Vodafone Kabel", *_BERLIN),
    "home-v6": Spot("2003:e5:1700:1:4c1e:9a55:71d:1", 3320, "Deutsche Telekom", *_BERLIN),
    "home-v6-privacy": Spot("2003:e5:1700:1:d9f2:113c:8a0:77", 3320, "Deutsche Telekom", *_BERLIN),
    "strange-v6": Spot("2a01:4f8:c0c:1::9", 24940, "Hetzner Online", *_NUREMBERG),
    "cell": Spot("109.40.2.2", 6805, "Telefonica Germany Mobile", *_MUNICH),
    "cell-2": Spot("46.114.9.9", 20676, "O2 Mobile Broadband", *_NUREMBERG),
    "cafe": Spot("62.96.7.7", 8881, "Versatel", *_BERLIN),
    "resident": Spot("188.104.3.3", 3209, "Vodafone DSL", *_MUNICH),
    "private-relay": Spot("172.224.226.9", 36183, "Akamai iCloud Private Relay", *_AMSTERDAM),
    "warp": Spot("104.28.30.1", 13335, "Cloudflare WARP", *_AMSTERDAM),
    "vpn": Spot("185.216.34.2", 136787, "NordVPN TEFINCOM", *_AMSTERDAM),
    "vpn-abroad": Spot("212.102.35.2", 136787, "NordVPN TEFINCOM", *_NEW_YORK),
    "hosting-de": Spot("116.203.1.1", 24940, "Hetzner Online", *_NUREMBERG),
    "hosting-nl": Spot("185.10.68.1", 60781, "Leaseweb", *_AMSTERDAM),
    "hosting-us": Spot("45.32.9.9", 20473, "Vultr Choopa", *_NEW_YORK),
    "azure": Spot("20.50.1.1", 8075, "Microsoft Azure", *_AMSTERDAM),
    "entra": Spot("20.190.140.9", 8075, "Microsoft", *_AMSTERDAM),
    "exchange": Spot("52.97.1.1", 8075, "Microsoft", *_AMSTERDAM),
    "hotel": Spot("85.240.1.1", 3243, "MEO", *_LISBON),
    "lagos": Spot("197.210.1.1", 37148, "Glo Nigeria", *_LAGOS),
}
CLIENTS = {
    "laptop": Client(WINDOWS.format(142), "Windows10", "Chrome 142.0.0", "7e0b1c6e-0001", True),
    "laptop-upgraded": Client(WINDOWS.format(143), "Windows11", "Chrome 143.0.0", "7e0b1c6e-0001", True),
    "new-laptop": Client(WINDOWS.format(142), "Windows10", "Chrome 142.0.0", "7e0b1c6e-0002", True),
    "new-mac": Client(MAC, "MacOs", "Safari 18.1", "7e0b1c6e-0003", False),
    "pc": Client(WINDOWS.format(142), "Windows10", "Chrome 142.0.0"),
    "pc-edge": Client(EDGE, "Windows10", "Edge 142.0.0"),
    "pc-firefox": Client(FIREFOX, "Windows10", "Firefox 144.0"),
    "mac": Client(MAC, "MacOs", "Safari 18.1"),
    "linux": Client(LINUX, "Linux", "Chrome 142.0.0"),
    "phone": Client(IPHONE, "Ios 18.1", "Mobile Safari"),
    "axios": Client("axios/1.7.9", "", "", None),
    "outlook": Client(
        "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0)", "Windows10", "Rich Client 4.6"
    ),
    "outlook-mac": Client("Microsoft Office/16.102 (Macintosh; Intel Mac OS X 15.1; 16.102.25)", "MacOs", ""),
    "teams": Client(WINDOWS.format(138) + " Teams/24295.605", "Windows10", "Edge 138.0.0"),
    "onedrive": Client("Microsoft SkyDriveSync 25.199 ship; Windows NT 10.0 (26100)", "Windows10", "Rich Client 4.6"),
}


class Facts:
    """Network data that know exactly these places."""

    knowledge_id = "made-up places"

    def fact(self, ip: str) -> NetworkFact:
        """The place's fact, an empty one elsewhere."""
        spot = _BY_IP.get(ip)
        if spot is None:
            return NetworkFact()
        return NetworkFact(spot.asn, spot.org, spot.country, spot.city, spot.latitude, spot.longitude, 50.0)


_BY_IP = {spot.ip: spot for spot in PLACES.values()}


def office_tenant(tenant: str, day: int, home_domains: tuple[str, ...]) -> Profile:
    """Forty people of Berlin who were watched for forty working days."""
    share = {
        "asn:702": 0.75,
        "net:198.51": 0.75,
        "asn:3320": 0.4,
        "asn:31334": 0.15,
        "asn:6805": 0.3,
        "asn:36183": 0.03,
    }
    agents = {"laptop": 0.7, "pc-edge": 0.3, "phone": 0.4, "outlook": 0.6, "mac": 0.05, "pc-firefox": 0.06}
    days = 1600.0
    popularity = {
        "network": {value: part * days for value, part in share.items()},
        "country": {"DE": 0.98 * days, "PT": 0.01 * days, "NL": 0.01 * days},
        "agent": {f"{_family(name):08x}": part * days for name, part in agents.items()},
    }
    return Profile(
        tenant, day, home_domains, days=40, people=40.0, person_days=days, popularity=popularity, account_days=days
    )


def _family(name: str) -> int:
    client = CLIENTS[name]
    return agent_of(client.os, client.browser, client.user_agent).family
