"""How strange a place, a client and a session are for one account: the terms of `impossible-session`. Layer: detectors.

Log-likelihood ratios of "somebody else" against "the owner", in nats, with back-off account -> tenant -> prior
(detection-science 1.4; Freeman et al., NDSS 2016). What a network adds is bounded by how often this account, and its
tenant, meet new networks anyway; session continuity needs no history.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from detectors.accounts.client_agent import Agent
from detectors.accounts.session_state import (
    ALIVE,
    DEVICE_HELD,
    DEVICE_MANAGED,
    DEVICE_NONE,
    HOME,
    NOWHERE,
    PLAIN,
    RELAY,
    SYSTEMS,
    Row,
    SessionState,
)
from detectors.engine.detector import HOUR_MS, Context
from detectors.models.velocity import GeoVelocity, great_circle_km
from schemas.contracts.incident import Reason

SETTLED_DAYS = 7  # before that the open day's earlier records are a provisional baseline
TENANT_DAYS_MIN = 30.0  # person-days before the tenant's habits count
ATTACKER_NETWORK = 0.02  # share of strange sign-ins that a network of nobody's is taken to carry
ATTACKER_AGENT = 0.05
VELOCITY_HOURS = 12
ALIVE_NATS = 3.5
PHONES = ("ios", "android", "windows-phone")
_VELOCITY = GeoVelocity()


@dataclass(frozen=True, slots=True)
class Sighting:
    """One record's place and client in words, beside its row's hashes."""

    row: Row
    ip: str
    network: str  # "asn:9009" or "net:5.253"
    wide: str
    name: str  # "M247 (GB)", for a sentence
    country: str
    network_class: str
    agent: Agent
    interactive: bool
    mfa_by_claim: bool


@dataclass(slots=True)
class Judgement:
    """Terms and what they mean. `familiar` 0..1 is of the network."""

    reasons: list[Reason]
    familiar: float
    certain: bool = False
    switched: bool = False

    @property
    def nats(self) -> float:
        """Sum."""
        return sum(reason.nats for reason in self.reasons)


def judge(state: SessionState, seen: Sighting, context: Context) -> Judgement:
    """Every term for a record at a place, with a client, in a session."""
    row = seen.row
    earlier = [other for other in state.all_rows() if other is not row and other.first_ms <= row.first_ms]
    familiar = _familiarity(state, row, earlier, context)
    judgement = Judgement([], familiar)
    reasons = judgement.reasons
    if not row.neutral:
        first = not state.models and not earlier
        damp = 0.3 if row.kind & RELAY else 1.0
        if familiar < 1.0:
            reasons += _network(state, seen, familiar, first, damp, context)
            reasons += _country(state, seen, earlier, first, damp, context)
        else:
            reasons.append(Reason("network", seen.name, "known", -2.5))
    reasons += _agent(state, seen, earlier, context)
    reasons += _device(state, seen)
    if row.session:
        _continuity(state, seen, judgement)
    if not row.neutral and familiar < 1.0 and judgement.nats >= 2.0:
        reasons += _velocity(state, row)
    return judgement


def _familiarity(state: SessionState, row: Row, earlier: Iterable[Row], context: Context) -> float:
    if row.neutral:
        return 1.0
    known = max(state.familiarity("network", row.network), state.familiarity("wide", row.wide))
    young = known < 0.5 and context.sealed_days < SETTLED_DAYS
    if young and any(same_place(row, other) and other.nats < 5.0 for other in earlier):
        return 0.5
    return known


def same_place(one: Row, other: Row) -> bool:
    """Two rows share their network in one of its spellings."""
    return (one.network != 0 and one.network == other.network) or (one.wide != 0 and one.wide == other.wide)


def _network(
    state: SessionState, seen: Sighting, familiar: float, first: bool, damp: float, context: Context
) -> Iterator[Reason]:
    nats = 0.0
    if not first:
        kind = "network" if seen.network.startswith("asn:") and "network" in state.models else "wide"
        nats += _newness(state, kind, context) * (1.0 - familiar)
        nats += _rarity(context, "network", (seen.network, seen.wide), ATTACKER_NETWORK, 1.5, -2.5) * (1.0 - familiar)
    nats += {"hosting": 1.5, "mobile": -1.5}.get(seen.network_class, 0.0) * (1.0 - familiar)
    if abs(nats) >= 0.05:
        words = "met once before" if familiar else "never met"
        yield Reason("network", f"{seen.name}, {words}", "networks of this account", round(nats * damp, 2))


def _newness(state: SessionState, kind: str, context: Context) -> float:
    """-ln of new values per day; an account in its first days meets many."""
    rate = state.novelty(kind)
    if context.sealed_days < SETTLED_DAYS:
        rate = max(rate, 1.0 / (context.sealed_days + 1.5))
    return -math.log(min(rate, 0.9))


def _rarity(context: Context, kind: str, values: tuple[str, ...], attacker: float, most: float, least: float) -> float:
    """ln(attacker's share / the tenant's share), bounded; 0 before the tenant is known."""
    profile = context.profile
    if profile.person_days < TENANT_DAYS_MIN:
        return 0.0
    known = min(profile.days / SETTLED_DAYS, 1.0)  # a young tenant has not met its own networks either
    share = max(profile.share(kind, value) for value in values)
    if share <= 0.0:
        return most * known
    return min(max(math.log(attacker / share), least), most * known)


def _country(
    state: SessionState, seen: Sighting, earlier: list[Row], first: bool, damp: float, context: Context
) -> Iterator[Reason]:
    country = seen.row.country
    if first or not country or state.familiarity("country", country) > 0.0:
        return
    if "country" not in state.models and any(other.country in (country, 0) for other in earlier):
        return
    networks, countries = state.models.get("network") or state.models.get("wide"), state.models.get("country")
    new_networks = networks.new if networks is not None else 0
    new_countries = countries.new if countries is not None else 0
    nats = -math.log((new_countries + 0.5) / (new_networks + 2.0))
    nats += _rarity(context, "country", (seen.country,), 0.02, 1.2, -1.0)
    yield Reason("country", seen.country, "never met", round(max(nats, 0.2) * damp, 2))


def _agent(state: SessionState, seen: Sighting, earlier: list[Row], context: Context) -> Iterator[Reason]:
    agent = seen.agent
    if agent.script and state.familiarity("agent", agent.family) < 1.0:
        yield Reason("user_agent", f"a script ({agent.browser})", "a browser or mail program", 2.0)
    if not agent.family or state.familiarity("agent", agent.family) > 0.0 or "agent" not in state.models:
        return
    if any(other.agent == agent.family and other.nats < 5.0 for other in earlier if context.sealed_days < SETTLED_DAYS):
        return
    nats = _newness(state, "agent", context)
    nats += _rarity(context, "agent", (f"{agent.family:08x}",), ATTACKER_AGENT, 1.0, -2.5)
    yield Reason("user_agent", agent.words, "never met", round(max(nats, 0.2), 2))


def _device(state: SessionState, seen: Sighting) -> Iterator[Reason]:
    row, devices = seen.row, state.models.get("device")
    if row.held >= DEVICE_HELD and row.device and state.familiarity("device", row.device) > 0.0:
        yield Reason("device", "the account's own device", "", -5.0)
    elif row.held == DEVICE_MANAGED:
        yield Reason("device", "a managed device", "", -3.0)
    elif row.held == DEVICE_NONE and seen.interactive and devices is not None and devices.total >= 10.0:
        known = sum(devices.count(value) for value in devices.values())
        agents = state.models.get("agent")
        share = known / agents.total if agents is not None and agents.total > 0 else 0.0
        if share >= 0.5:
            yield Reason("device", "no registered device", "a registered one", 1.0)


def _continuity(state: SessionState, seen: Sighting, judgement: Judgement) -> None:
    """What the same session did elsewhere: the signature of a stolen token."""
    row, reasons = seen.row, judgement.reasons
    others = [other for other in state.all_rows() if other is not row and other.session == row.session]
    before = [other for other in others if other.first_ms <= row.first_ms]
    home = state.sessions.get(row.session)
    away = [other for other in before if not other.neutral and not same_place(row, other) and other.kind & HOME]
    moved = bool(away) or (home is not None and row.network != home.network and row.wide != home.wide)
    if moved and judgement.familiar < 1.0 and not row.neutral:
        damp = (1.0 - judgement.familiar) * _wandering(seen, away)
        gap = min((row.first_ms - other.last_ms for other in away), default=24 * HOUR_MS)
        nats = 0.4 if gap > 2 * HOUR_MS else 1.2 if gap > HOUR_MS // 2 else 2.0
        reasons.append(Reason("session", "continued from another network", "stays at one", round(nats * damp, 2)))
        judgement.switched = True
        if gap <= 0:
            row.kind |= ALIVE
            reasons.append(Reason("session", "in use at both places at once", "one place", round(ALIVE_NATS * damp, 2)))
        if seen.mfa_by_claim and damp >= 0.5:
            reasons.append(Reason("second_factor", "by claim in the token", "asked at a new place", 1.0))
    systems = {other.system for other in before if other.system} | ({home.system} if home and home.system else set())
    if row.system and systems and row.system not in systems:
        nats = 6.0 if moved or row.neutral else 3.0
        reasons.append(Reason("session", "changed its operating system", "one device", nats))
        judgement.certain = moved and judgement.familiar < 1.0
        judgement.switched = True
    elif row.kind & PLAIN and any(o.kind & PLAIN and o.agent != row.agent and o.system == row.system for o in before):
        reasons.append(Reason("session", "changed its browser", "one browser", 3.0))
        judgement.switched = True
    held = max([other.held for other in before] + ([home.held] if home else []), default=0)
    if moved and row.held == DEVICE_NONE and held == DEVICE_MANAGED:
        reasons.append(Reason("device", "none, the session began on a managed one", "the same device", 3.0))


def _wandering(seen: Sighting, away: list[Row]) -> float:
    """Factor below 1 where sessions change networks by nature: phones, carriers, relays; or the client is not known."""
    row = seen.row
    if row.kind & RELAY or any(other.kind & RELAY for other in away):
        return 0.3
    if seen.network_class == "mobile" or SYSTEMS[row.system] in PHONES:
        return 0.3
    return 1.0 if row.system else 0.6


def _velocity(state: SessionState, row: Row) -> Iterator[Reason]:
    if row.latitude == NOWHERE:
        return
    best, words = 0.0, ""
    for other in state.all_rows():
        if other is row or other.neutral or other.latitude == NOWHERE or same_place(row, other):
            continue
        gap = max(row.first_ms - other.last_ms, other.first_ms - row.last_ms, 0)
        if gap > VELOCITY_HOURS * HOUR_MS or (other.kind | row.kind) & RELAY:
            continue
        km = great_circle_km(row.latitude / 100, row.longitude / 100, other.latitude / 100, other.longitude / 100)
        nats = _VELOCITY.score_one({"km": km, "seconds": gap / 1000, "accuracy_km": 100.0})
        if SYSTEMS[row.system] in PHONES or SYSTEMS[other.system] in PHONES:
            nats *= 0.3  # a carrier's addresses are placed at its gateway
        if nats > best:
            best, words = nats, f"{km:.0f} km in {gap / 60_000:.0f} minutes"
    if best >= 0.5:
        yield Reason("velocity", words, "below an aeroplane's", round(min(best, 4.0), 2))
