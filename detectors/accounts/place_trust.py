"""Which places an account may be trusted at, for the detectors that follow. Layer: detectors."""

from __future__ import annotations

from detectors.accounts.session_evidence import SETTLED_DAYS, TENANT_DAYS_MIN, Sighting
from detectors.accounts.session_state import NEUTRAL, RELAY, STRANGE, TRUSTED, Row, SessionState
from detectors.accounts.sightings import row_of, sighting_of
from detectors.engine.detector import HOUR_MS, Context, Place
from schemas.records.event import AuditEvent, SignIn

SHARED_PLACE = 0.005  # of the others' person-days
NATIVE_COUNTRY = 0.1  # of the tenant's person-days
USUAL_PLACE = 0.3  # of the account's days
_TRUSTED, _STRANGE, _UNKNOWN = Place.TRUSTED, Place.STRANGE, Place.UNKNOWN


def placed(state: SessionState, row: Row, event: AuditEvent, context: Context) -> None:
    """Tell the detectors that follow what is known of the address, by the profile of the day."""
    profile_day = context.profile.day & 0xFFFF
    if row.trusted_on != profile_day:
        signin = event.detail if type(event.detail) is SignIn else None
        row.trusted_on = profile_day
        row.kind = row.kind & ~(TRUSTED | STRANGE) | _trust(state, sighting_of(row, event, signin, context), context)
    kind, time_ms = row.kind, event.time_ms
    place = _TRUSTED if kind & TRUSTED else _STRANGE if kind & STRANGE else _UNKNOWN
    context.place = place
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
            row = row_of(state, event, None, context)
            bits = NEUTRAL if row.neutral else _trust(state, sighting_of(row, event, None, context), context)
            state.mailed[cached] = bits
        if not bits & NEUTRAL:
            return Place.TRUSTED if bits & TRUSTED else Place.STRANGE if bits & STRANGE else Place.UNKNOWN
    return Place(state.last_place) if abs(event.time_ms - state.last_ms) <= HOUR_MS else Place.UNKNOWN


def _trust(state: SessionState, seen: Sighting, context: Context) -> int:
    """Bits of Row.kind. A place is trusted when the account has used it and the tenant shares it, or most of its days are
    spent there, or has met it in a country that a tenth of the tenant works from; in the first week the tenant's word is
    enough."""
    row, profile = seen.row, context.profile
    familiar = max(state.familiarity(kind, value) for kind, value in _spellings(row))
    if context.knowledge.is_egress(seen.ip):
        return TRUSTED
    if row.neutral:
        return 0
    settled = context.sealed_days >= SETTLED_DAYS
    shared = profile.person_days >= TENANT_DAYS_MIN and seen.network_class != "hosting" and not row.kind & RELAY
    own = {kind: state.models[kind].count(value) if kind in state.models else 0.0 for kind, value in _spellings(row)}
    others = max(
        profile.share("network", seen.network, own["network"]), profile.share("network", seen.wide, own["wide"])
    )
    shared = shared and others >= SHARED_PLACE
    days = max((state.models[kind].total for kind in own if kind in state.models), default=0.0)
    usual = settled and familiar == 1.0 and max(own.values()) >= USUAL_PLACE * max(days, 1.0)
    native = profile.person_days >= TENANT_DAYS_MIN and profile.share("country", seen.country) >= NATIVE_COUNTRY
    native = native and seen.network_class != "hosting" and not row.kind & RELAY and familiar > 0.0
    if usual or native or (shared and (familiar > 0.0 or not settled)):
        return TRUSTED
    return STRANGE if familiar == 0.0 and settled else 0


def _spellings(row: Row) -> tuple[tuple[str, int], tuple[str, int]]:
    return (("network", row.network), ("wide", row.wide))
