"""Operating system and browser as people and vendors write them."""

from __future__ import annotations

import pytest

from detectors.accounts.client_agent import UNKNOWN, agent_of
from tests.scenarios.places import CLIENTS, EDGE, FIREFOX, IPHONE, LINUX, MAC, WINDOWS

ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"
)
CHROMEBOOK = (
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
OUTLOOK_MAC = "Microsoft Office/16.102 (Macintosh; Intel Mac OS X 15.1; 16.102.25)"


@pytest.mark.parametrize(
    ("text", "system", "browser"),
    [
        (WINDOWS.format(142), "windows", "chrome"),
        (EDGE, "windows", "edge"),
        (FIREFOX, "windows", "firefox"),
        (MAC, "macos", "safari"),
        (IPHONE, "ios", "safari"),
        (IPHONE.replace("Version/18.1", "CriOS/142.0"), "ios", "chrome"),
        (IPHONE.replace("Version/18.1", "EdgiOS/142.0"), "ios", "edge"),
        (IPHONE.replace("iPhone", "iPad"), "ios", "safari"),
        (LINUX, "linux", "chrome"),
        (ANDROID, "android", "chrome"),
        (CHROMEBOOK, "chromeos", "chrome"),
        ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.18129; Pro)", "windows", ""),
        ("Microsoft SkyDriveSync 25.199.1013 ship; Mac OS X 10.15 (24B83)", "macos", ""),
        (OUTLOOK_MAC, "macos", ""),
        ("Outlook-iOS/2.0 CFNetwork/1568 Darwin/24.1.0", "ios", ""),
        ("iOS/18.1 (22B83) dataaccessd/1.0", "ios", ""),
        ("Mail/3826 CFNetwork/1568 Darwin/24.1.0 (x86_64)", "macos", ""),
    ],
)
def test_user_agents(text: str, system: str, browser: str) -> None:
    agent = agent_of(None, None, text)
    assert (agent.system, agent.browser, agent.script) == (system, browser, False)
    assert agent.family != 0


@pytest.mark.parametrize(
    "text",
    [
        "Microsoft-CryptoAPI/10.0",
        "Microsoft WinRM Client",
        "Microsoft Exchange Machine 15",
        "CFNetwork/1568 Darwin/24.1.0",
        "[NoUserAgent]",
        "",
    ],
)
def test_what_names_no_system_is_unknown(text: str) -> None:
    assert agent_of(None, None, text) is UNKNOWN


@pytest.mark.parametrize(
    ("os", "browser", "system", "name"),
    [
        ("Windows10", "Chrome 142.0.0", "windows", "chrome"),
        ("Windows 10", "Edge 142.0", "windows", "edge"),
        ("MacOs", "Safari 18.1", "macos", "safari"),
        ("Ios 18.1", "Mobile Safari", "ios", "safari"),
        ("Android 15", "Chrome Mobile 142", "android", "chrome"),
        ("Linux", "Firefox 144.0", "linux", "firefox"),
        ("Windows10", "Rich Client 4.61.3.0", "windows", ""),
        ("Ios", "", "ios", ""),
    ],
)
def test_device_detail(os: str, browser: str, system: str, name: str) -> None:
    agent = agent_of(os, browser, None)
    assert (agent.system, agent.browser) == (system, name)


def test_the_sign_in_wins_over_the_user_agent() -> None:
    assert agent_of("Windows10", "Edge 142.0", LINUX).words == "Edge on Windows"
    assert agent_of("", "", LINUX).words == "Chrome on Linux"


def test_versions_do_not_make_another_client() -> None:
    assert agent_of(None, None, WINDOWS.format(120)).family == agent_of("Windows11", "Chrome 143.0.1", None).family
    assert agent_of(None, None, "axios/1.7.9").family == agent_of(None, None, "axios/1.8.0").family


def test_browsers_of_people_and_browsers_inside_programs() -> None:
    assert agent_of(None, None, WINDOWS.format(142)).plain_browser
    for name in ("outlook", "teams", "onedrive", "axios"):
        client = CLIENTS[name]
        assert not agent_of(client.os, client.browser, client.user_agent).plain_browser


@pytest.mark.parametrize(
    "text", ["axios/1.7.9", "python-requests/2.32", "Go-http-client/2.0", "BAV2ROPC", "Mozilla/5.0", "okhttp/4.12"]
)
def test_scripts(text: str) -> None:
    agent = agent_of(None, None, text)
    assert agent.script and not agent.system
    assert agent.browser == text.split("/")[0].lower()


def test_no_character_of_a_record_steers_a_terminal() -> None:
    for text in ("python\x1b[31m/3", "axios\u202egnp", "curl<script>alert(1)</script>"):
        assert agent_of(None, None, text).words in ("python", "axios", "curl")


def test_the_client_behind_exchanges_own_protocol() -> None:
    script = agent_of(None, None, "Client=OWA;undici;")
    assert script.script and script.family == agent_of(None, None, "undici").family
    browser = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
    )
    assert agent_of(None, None, f"Client=OWA;{browser};").family == agent_of(None, None, browser).family
    assert agent_of(None, None, "Client=OWA;Action=ViaProxy").family == 0
    assert agent_of(None, None, "Client=REST;Client=RESTSystem;;").family == 0
