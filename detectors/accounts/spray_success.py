"""An account signs in where many others have just failed. Layer: detectors.

The network's own entity finds the spray and addresses those that succeeded there; this detector weighs the answer with what
the account knows: a spray from a network of its own, where it did not fail itself, says little about it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from detectors import techniques
from detectors.accounts.spray_sentences import (
    SUCCESS_NATS,
    entered_evidence,
    fact_of,
    network_evidence,
    spray_reason,
    success_sentence,
)
from detectors.engine.detector import DAY_MS, Context, Control, DetectorInfo, Evidence
from detectors.engine.network import prefix_of
from detectors.engine.network_words import network_words
from detectors.models.categories import CategoryNovelty, hash32
from schemas.contracts.incident import Reason, Stage
from schemas.contracts.notice import Notice
from schemas.records.event import AuditEvent, SignIn

NETWORKS_MAX = 12
OPEN_MAX = 16  # networks of an open day
SPRAY_FROM_NATS = 6.0  # the network's own surprise counts above this
LEAST_NATS, MOST_NATS = 12.0, 14.0  # alone never enough to act
KNOWN_NATS = -8.0
DAY_MAX = 47_482  # 2099-12-31: no record is later
_HEAD = struct.Struct("<HB")
_SEEN, _SEEN_1 = struct.Struct("<II"), struct.Struct("<Iq")


@lru_cache(65_536)
def _mark(ip: str) -> int:
    """32-bit hash of an address's network."""
    return hash32(prefix_of(ip))


@dataclass(slots=True)
class Places:
    """Networks (hash of the /24 or /48) that the account signs in from; `open` by day, with the latest time."""

    known: CategoryNovelty = field(default_factory=lambda: CategoryNovelty(NETWORKS_MAX))
    open: dict[int, dict[int, int]] = field(default_factory=dict)


class SpraySuccessDetector:
    """Weighs what a sprayed network tells of an account that succeeded there."""

    info = DetectorInfo(
        id="password-spray",
        number=19,
        version=2,
        title="Password spray that succeeded",
        catches="An account whose password was accepted from a network where many accounts failed within ten minutes to seven"
        " days; and, where nobody succeeded, the network itself.",
        misses="A spray of fewer than four accounts; a success from another network than the failures.",
        needs="Sign-ins, or UserLoginFailed and UserLoggedIn of the audit log.",
        false_positives="A colleague who signs in, for the first time, from a network where many mistype that day.",
        techniques=(techniques.PASSWORD_SPRAY,),
    )
    details: frozenset[type] | None = frozenset({SignIn})

    def start(self) -> Places:
        """An account that never signed in."""
        return Places()

    def observe(self, state: Places, event: AuditEvent, context: Context) -> Sequence[Evidence]:
        """Note where the account signs in."""
        if not context.own or context.late or event.ok is not True or event.ip is None:
            return ()
        places = state.open.setdefault(context.day, {})
        mark = _mark(event.ip)
        if mark in places or len(places) < OPEN_MAX:
            places[mark] = max(places.get(mark, 0), event.time_ms)
        return ()

    def notice(self, state: Places, notice: Notice, context: Context) -> Sequence[Evidence]:
        """The network's answer as evidence against the account, or against the network itself."""
        if notice.detector != self.info.id:
            return ()
        if notice.what == "failure":
            return [network_evidence(notice, context)]
        if context.account.startswith("net:"):
            return [entered_evidence(notice)]
        spray = max(notice.nats - SPRAY_FROM_NATS, LEAST_NATS - SUCCESS_NATS)
        where = network_words(notice.entity, fact_of(notice, context))
        reasons = [
            Reason("password_accepted", notice.ip or where, "no password accepted there", SUCCESS_NATS),
            spray_reason(notice, min(spray, MOST_NATS - SUCCESS_NATS)),
        ]
        if notice.ip and state.known.known(hash32(prefix_of(notice.ip))) and not notice.failed_here:
            reasons.append(Reason("network_known", "signed in from here before", "", KNOWN_NATS))
        inside = notice.what == "success"
        return [
            Evidence(
                detector=self.info.id,
                value="spray" if inside else "spray-password",
                stage=Stage.ACCESS,
                technique=techniques.PASSWORD_SPRAY,
                control=Control.SESSION if inside else Control.PASSWORD,
                nats=round(sum(reason.nats for reason in reasons), 2),
                reasons=tuple(reasons),
                sentence=success_sentence(notice, context),
                advice="Reset the password and require a second factor; look at what else came from this network.",
                certain=True,
                adds=True,
                proof=inside,
            )
        ]

    def seal(self, state: Places, day: int, learn: bool, context: Context) -> None:
        """Learn the day's networks."""
        for closed in sorted(open_day for open_day in state.open if open_day <= day):
            places = state.open.pop(closed)
            if learn and closed == day:
                for mark, time_ms in sorted(places.items(), key=lambda item: (item[1], item[0])):
                    state.known.learn_one({"value": mark, "time_ms": time_ms})

    def dump(self, state: Places) -> bytes:
        """`u16 length | known networks | u8 days | (i32 day, u8 count, (u32 mark, u32 ms of the day)...)...`; empty at start."""
        if not len(state.known) and not state.open:
            return b""
        known = state.known.pack()
        parts = [_HEAD.pack(len(known), len(state.open)), known]
        for day, places in sorted(state.open.items()):
            parts.append(struct.pack("<iB", day, len(places)))
            parts += [_SEEN.pack(mark, time_ms - day * DAY_MS) for mark, time_ms in sorted(places.items())]
        return b"".join(parts)

    def load(self, data: bytes, version: int) -> Places:
        """Bytes to state; ValueError when they are damaged."""
        try:
            length, days = _HEAD.unpack_from(data)
            at = _HEAD.size + length
            places = Places(CategoryNovelty.unpack(data[_HEAD.size : at], NETWORKS_MAX))
            for _ in range(days):
                day, count = struct.unpack_from("<iB", data, at)
                at += 5
                form, base = (_SEEN_1, 0) if version == 1 else (_SEEN, day * DAY_MS)
                rows = form.iter_unpack(data[at : at + form.size * count])
                places.open[day] = {mark: base + time_ms for mark, time_ms in rows}
                at += form.size * count
        except struct.error as error:
            raise ValueError("the known networks are damaged") from error
        if at != len(data) or any(not 0 <= day <= DAY_MAX for day in places.open):
            raise ValueError("the known networks are damaged")
        return places
