"""What software acted: operating system and browser, without versions. Layer: detectors.

A sign-in says both in its device detail; an audit record has only the user agent string, often none. Versions are left out,
because browsers change theirs every four weeks; scripts (`axios`, `python-requests`) keep their product name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from detectors.models.categories import hash32

_SYSTEMS = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"windows phone", "windows-phone"),
        (r"windows|\bwin(10|11|32|64|nt)\b", "windows"),
        (r"\b(iphone|ipad|ipod|ipados|ios)", "ios"),
        (r"android", "android"),
        (r"\bcros\b|\bchrome ?os\b", "chromeos"),
        (r"\bmac(intosh|os|[ _]os)?\b|\bdarwin\b.*x86", "macos"),  # Darwin alone may be a telephone
        (r"linux|ubuntu", "linux"),
    )
)
_BROWSERS = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"\bedg(e|a|ios|w)?\b", "edge"),
        (r"\bopr/|\bopera\b", "opera"),
        (r"firefox|fxios", "firefox"),
        (r"samsungbrowser", "samsung"),
        (r"crios|chrome", "chrome"),
        (r"safari", "safari"),
        (r"internet explorer|trident|\bmsie\b", "ie"),
    )
)
_EMBEDDED = re.compile(r"teams|electron|outlook|microsoft office|onedrive|cortana|edgewebview|mobile safari.*wv", re.I)
_SCRIPT = re.compile(
    r"^(axios|python|curl|wget|go-http|okhttp|node|undici|got|java|libwww|aiohttp|httpx|ruby|postman|insomnia|powershell"
    r"|mozilla/5\.0$|windowspowershell|fasthttp|roadtools|azurehound|evolution)",
    re.I,
)
_PROTOCOL = re.compile(r"Client=[^;]{1,40};(?!Action=|Client=)(.+)", re.I | re.S)
_LEGACY = re.compile(r"^(bav2ropc|cbainprod|cbainms)", re.I)
LEGACY_WORDS = {  # what Entra writes where a client knows only the password
    "bav2ropc": "a legacy password sign-in (BAV2ROPC)",
    "cbainprod": "a legacy password sign-in (CBAInPROD)",
    "cbainms": "a legacy password sign-in (CBAInMS)",
}
_PLAIN = ("chrome", "edge", "firefox", "safari", "opera")


@dataclass(frozen=True, slots=True)
class Agent:
    """Parts are "" where the record is silent. `family` is a 32-bit hash of all of it, 0 when nothing is known."""

    system: str
    browser: str
    script: bool
    embedded: bool
    family: int

    @property
    def plain_browser(self) -> bool:
        """A browser that people use, not one inside another program."""
        return self.browser in _PLAIN and not self.embedded

    @property
    def words(self) -> str:
        """ "Chrome on Windows", for a sentence."""
        if self.browser in LEGACY_WORDS:
            return LEGACY_WORDS[self.browser]
        names = {"macos": "macOS", "ios": "iOS", "ie": "Internet Explorer", "chromeos": "ChromeOS"}
        system = names.get(self.system, self.system.capitalize())
        browser = names.get(self.browser, self.browser.capitalize() if self.browser in _PLAIN else self.browser)
        return f"{browser or 'an app'} on {system}" if system else browser or "an unknown client"


UNKNOWN = Agent("", "", False, False, 0)


def _own_words(text: str) -> str:
    """Exchange puts its own protocol before the client's words: `Client=OWA;undici;`."""
    found = _PROTOCOL.match(text)
    return found.group(1).strip("; ") if found else text


@lru_cache(maxsize=16_384)
def agent_of(system: str | None, browser: str | None, user_agent: str | None) -> Agent:
    """Agent of a record; its own fields win over the user agent string."""
    text = _own_words((user_agent or "").strip())
    if not system and not browser and not text:
        return UNKNOWN
    if text and (_SCRIPT.match(text) or _LEGACY.match(text)):
        product = re.split(r"[^a-z0-9._-]", text.lower(), maxsplit=1)[0][:40]
        return Agent("", product, True, False, hash32(f"script:{product}"))
    low = text.lower()
    found_system = _first(_SYSTEMS, (system or "").lower()) or _first(_SYSTEMS, low)
    found_browser = _first(_BROWSERS, (browser or "").lower()) or (_first(_BROWSERS, low) if "mozilla" in low else "")
    if not found_system and not found_browser:
        return UNKNOWN
    embedded = bool(_EMBEDDED.search(text)) or (not found_browser and bool(browser))
    return Agent(found_system, found_browser, False, embedded, hash32(f"{found_system}/{found_browser}"))


def _first(table: tuple[tuple[re.Pattern[str], str], ...], text: str) -> str:
    return next((name for mark, name in table if mark.search(text)), "") if text else ""
