"""Domains that are made to look like the tenant's own. Layer: detectors.

Three ways to make one are told apart, those that take-over kits use (dnstwist's "homoglyph", "addition or omission" and
"tld-swap, dictionary" fuzzers): the same name under another suffix, the name with a figure or letter read as another one, and
the name with something appended by a hyphen. Names of fewer than five letters have too many neighbours by chance.
"""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz.distance import DamerauLevenshtein

NAME_LETTERS_MIN = 5
_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gov", "net", "or", "org"})  # example.co.uk
_READ_AS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"), ("3", "e"))


def look_alike(domain: str, homes: Iterable[str]) -> str | None:
    """The home domain that `domain` looks like; None when it looks like none, or is one or lies below one."""
    known = sorted(set(homes))
    if any(domain == home or domain.endswith(f".{home}") for home in known):
        return None
    name = _name(domain)
    return next((home for home in known if _resembles(name, _name(home))), None)


def _name(domain: str) -> str:
    """The label that an organisation chose: `contoso` of `mail.contoso.co.uk`."""
    labels = domain.lower().strip(".").split(".")[:-1]
    while len(labels) > 1 and labels[-1] in _SECOND_LEVEL:
        labels.pop()
    return labels[-1] if labels else ""


def _resembles(name: str, home: str) -> bool:
    if len(home) < NAME_LETTERS_MIN:
        return False
    if name == home or name.startswith(f"{home}-") or name.endswith(f"-{home}"):
        return True
    return _read(name) == _read(home) or DamerauLevenshtein.distance(name, home, score_cutoff=1) == 1


def _read(name: str) -> str:
    """As a hasty eye reads it."""
    for written, read in _READ_AS:
        name = name.replace(written, read)
    return name.replace("-", "")
