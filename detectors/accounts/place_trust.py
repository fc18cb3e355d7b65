"""Which places an account may be trusted at, for the detectors that follow. Layer: detectors."""

from __future__ import annotations

from detectors.accounts.session_evidence import SETTLED_DAYS, TENANT_DAYS_MIN, Sighting
from detectors.accounts.session_state import NEUTRAL, RELAY, STRANGE, TRUSTED, Row, SessionState
from detectors.accounts.sightings import met, sighting_of
from detectors.engine.detector import HOUR_MS, Context, Place
from detectors.engine.network import is_gateway
from schemas.records.event import AuditEvent, SignIn

SHARED_PLACE = 0.005  # of the others' person-days
NATIVE_COUNTRY = 0.1  # of the tenant's person-days
USUAL_PLACE = 0.3  # of the account's days
_PLACES = tuple(Place)
_TRUSTED, _STRANGE, _UNKNOWN = Place.TRUSTED, Place.STRANGE, Place.UNKNOWN


def placed(state: SessionState, row: Row, event: AuditEvent, context: Context, seen: Sighting | None = None) -> None:
    """Tell the detectors that follow what is known of the address, by the profile of the day. `seen`: the row's, if made."""
    profile_day = context.profile.day & 0xFFFF
    if row.trusted_on != profile_day:
        if seen is None:
            signin = event.detail if type(event.detail) is SignIn else None
            seen = sighting_of(row, event, signin, context)
        row.trusted_on = profile_day
        row.kind = row.kind & ~(TRUSTED | STRANGE) | _trust(state, seen, context)
    kind, time_ms = row.kind, event.time_ms
    place = _TRUSTED if kind & TRUSTED else _STRANGE if kind & STRANGE else _UNKNOWN
    context.place, context.heard = place, state
    if not kind & NEUTRAL and time_ms >= state.last_ms:
        state.last_ms, state.last_place = time_ms, place


def mailed_from(state: SessionState, event: AuditEvent, context: Context) -> Place:
    """The place of a trace row. Its address is the client's, as far as the row has one; else the account's last place counts.

    What is known of an address comes from closed days, so that the order in which the rows and the account's other records
    arrive does not matter.
    """
    if event.ip is not None:
        cached = (event.ip, context.profile.day)
        bits = state.mailed.get(cached)
        if bits is None:
            seen = met(state, event, None, context)
            bits = NEUTRAL if seen.row.neutral else _trust(state, seen, context)
            state.mailed[cached] = bits
        if not bits & NEUTRAL:
            return _TRUSTED if bits & TRUSTED else _STRANGE if bits & STRANGE else _UNKNOWN
    if abs(event.time_ms - state.last_ms) <= HOUR_MS:
        return _PLACES[state.last_place]
    return _placed_then(state, event.time_ms) if event.time_ms < state.last_ms else _UNKNOWN


def _placed_then(state: SessionState, time_ms: int) -> Place:
    """Where the account was around a time that has passed: the trace may lag behind the other feeds by hours."""
    around = [
        row.kind
        for row in state.all_rows()
        if row.first_ms - HOUR_MS <= time_ms <= row.last_ms + HOUR_MS and not row.kind & NEUTRAL
    ]
    if any(kind & STRANGE for kind in around):
        return _STRANGE
    return _TRUSTED if any(kind & TRUSTED for kind in around) else _UNKNOWN


def _trust(state: SessionState, seen: Sighting, context: Context) -> int:
    """Bits of Row.kind. A place is trusted when the account has used it and the tenant shares it, or most of its days are
    spent there, or has met it in a country that a tenth of the tenant works from; in the first week the tenant's word is
    enough."""
    row, profile = seen.row, context.profile
    if context.knowledge.is_egress(seen.ip):
        return TRUSTED
    if row.neutral:
        return 0
    settled = context.sealed_days >= SETTLED_DAYS
    familiar = max(state.familiarity("network", row.network), state.familiarity("wide", row.wide))
    networks, wides = state.models.get("network"), state.models.get("wide")
    own = networks.count(row.network) if networks is not None else 0.0
    own_wide = wides.count(row.wide) if wides is not None else 0.0
    if settled and familiar == 1.0:
        days = max(model.total if model is not None else 0.0 for model in (networks, wides))
        if max(own, own_wide) >= USUAL_PLACE * max(days, 1.0):
            return TRUSTED
    if settled and familiar == 0.0:
        return STRANGE
    if profile.person_days < TENANT_DAYS_MIN or seen.network_class == "hosting":
        return 0
    if row.kind & RELAY and not is_gateway(seen.ip):
        return 0
    if familiar > 0.0 and profile.share("country", seen.country) >= NATIVE_COUNTRY:
        return TRUSTED
    others = max(profile.share("network", seen.network, own), profile.share("network", seen.wide, own_wide))
    return TRUSTED if others >= SHARED_PLACE else 0
