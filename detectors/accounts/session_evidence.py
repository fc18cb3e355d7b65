"""How strange a place, a client and a session are for one account: the terms of `impossible-session`. Layer: detectors.

Log-likelihood ratios of "somebody else" against "the owner", in nats, with back-off account -> tenant -> prior
(detection-science 1.4; Freeman et al., NDSS 2016). What a network adds is bounded by how often this account, and its
tenant, meet new networks anyway; session continuity needs no history.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from detectors.accounts.client_agent import LEGACY_WORDS, Agent
from detectors.accounts.session_continuity import KNOWN_PLACE_NATS, Continuity, Term, continued, same_place
from detectors.accounts.session_state import (
    DEVICE_HELD,
    DEVICE_MANAGED,
    DEVICE_NONE,
    HOME,
    NEUTRAL,
    RELAY,
    Row,
    SessionState,
)
from detectors.engine.detector import HOUR_MS, Context
from detectors.engine.exposure import Exposure
from schemas.contracts.incident import Reason

SETTLED_DAYS = 7  # before that the open day's earlier records are a provisional baseline
PROVISIONAL_MS = HOUR_MS
TENANT_DAYS_MIN = 30.0  # person-days before the tenant's habits count
ATTACKER_NETWORK = 0.02  # share of strange sign-ins that a network of nobody's is taken to carry
ATTACKER_AGENT = 0.05
GUESSED = "password_guessed"  # the feature of the term that an earlier spray left behind
EXPOSED_FROM_NATS = 2.5  # what is no evidence by itself is none of an account whose password was guessed either


@dataclass(slots=True)
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
    told: int = 0  # hash of the country that a sign-in told of the address, where the network data say another


@dataclass(slots=True)
class Judgement:
    """Terms of the place, the client and the device, and of what the session did. `familiar` 0..1 is of the network."""

    own: list[Term]
    familiar: float
    session: Continuity

    @property
    def own_nats(self) -> float:
        """What needs no other row."""
        return sum(term[3] for term in self.own)

    @property
    def reasons(self) -> list[Reason]:
        """All terms."""
        return self.own_reasons + self.session.reasons

    @property
    def own_reasons(self) -> list[Reason]:
        """The terms that need no other row."""
        return [Reason(*term) for term in self.own]

    @property
    def nats(self) -> float:
        """Sum."""
        return self.own_nats + self.session.nats


def judge(state: SessionState, seen: Sighting, context: Context) -> Judgement:
    """Every term for a record at a place, with a client, in a session; a known place becomes a home of the session."""
    judgement = judge_alone(state, seen, context)
    if judgement.familiar >= 1.0 and not seen.row.neutral:
        seen.row.kind |= HOME
    judgement.session = continued(state, seen.row, judgement.familiar, judgement.own_nats, context.profile)
    return judgement


def judge_alone(state: SessionState, seen: Sighting, context: Context) -> Judgement:
    """The terms of place, client and device."""
    row = seen.row
    familiar = familiarity(state, row, context)
    terms: list[Term] = []
    if not row.neutral:
        first = not state.models and not _earlier(state, row)
        damp = 0.3 if row.kind & RELAY else 1.0
        if familiar < 1.0:
            terms += _network(state, seen, familiar, first, damp, context)
            terms += _country(state, seen, first, damp, context)
        else:
            terms.append(("network", seen.name, "known", KNOWN_PLACE_NATS))
    terms += _agent(state, seen, context)
    terms += _device(state, seen)
    if context.exposure is not None and familiar < 1.0 and not row.neutral:
        terms += _exposed(terms, row.first_ms, context.exposure)
    return Judgement(terms, familiar, Continuity())


def _earlier(state: SessionState, row: Row) -> list[Row]:
    """Rows of the open days that began before this one, or with it."""
    return [other for other in state.all_rows() if other is not row and other.first_ms <= row.first_ms]


def familiarity(state: SessionState, row: Row, context: Context) -> float:
    """Of a row's network: 0 new, .5 met once (in the first days: today), 1 known."""
    if row.kind & NEUTRAL:
        return 1.0
    known = state.place_familiarity(row.network, row.wide)
    if known < 0.5 and context.sealed_days < SETTLED_DAYS:
        latest = row.first_ms - PROVISIONAL_MS
        for other in state.all_rows():
            if other.first_ms <= latest and other.nats < 5.0 and same_place(row, other):
                return 0.5
    return known


def _network(
    state: SessionState, seen: Sighting, familiar: float, first: bool, damp: float, context: Context
) -> Iterator[Term]:
    nats = 0.0
    if not first:
        kind = "network" if seen.network.startswith("asn:") and "network" in state.models else "wide"
        nats += newness_nats(state, kind, context) * (1.0 - familiar)
        nats += _rarity(context, "network", (seen.network, seen.wide), ATTACKER_NETWORK, 1.5, -2.5) * (1.0 - familiar)
    nats += {"hosting": 1.5, "mobile": -1.5}.get(seen.network_class, 0.0) * (1.0 - familiar)
    if abs(nats) >= 0.05:
        words = "hardly known" if familiar else "not known"
        yield "network", f"{seen.name}, {words}", "networks of this account", round(nats * damp, 2)


def newness_nats(state: SessionState, kind: str, context: Context) -> float:
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


def _country(state: SessionState, seen: Sighting, first: bool, damp: float, context: Context) -> Iterator[Term]:
    country = seen.row.country
    if first or not country or state.familiarity("country", country) > 0.0:
        return
    if seen.told:  # the network data are wrong; what the sign-in told was judged with it
        return
    if "country" not in state.models and any(other.country in (country, 0) for other in _earlier(state, seen.row)):
        return
    networks, countries = state.models.get("network") or state.models.get("wide"), state.models.get("country")
    new_networks = networks.new if networks is not None else 0
    new_countries = countries.new if countries is not None else 0
    nats = -math.log((new_countries + 0.5) / (new_networks + 2.0))
    nats += _rarity(context, "country", (seen.country,), 0.02, 1.2, -1.0)
    yield "country", seen.country, "countries of this account", round(max(nats, 0.2) * damp, 2)


def _provisional(other: Row, row: Row, context: Context) -> bool:
    """An open day's row that speaks for a later one of a young account; not the same act told by another feed."""
    return context.sealed_days < SETTLED_DAYS and other.first_ms <= row.first_ms - PROVISIONAL_MS


def _agent(state: SessionState, seen: Sighting, context: Context) -> Iterator[Term]:
    agent = seen.agent
    if agent.script and state.familiarity("agent", agent.family) < 1.0:
        what = agent.words if agent.browser in LEGACY_WORDS else f"a script ({agent.browser})"
        yield "user_agent", what, "a browser or mail program", 2.0
    if not agent.family or state.familiarity("agent", agent.family) > 0.0 or "agent" not in state.models:
        return
    if context.sealed_days < SETTLED_DAYS and any(
        other.agent == agent.family and other.nats < 5.0
        for other in _earlier(state, seen.row)
        if _provisional(other, seen.row, context)
    ):
        return
    nats = newness_nats(state, "agent", context)
    nats += _rarity(context, "agent", (f"{agent.family:08x}",), ATTACKER_AGENT, 1.0, -2.5)
    yield "user_agent", agent.words, "clients of this account", round(max(nats, 0.2), 2)


def _device(state: SessionState, seen: Sighting) -> Iterator[Term]:
    row, devices = seen.row, state.models.get("device")
    if row.held >= DEVICE_HELD and row.device and state.familiarity("device", row.device) > 0.0:
        yield "device", "the account's own device", "", -5.0
    elif row.held == DEVICE_MANAGED:
        yield "device", "a managed device", "", -3.0
    elif row.held == DEVICE_NONE and seen.interactive and devices is not None and devices.total >= 10.0:
        known = sum(devices.count(value) for value in devices.values())
        agents = state.models.get("agent")
        share = known / agents.total if agents is not None and agents.total > 0 else 0.0
        if share >= 0.5:
            yield "device", "no registered device", "a registered one", 1.0


def _exposed(terms: list[Term], time_ms: int, exposure: Exposure) -> Iterator[Term]:
    """The odds that somebody holds the password since it was guessed, on top of a place that is strange anyway."""
    if sum(term[3] for term in terms) < EXPOSED_FROM_NATS:
        return
    nats = round(exposure.nats(time_ms), 2)
    if nats >= 0.05:
        day = datetime.fromtimestamp(exposure.time_ms / 1000, UTC).date()
        yield GUESSED, f"on {day}, and no change of it was seen since", "not seen", nats
