"""One record's place, client and session: hashes for the state, words for the story. Layer: detectors."""

from __future__ import annotations

from detectors.accounts.client_agent import Agent, agent_of
from detectors.accounts.session_evidence import Sighting
from detectors.accounts.session_state import (
    CLAIM,
    DEVICE_HELD,
    DEVICE_MANAGED,
    DEVICE_NONE,
    DEVICE_SILENT,
    MOBILE,
    NEUTRAL,
    NOWHERE,
    PLAIN,
    RELAY,
    SYSTEMS,
    Row,
    SessionState,
    client_key,
)
from detectors.accounts.spot import Spot, fact_as_told, spot_of
from detectors.engine.detector import Context
from detectors.engine.network import NetworkFact
from detectors.models.categories import hash32
from schemas.records.event import AuditEvent, SignIn

_CACHED = 32_768  # addresses with what sign-ins said of them
_WHERE: dict[tuple[object, ...], tuple[NetworkFact, NetworkFact, Spot]] = {}  # facts looked up, as told, what follows
_SYSTEM_AT = {system: place for place, system in enumerate(SYSTEMS)}


def met(state: SessionState, event: AuditEvent, signin: SignIn | None, context: Context) -> Sighting:
    """A record's sighting with a row of its own, as far as this record says; it is not yet among the state's rows."""
    ip = event.ip or ""
    fact, spot = where(event, signin, context)
    if signin is None:
        agent = agent_of(None, None, event.user_agent)
        device, held = 0, DEVICE_SILENT
    else:
        agent = agent_of(signin.os, signin.browser, event.user_agent)
        device = hash32(signin.device) if signin.device else 0
        held = _held(signin)
    network = spot.network_hash
    if fact.asn is None:  # a sign-in from the same address may have said whose network it is
        address = spot.address
        told = [row.network for row in state.all_rows() if row.address == address and row.network != network]
        network = min(told, default=network)
    kind = PLAIN if agent.plain_browser else 0
    if spot.silent or context.knowledge.is_egress(ip):
        kind |= NEUTRAL
    elif spot.microsoft and not (signin and signin.interactive):
        kind |= NEUTRAL  # a service of Microsoft acts for the user; a person behind a rented machine signs in
    elif spot.relay:
        kind |= RELAY
    if spot.kind == "mobile":
        kind |= MOBILE
    if signin is not None and signin.mfa_by_claim:
        kind |= CLAIM
    session = hash32(event.session) if event.session else 0
    row = Row(
        0,
        event.time_ms,
        event.time_ms,
        network,
        spot.wide_hash,
        spot.country,
        agent.family,
        device,
        session,
        _SYSTEM_AT[agent.system],
        held,
        kind,
        spot.latitude,
        spot.longitude,
        address=spot.address,
    )
    row.key = hash32(f"{ip}|{event.session}") << 32 | client_key(row)
    seen = _sighting(row, ip, fact, spot, agent, signin)
    if signin is None and (heard := state.told_country(spot.address, spot.country)) != spot.country:
        seen.told, seen.name = heard, spot_of(ip, fact_as_told(fact, heard)).name
    return seen


def row_knows_more(known: Row, row: Row) -> bool:
    """Take over what a further record of the row says of its address; whether that was news."""
    better = False
    if known.latitude == NOWHERE and row.latitude != NOWHERE:
        known.latitude, known.longitude = row.latitude, row.longitude
        better = True
    if known.network == known.wide and row.network != row.wide:
        known.network = row.network
        better = True
    if not known.country and row.country:
        known.country = row.country
        better = True
    known.kind |= row.kind & MOBILE
    return better


def _held(signin: SignIn) -> int:
    if signin.managed or signin.compliant:
        return DEVICE_MANAGED
    if signin.device is None:
        return DEVICE_SILENT
    return DEVICE_HELD if signin.device else DEVICE_NONE


def where(event: AuditEvent, signin: SignIn | None, context: Context) -> tuple[NetworkFact, Spot]:
    """Facts of a record's address and what follows from them; the sign-in's own location wins, field by field."""
    ip = event.ip or ""
    fact = context.knowledge.lookup.fact(ip)
    if signin is None or (signin.asn is None and signin.country is None and signin.latitude is None):
        key: tuple[object, ...] = (ip,)
    else:
        key = (ip, signin.asn, signin.country, signin.city, signin.latitude, signin.longitude)
    held = _WHERE.get(key)
    if held is None or held[0] is not fact:  # the same object means the same facts, and is quicker to compare
        told = fact if len(key) == 1 else _told(fact, *key[1:])  # type: ignore[arg-type]
        if len(_WHERE) >= _CACHED:
            _WHERE.clear()
        held = _WHERE[key] = (fact, told, spot_of(ip, told))
    return held[1], held[2]


def _told(
    fact: NetworkFact,
    asn: int | None,
    country: str | None,
    city: str | None,
    latitude: float | None,
    longitude: float | None,
) -> NetworkFact:
    own_spot = latitude is not None
    return NetworkFact(
        asn or fact.asn,
        fact.org if asn in (None, fact.asn) else None,
        country or fact.country,
        city or fact.city,
        latitude if own_spot else fact.latitude,
        longitude if own_spot else fact.longitude,
        50.0 if own_spot else fact.accuracy_km,
    )


def sighting_of(row: Row, event: AuditEvent, signin: SignIn | None, context: Context) -> Sighting:
    """A known row with the words of this record."""
    fact, spot = where(event, signin, context)
    agent = agent_of(signin and signin.os, signin and signin.browser, event.user_agent)
    return _sighting(row, event.ip or "", fact, spot, agent, signin)


def _sighting(row: Row, ip: str, fact: NetworkFact, spot: Spot, agent: Agent, signin: SignIn | None) -> Sighting:
    """Names that people read, text made printable."""
    return Sighting(
        row,
        ip,
        spot.network,
        spot.wide,
        spot.name,
        fact.country or "",
        spot.kind,
        agent,
        bool(signin and signin.interactive),
    )
