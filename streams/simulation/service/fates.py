"""What was done to one account, and until when it bars whom. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass, field

from streams.simulation.service.spans import NEVER, Spans

# AADSTS numbers of what fails afterwards
DISABLED, REVOKED, STALE, WRONG_PASSWORD, EXPIRED_PASSWORD, APP_DISABLED = 50057, 50173, 50133, 50126, 50055, 7000112


@dataclass(slots=True)
class Renewal:
    """From a moment on the owner works in new sessions in the place of the old ones; `back`: since when."""

    since: int
    back: int
    swaps: list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Ousting:
    """Sessions ended at a moment (UTC milliseconds).

    `again` is when each attack, by number, signs in afresh: it needs the password, so that there is none after a reset, whose
    `password_error` is what the old password then gives.
    """

    at: int
    again: dict[int, int] = field(default_factory=dict)
    password_error: int = 0

    def bars(self, attack: int, began_ms: int, time_ms: int) -> bool:
        """Whether an act of an attack, begun at a moment, fails at another."""
        return began_ms <= self.at < time_ms < self.again.get(attack, NEVER)


@dataclass(slots=True)
class Fate:
    """When it was disabled, oustings, the sessions that came after, and when it lacks which right on which mailbox (UPN)."""

    disabled: Spans = field(default_factory=Spans)
    oustings: list[Ousting] = field(default_factory=list)
    renewals: list[Renewal] = field(default_factory=list)
    lost: dict[tuple[str, str], Spans] = field(default_factory=dict)

    def session(self, old: bytes) -> bytes:
        """The session that the owner has in the place of one from before everything."""
        for renewal in self.renewals:
            old = dict(renewal.swaps).get(old, old)
        return old
