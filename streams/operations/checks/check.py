"""What a check is and what it finds. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

C_contra = TypeVar("C_contra", contravariant=True)


class Level(StrEnum):
    """How it stands. Only `fail` makes the command's exit status 1."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"  # could not be looked at, or does not apply; the detail says why


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the result: what was looked at, how it stands, and what to do where something is to be done.

    Texts hold no secret, token or message content.
    """

    level: Level
    what: str
    detail: str
    remedy: str = ""


class Check(Protocol[C_contra]):
    """One thing to look at. `run` changes nothing; what it raises is told as a failure of this check alone."""

    @property
    def name(self) -> str:
        """One or two words, durable: the `check` of the JSON output."""
        ...

    def run(self, context: C_contra) -> list[Finding]:
        """Look."""
        ...


def ok(what: str, detail: str) -> Finding:
    """Nothing to do."""
    return Finding(Level.OK, what, detail)


def warn(what: str, detail: str, remedy: str = "") -> Finding:
    """Works, but not as it could, or not for long."""
    return Finding(Level.WARN, what, detail, remedy)


def fail(what: str, detail: str, remedy: str = "") -> Finding:
    """Does not work."""
    return Finding(Level.FAIL, what, detail, remedy)


def skip(what: str, detail: str, remedy: str = "") -> Finding:
    """Was not looked at."""
    return Finding(Level.SKIP, what, detail, remedy)
