"""Python and the packages: what is installed against what this version was made for. Layer: streams."""

from __future__ import annotations

import platform
import re
import ssl
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version

from streams.operations.checks.check import Finding, fail, ok, warn
from streams.operations.checks.installation import Installation
from streams.operations.ownership import foreign_owner

DISTRIBUTION = "watchpost"
OLDEST, NEWER = (3, 11), (3, 14)
SHOWN = ("msal", "httpx", "cryptography", "confluent-kafka", "faust-streaming", "river", "orjson", "maxminddb")
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*\(?([^;)]*)")
_BOUND = re.compile(r"(>=|<)\s*(\d+(?:\.\d+)*)")


class Versions:
    """Fails when a package is missing or outside its bounds."""

    name = "versions"

    def run(self, context: Installation) -> list[Finding]:
        """Compare."""
        number = platform.python_version()
        findings = [ok("Python", f"{number}, {ssl.OPENSSL_VERSION}")]
        if not OLDEST <= sys.version_info[:2] < NEWER:
            findings = [fail("Python", f"{number} is not supported", "Use Python 3.11, 3.12 or 3.13.")]
        if problem := foreign_owner(_owners()):
            findings.append(fail("packages", problem))
        return findings + _packages()


@cache
def _owners() -> Mapping[str, list[str]]:
    """Distributions by top-level package: reads the list of files of each."""
    return packages_distributions()


def _packages() -> list[Finding]:
    try:
        needed = requires(DISTRIBUTION) or []
        own = version(DISTRIBUTION)
    except PackageNotFoundError:
        return [warn("packages", "Watchpost runs from a folder and is not installed: its packages are not checked")]
    wrong = [problem for text in needed for problem in problems(text)]
    if wrong:
        return [fail("packages", problem, "Install Watchpost again in an environment of its own.") for problem in wrong]
    shown = ", ".join(f"{name} {version(name)}" for name in SHOWN if not list(problems(name)))
    return [ok("packages", f"watchpost {own} with {shown}")]


def problems(requirement: str) -> Iterator[str]:
    """What is wrong with the package that a requirement names: missing, too old, too new. Optional ones are passed over."""
    found = _REQUIREMENT.match(requirement)
    if found is None or "extra ==" in requirement:
        return
    name, bounds = found.groups()
    try:
        held = version(name)
    except PackageNotFoundError:
        yield f"{name} is not installed"
        return
    for sign, bound in _BOUND.findall(bounds):
        if (_numbers(held) >= _numbers(bound)) != (sign == ">="):
            yield f"{name} {held} is installed, needed is {sign}{bound}"


def _numbers(text: str) -> tuple[int, ...]:
    """The numbers at the start of a version, without zeros at their end."""
    found = re.match(r"\d+(?:\.\d+)*", text)
    numbers = [int(part) for part in found.group().split(".")] if found else []
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
