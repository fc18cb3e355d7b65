"""Devices, browsers and Microsoft applications, with the upgrades they go through. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from streams.simulation.chance import Chance


class App(NamedTuple):
    """A first-party application and the resource it asks a token for."""

    app_id: str
    name: str
    resource_id: str
    resource: str
    client: str


_EXO = ("00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online")
_SPO = ("00000003-0000-0ff1-ce00-000000000000", "Office 365 SharePoint Online")
_GRAPH = ("00000003-0000-0000-c000-000000000000", "Microsoft Graph")
_AAD = ("00000002-0000-0000-c000-000000000000", "Windows Azure Active Directory")
_RICH = "Mobile Apps and Desktop clients"

OFFICE_HOME = App("4765445b-32c6-49b0-83e6-1d93765276ca", "OfficeHome", *_GRAPH, "Browser")
OWA = App("9199bf20-a13f-4107-85dc-02114787ef48", "One Outlook Web", *_EXO, "Browser")
TEAMS_WEB = App("5e3ce6c0-2b1f-4285-8d4b-75ee78787346", "Microsoft Teams Web Client", *_GRAPH, "Browser")
SHAREPOINT = App("08e18876-6177-487e-b8b5-cf950c1e598c", "SharePoint Online Web Client Extensibility", *_SPO, "Browser")
TEAMS = App("1fec8e78-bce4-4aaf-ab1b-5451cc387264", "Microsoft Teams", *_GRAPH, _RICH)
OFFICE = App("d3590ed6-52b3-4102-aeff-aad2292ab01c", "Microsoft Office", *_EXO, _RICH)
ONEDRIVE = App("ab9b8c07-8f02-4f72-87fa-80105867a763", "OneDrive SyncEngine", *_SPO, _RICH)
OUTLOOK_MOBILE = App("27922004-5251-4030-b22d-91ecd9a37ea4", "Outlook Mobile", *_EXO, _RICH)
BROKER = App("29d9ed98-a469-4536-ade2-f981bc1d605e", "Microsoft Authentication Broker", *_AAD, _RICH)
EDGE = App("ecd6b820-32c2-49b6-98a6-444530e5a77a", "Microsoft Edge", *_GRAPH, _RICH)
ADMIN_PORTAL = App("00000006-0000-0ff1-ce00-000000000000", "Microsoft Office 365 Portal", *_GRAPH, "Browser")
EXO_SHELL = App("fb78d390-0c51-40cd-8e17-fdbfab77341b", "Microsoft Exchange REST API Based Powershell", *_EXO, _RICH)
SMTP_AUTH = App(_EXO[0], _EXO[1], *_EXO, "Authenticated SMTP")
ACTIVE_SYNC = App(_EXO[0], _EXO[1], *_EXO, "Exchange ActiveSync")
IMAP = App(_EXO[0], _EXO[1], *_EXO, "IMAP4")

_CHROME_BASE, _FIREFOX_BASE, _SAFARI_BASE, _IOS_BASE = 132, 134, 18, 18


@dataclass(frozen=True, slots=True)
class Device:
    """A device with one main browser; ``lag`` is how many days it trails behind browser releases."""

    os: str
    browser: str
    device_id: str
    name: str
    managed: bool
    trust: str
    lag: int
    outlook: bool = False
    model: str = ""

    @property
    def mobile(self) -> bool:
        """True for a phone."""
        return self.os in ("Ios", "Android")

    def version(self, day: int) -> int:
        """Major version of the browser on a day; browsers upgrade about every four weeks."""
        base = {"Firefox": _FIREFOX_BASE, "Safari": _SAFARI_BASE, "Mobile Safari": _IOS_BASE}.get(
            self.browser, _CHROME_BASE
        )
        step = 28 if base > 100 else 120
        return base + max(0, day + 40 - self.lag) // step

    def user_agent(self, day: int) -> str:
        """The browser's user agent string."""
        version = self.version(day)
        if self.os == "Ios":
            return (
                f"Mozilla/5.0 (iPhone; CPU iPhone OS {version}_{self.lag % 4} like Mac OS X) AppleWebKit/605.1.15 "
                f"(KHTML, like Gecko) Version/{version}.{self.lag % 4} Mobile/15E148 Safari/604.1"
            )
        if self.os == "Android":
            return (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
                f"Chrome/{version}.0.0.0 Mobile Safari/537.36"
            )
        system = "Windows NT 10.0; Win64; x64" if self.os == "Windows10" else "Macintosh; Intel Mac OS X 10_15_7"
        return desktop_agent(system, self.browser, version)

    def app_agent(self, day: int) -> str:
        """The user agent of the installed mail app."""
        if self.os == "Ios":
            return "Outlook-iOS/2.0"
        if self.os == "Android":
            return "Outlook-Android/2.0"
        return f"Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.{self.outlook_build(day)}; Pro)"

    def outlook_build(self, day: int) -> int:
        """Build number of desktop Outlook."""
        return 18429 + 98 * (max(0, day + 30 - self.lag) // 28)

    def browser_text(self, day: int) -> str:
        """The browser as the sign-in log's deviceDetail names it."""
        return (
            f"{self.browser} {self.version(day)}.0.0" if self.browser != "Safari" else f"Safari {self.version(day)}.3"
        )


def desktop_agent(system: str, browser: str, version: int) -> str:
    """User agent of a desktop browser."""
    kit = f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
    if browser == "Edge":
        return f"{kit} Edg/{version}.0.0.0"
    if browser == "Firefox":
        return f"Mozilla/5.0 ({system}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"
    if browser == "Safari":
        return f"Mozilla/5.0 ({system}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{version}.3 Safari/605.1.15"
    return kit


def draw_laptop(rng: Chance, managed: float = 0.75) -> Device:
    """A laptop: mostly managed Windows with Edge or Chrome."""
    windows = rng.happens(0.84)
    browser = rng.choices(("Edge", "Chrome", "Firefox"), (52, 38, 10))[0] if windows else rng.pick(("Safari", "Chrome"))
    owned = rng.happens(managed)
    return Device(
        "Windows10" if windows else "MacOs",
        browser,
        rng.guid() if owned else "",
        f"LT-{rng.hexadecimal(6)}" if owned else "",
        owned,
        rng.pick(("Azure AD joined", "Hybrid Azure AD joined")) if owned else "",
        rng.whole(0, 20),
        windows and rng.happens(0.7),
    )


def draw_phone(rng: Chance) -> Device:
    """A phone: its own mail app, registered or not."""
    apple = rng.happens(0.55)
    registered = rng.happens(0.6)
    return Device(
        "Ios" if apple else "Android",
        "Mobile Safari" if apple else "Chrome Mobile",
        rng.guid() if registered else "",
        "",
        False,
        "Azure AD registered" if registered else "",
        rng.whole(0, 27),
        False,
        rng.pick(("iPhone15C2", "iPhone14C5", "iPhone16C1")) if apple else rng.pick(("SAMSUNGSMS921B", "Pixel8")),
    )
