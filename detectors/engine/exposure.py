"""What a closed incident of a guessed password leaves behind: somebody may still hold it. Layer: detectors.

Whose credentials were once in other hands is likelier to be taken over than anybody, until they are changed: victims of
phishing 400 times as often as a random user (Thomas et al., CCS 2017). How likely an incident was a true one follows from
its surprise: by chance one of 1,000 account-days reaches review, and each nat more is met e times more rarely (design 4),
against 9 of 1,000,000 accounts taken over a day (Bursztein et al., IMC 2014). None of the three figures is this product's.
Only a password that was seen accepted counts (`Book.guessed`): see docs/decisions/0011.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

from schemas.records.event import AuditEvent

TAKEN_OVER = 9e-6  # of accounts, a day
BY_CHANCE = 1e-3  # of account-days, at the review threshold
RATIO = 400.0  # odds of a takeover, the password in other hands against anybody's
HALF_LIFE_DAYS = (
    90.0  # Microsoft 365's own default for how long a password is valid; a change that is seen ends it at once
)
DAY_MS = 86_400_000
TIME_MAX_MS = 4_102_444_800_000  # 2100-01-01: no record is later
# Activities of the directory, in lower case: by the owner; by an administrator, for the account that is acted upon.
OWN = frozenset({"change user password", "change password (self-service)", "reset password (self-service)"})
GIVEN = frozenset({"reset user password", "reset password (by admin)"})
_FORM = struct.Struct("<qe")


@dataclass(slots=True, frozen=True)
class Exposure:
    """At `time_ms` (event time) somebody else held the password with this chance; 0: it was changed then."""

    time_ms: int
    chance: float

    def at(self, time_ms: int) -> float:
        """The chance that it is still so: halved every 90 days; 0 before."""
        age = time_ms - self.time_ms
        return self.chance * 0.5 ** (age / DAY_MS / HALF_LIFE_DAYS) if age > 0 else 0.0

    def nats(self, time_ms: int) -> float:
        """ln of how much likelier than anybody's the account is to be taken over; at most ln 400."""
        return math.log1p(self.at(time_ms) * (RATIO - 1.0))

    def pack(self) -> bytes:
        """`i64 time, f16 chance`."""
        return _FORM.pack(self.time_ms, self.chance)

    @classmethod
    def unpack(cls, data: bytes) -> Exposure:
        """See `pack`; ValueError when the bytes are damaged."""
        try:
            time_ms, chance = _FORM.unpack(data)
        except struct.error as error:
            raise ValueError("the exposure is damaged") from error
        if not (0 <= time_ms < TIME_MAX_MS and 0.0 <= chance <= 1.0):
            raise ValueError("the exposure is damaged")
        return cls(time_ms, chance)


def exposed(before: Exposure | None, time_ms: int, score: float, review_nats: float) -> Exposure | None:
    """What an account keeps of an incident that is closed: `score` nats of evidence that its password was guessed, the
    last of it at `time_ms`. What earlier incidents left is added; a password that was changed since is in no other hands.
    """
    if score <= 0.0 or (before is not None and before.chance == 0.0 and before.time_ms >= time_ms):
        return before
    true = TAKEN_OVER / (TAKEN_OVER + BY_CHANCE * math.exp(review_nats - score))
    still = before.at(time_ms) if before is not None else 0.0
    kept = Exposure(time_ms, 1.0 - (1.0 - still) * (1.0 - true))
    return Exposure.unpack(kept.pack())  # as a restart would have it


def renewed(before: Exposure | None, time_ms: int) -> Exposure | None:
    """After a change of the password at `time_ms`."""
    return before if before is not None and before.time_ms > time_ms else Exposure(time_ms, 0.0)


def renews_password(event: AuditEvent, role: str) -> bool:
    """The directory tells that the account's own password was changed."""
    if event.ok is False:
        return False
    operation = event.operation.lower()
    return operation in OWN or (operation in GIVEN and role in ("target", "system"))
