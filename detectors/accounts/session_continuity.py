"""What the other rows of the open days say about one: a session in two hands, a journey too fast. Layer: detectors.

Functions of the rows' intervals and of sealed days alone, so that they can be asked again whenever a row appears or reaches
further: in which order records arrive makes no difference (detection-science 1.4 b and c, 2.8).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from detectors.accounts.session_state import (
    CLAIM,
    DEVICE_MANAGED,
    DEVICE_NONE,
    HOME,
    MOBILE,
    NEUTRAL,
    NOWHERE,
    PLAIN,
    RELAY,
    SYSTEMS,
    Row,
    Session,
    SessionState,
)
from detectors.engine.detector import HOUR_MS
from detectors.models.categories import hash32
from detectors.models.velocity import GeoVelocity, great_circle_km
from schemas.contracts.incident import Reason
from schemas.contracts.profile import Profile

VELOCITY_HOURS = 12
VELOCITY_FROM_NATS = 2.0  # a journey is never surprising alone
ALIVE_NATS, ALIVE_MIN_NATS = 3.5, 0.7
COMPANION_NATS = -3.0  # a thief seldom has two of the victim's devices, in two networks of one country
THIEF_TURNS = 0.5  # of stolen sessions: the owner goes on meanwhile
KNOWN_PLACE_NATS = -2.5
PHONES = ("ios", "android", "windows-phone")
Term = tuple[str, str, str, float]  # the fields of a `Reason`: most are only added up and never told
_VELOCITY = GeoVelocity()
_HOME_OR_NEUTRAL = HOME | NEUTRAL


@dataclass(slots=True)
class Continuity:
    """Terms of one row, and what happened to its session.

    `moved`: it went on from another network; `alive`: it was used at two networks by turns, there and back or both going on;
    `changed` names what it got another of; `journey` is in words. `other`: the row at the other end of it.
    """

    terms: list[Term] = field(default_factory=list)
    moved: bool = False
    alive: bool = False
    changed: str = ""
    journey: str = ""
    certain: bool = False
    other: Row | None = None

    @property
    def nats(self) -> float:
        """Sum."""
        return sum(term[3] for term in self.terms)

    @property
    def reasons(self) -> list[Reason]:
        """The terms, as evidence has them."""
        return [Reason(*term) for term in self.terms]


def same_place(one: Row, other: Row) -> bool:
    """Two rows share their network in one of its spellings."""
    return (one.network != 0 and one.network == other.network) or (one.wide != 0 and one.wide == other.wide)


def _companion(state: SessionState, row: Row) -> bool:
    """A client that the account knows, in another session, is in the same new country: the owner travels."""
    if not row.country or state.familiarity("country", row.country) >= 1.0:
        return False
    return any(
        other.country == row.country
        and other.session != row.session
        and other.agent != row.agent
        and state.familiarity("agent", other.agent) >= 1.0
        and not same_place(row, other)
        for other in state.all_rows()
        if not other.neutral and not other.kind & RELAY
    )


def turns_nats(state: SessionState, row: Row, profile: Profile) -> float:
    """Surprise of a session used by turns at a new network and a known one: ln of a thief's share over the tenant's own.

    Where people sign in through the office's gateway and fetch data directly (split tunnel) it is an everyday sight; but
    not in a country that is new to both the account and its tenant.
    """
    if state.turns_of is not profile:
        state.turns, state.turns_of = {}, profile
    found = state.turns.get(row.country)
    if found is None:
        found = state.turns[row.country] = _turns_nats(state, row, profile)
    return found


def _turns_nats(state: SessionState, row: Row, profile: Profile) -> float:
    places, turns = profile.rates.get("strange-place", 0.0), profile.rates.get("strange-turns", 0.0)
    if places <= 0.0 or turns <= 0.0 or not _at_home(state, row, profile):
        return ALIVE_NATS
    return min(max(math.log(THIEF_TURNS * places / turns), ALIVE_MIN_NATS), ALIVE_NATS)


def _at_home(state: SessionState, row: Row, profile: Profile) -> bool:
    """The country is not known, or known to the account, or one that a tenth of the tenant works from."""
    if not row.country or state.familiarity("country", row.country) > 0.0:
        return True
    countries = profile.popularity.get("country", {})
    least = 0.1 * profile.person_days
    return any(count >= least and hash32(name) == row.country for name, count in countries.items())


def continuity(state: SessionState, row: Row, familiar: float, nats: float, turns: float = ALIVE_NATS) -> Continuity:
    """Terms of a row whose own place, client and device say `nats`; `familiar` 0..1 is of its network.

    `turns`: see `turns_nats`.
    """
    found = Continuity()
    if row.session:
        _session(state, row, familiar, nats, turns, found)
    if familiar < 1.0 and not row.kind & NEUTRAL and nats + found.nats >= VELOCITY_FROM_NATS:
        _journey(state, row, found)
        if _companion(state, row):
            found.terms.append(("companion", "another device of the account is in the country", "", COMPANION_NATS))
    return found


def continued(state: SessionState, row: Row, familiar: float, nats: float, profile: Profile) -> Continuity:
    """`continuity` by the tenant's own share of sessions used by turns, where that is asked for."""
    if familiar >= 1.0 or not row.session or _alone(state, row):
        return continuity(state, row, familiar, nats)
    return continuity(state, row, familiar, nats, turns_nats(state, row, profile))


def touches(by: Row, row: Row) -> bool:
    """`by` may have something to say about `row`."""
    kind = row.kind
    if by.session and by.session == row.session:
        home = by.kind & HOME
        if (home or not kind & HOME) and _other_client(by, row) and _met(by, row):
            return True
        if home and not kind & NEUTRAL and (row.record is not None or not kind & HOME) and not same_place(by, row):
            return True
    return row.nats >= VELOCITY_FROM_NATS and not kind & HOME and _far(by, row)


def _other_client(by: Row, row: Row) -> bool:
    if by.system and row.system and by.system != row.system:
        return True
    if by.held == DEVICE_MANAGED and row.held == DEVICE_NONE:
        return True
    return bool(by.kind & row.kind & PLAIN) and by.agent != row.agent


def _overlap(one: Row, other: Row) -> bool:
    return one.first_ms <= other.last_ms and other.first_ms <= one.last_ms


# --- the session -------------------------------------------------------------------------------------------------


def _session(state: SessionState, row: Row, familiar: float, nats: float, turns: float, found: Continuity) -> None:
    """The signature of a stolen token: the same session elsewhere, with another system, browser or device."""
    if _alone(state, row):
        return
    alike, home = state.rows_of(row.session), state.sessions.get(row.session)
    if not row.kind & NEUTRAL:
        away = _away(row, alike)
        if away or home is not None:
            _hands(row, familiar, away, home, turns, found)
    if not row.kind & HOME or nats > KNOWN_PLACE_NATS:  # a known client at a known place is the owner's
        system, agent = row.system, row.agent
        others = [
            other
            for other in alike
            if (other.system != system or other.agent != agent or other.held == DEVICE_MANAGED)  # else it says nothing
            and other is not row
            and _met(other, row)
        ]
        if others or home is not None:
            _client(row, others, home, found)
    found.certain = found.certain and familiar < 1.0


def _alone(state: SessionState, row: Row) -> bool:
    """No other row of the session, and no home that it had before."""
    alike = state.rows_of(row.session)
    return len(alike) < 2 and (not alike or alike[0] is row) and row.session not in state.sessions


def _away(row: Row, alike: list[Row]) -> list[Row]:
    """Rows of the same session at its homes elsewhere."""
    network, wide = row.network, row.wide
    return [
        other
        for other in alike
        if other.kind & _HOME_OR_NEUTRAL == HOME
        and (other.network != network or not network)
        and (other.wide != wide or not wide)
        and other is not row
    ]


def _met(by: Row, row: Row) -> bool:
    """`by` was there before `row` or meanwhile; a known place says nothing less known about itself."""
    return bool(by.kind & HOME or not row.kind & HOME) and (by.first_ms <= row.first_ms or _overlap(by, row))


def _hands(row: Row, familiar: float, away: list[Row], home: Session | None, turns: float, found: Continuity) -> None:
    """Networks: where the session came from, and whether it stayed alive there."""
    first, last = row.first_ms, row.last_ms
    before = [other for other in away if other.first_ms <= first]
    left = [other.last_ms for other in before]
    found.other = max(before, key=lambda other: (other.last_ms, other.key), default=None)
    found.moved = bool(left) or (home is not None and row.network != home.network and row.wide != home.wide)
    if familiar >= 1.0:
        return
    damp = (1.0 - familiar) * _wandering(row, away)
    if found.moved:
        gap = first - max(left) if left else 24 * HOUR_MS
        nats = 0.3 if gap > 2 * HOUR_MS else 0.8 if gap > HOUR_MS // 2 else 1.4
        nats *= 1.4 if turns >= ALIVE_NATS else 1.0  # nobody's habit here, or a country that is new
        found.terms.append(("session", "continued from another network", "stays at one", round(nats * damp, 2)))
        if row.kind & CLAIM and damp >= 0.5:
            found.terms.append(("second_factor", "by claim in the token", "asked at a new place", 1.0))
    for other in away:
        if other.first_ms <= last and first <= other.last_ms:
            found.alive, found.other = True, other
            nats = round(turns * damp, 2)
            found.terms.append(("session", "used by turns at two networks", "one network", nats))
            break


def _client(row: Row, met: list[Row], home: Session | None, found: Continuity) -> None:
    """Operating system, browser and device: a session that changes them was copied."""
    elsewhere = found.moved or found.alive
    began = home.system if home else 0
    system = row.system
    if system and system != began and (began or any(other.system not in (0, system) for other in met)):
        nats = 6.0 if elsewhere or row.neutral else 3.0
        found.terms.append(("session", "changed its operating system", "one device", nats))
        found.changed, found.certain = "operating system", elsewhere
    elif row.kind & PLAIN and any(o.kind & PLAIN and o.agent != row.agent and o.system == row.system for o in met):
        found.terms.append(("session", "changed its browser", "one browser", 3.0))
        found.changed = "browser"
    if not elsewhere or row.held != DEVICE_NONE:
        return
    if max([other.held for other in met] + ([home.held] if home else []), default=0) == DEVICE_MANAGED:
        found.terms.append(("device", "none, the session began on a managed one", "the same device", 3.0))


def _wandering(row: Row, away: Iterable[Row]) -> float:
    """Factor below 1 where sessions change networks by nature: phones, carriers, relays; or the client is not known."""
    if row.kind & RELAY or any(other.kind & RELAY for other in away):
        return 0.3
    if row.kind & MOBILE or SYSTEMS[row.system] in PHONES:
        return 0.3
    return 1.0 if row.system else 0.6


# --- the journey -------------------------------------------------------------------------------------------------


def _gap(one: Row, other: Row) -> int:
    return max(one.first_ms - other.last_ms, other.first_ms - one.last_ms, 0)


def _far(one: Row, other: Row) -> bool:
    """Two places between which somebody may have travelled."""
    if NOWHERE in (one.latitude, other.latitude) or one.neutral or other.neutral or (one.kind | other.kind) & RELAY:
        return False
    return _gap(one, other) <= VELOCITY_HOURS * HOUR_MS and not same_place(one, other)


def _journey(state: SessionState, row: Row, found: Continuity) -> None:
    best, words, end = 0.0, "", row
    for other in state.all_rows():
        if other is row or not _far(row, other):
            continue
        gap = _gap(row, other)
        km = great_circle_km(row.latitude / 100, row.longitude / 100, other.latitude / 100, other.longitude / 100)
        nats = _VELOCITY.score_one({"km": km, "seconds": gap / 1000, "accuracy_km": 100.0})
        if SYSTEMS[row.system] in PHONES or SYSTEMS[other.system] in PHONES:
            nats *= 0.3  # a carrier's addresses are placed at its gateway
        if nats > best:
            best, end, words = nats, other, f"{km:.0f} km in {gap / 60_000:.0f} minutes"
    if best >= 0.5:
        found.journey = words
        found.other = found.other or end
        found.terms.append(("velocity", words, "below an aeroplane's", round(min(best, 4.0), 2)))
