"""One record's place, client and session: hashes for the state, words for the story. Layer: detectors."""

from __future__ import annotations

from detectors.accounts.client_agent import agent_of
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
from detectors.accounts.spot import spot_of
from detectors.engine.detector import Context
from detectors.engine.network import NetworkFact
from detectors.models.categories import hash32
from schemas.records.event import AuditEvent, SignIn


def row_of(state: SessionState, event: AuditEvent, signin: SignIn | None, context: Context) -> Row:
    """The row of a record, as far as this record says; it is not yet among the state's rows."""
    ip = event.ip or ""
    fact = fact_of(event, signin, context)
    if signin is None:
        agent = agent_of(None, None, event.user_agent)
        device, held = 0, DEVICE_SILENT
    else:
        agent = agent_of(signin.os, signin.browser, event.user_agent)
        device = hash32(signin.device) if signin.device else 0
        held = _held(signin)
    spot = spot_of(ip, fact)
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
        SYSTEMS.index(agent.system),
        held,
        kind,
        spot.latitude,
        spot.longitude,
        address=spot.address,
    )
    row.key = hash32(f"{ip}|{event.session}") << 32 | client_key(row)
    return row


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


def fact_of(event: AuditEvent, signin: SignIn | None, context: Context) -> NetworkFact:
    """The sign-in's own location wins over the network data, field by field."""
    fact = context.knowledge.lookup.fact(event.ip or "")
    if signin is None or (signin.asn is None and signin.country is None and signin.latitude is None):
        return fact
    own_spot = signin.latitude is not None
    return NetworkFact(
        signin.asn or fact.asn,
        fact.org if signin.asn in (None, fact.asn) else None,
        signin.country or fact.country,
        signin.city or fact.city,
        signin.latitude if own_spot else fact.latitude,
        signin.longitude if own_spot else fact.longitude,
        50.0 if own_spot else fact.accuracy_km,
    )


def sighting_of(row: Row, event: AuditEvent, signin: SignIn | None, context: Context) -> Sighting:
    """A row with the words of its record: names that people read, text made printable."""
    ip = event.ip or ""
    fact = fact_of(event, signin, context)
    spot = spot_of(ip, fact)
    agent = agent_of(signin and signin.os, signin and signin.browser, event.user_agent)
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
