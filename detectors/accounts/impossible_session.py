"""A session that cannot be the owner's: strange network, strange client, one session in two places. Layer: detectors.

Every own record with an address is a sighting: sign-ins, and the mailbox, file and directory records that carry a session
id. A sighting is judged once per address, client and session of a day; further records of it only count. What is strange
counts more where the password was guessed before and is not seen to have changed (`detectors.engine.exposure`).
"""

from __future__ import annotations

from collections.abc import Sequence

from detectors import techniques
from detectors.accounts.client_agent import agent_of
from detectors.accounts.place_trust import mailed_from, placed
from detectors.accounts.session_codec import dump_state, load_state
from detectors.accounts.session_continuity import (
    KNOWN_PLACE_NATS,
    VELOCITY_FROM_NATS,
    continued,
    touches,
)
from detectors.accounts.session_evidence import SETTLED_DAYS, Sighting, familiarity, judge, judge_alone
from detectors.accounts.session_findings import (
    DETECTOR,
    denied_evidence,
    evidence_of,
    rejudged_evidence,
    repeat_of,
    value_of,
)
from detectors.accounts.session_signals import (
    SPREAD_AFTER_DAYS,
    count_strange,
    signal,
    signal_success,
    stranger_nats,
    vote,
)
from detectors.accounts.session_state import CLAIM, HOME, NOWHERE, ROWS_MAX, Row, SessionState
from detectors.accounts.sightings import met, row_knows_more, where
from detectors.engine.detector import DAY_MS, Context, DetectorInfo, Evidence
from detectors.models.categories import hash32
from detectors.models.rounding import half, single
from schemas.contracts.notice import Notice
from schemas.contracts.signal import BUCKET_MS
from schemas.records.event import AuditEvent, Failure, SignIn, TraceRow

EVIDENCE_NATS = 2.5
STRANGE_NATS = 2.0
GAIN_NATS = 0.05  # less is no news
FAILED_MAX = 400  # failures of a day that are signalled one by one


class ImpossibleSessionDetector:
    """Weighs where, with what and in which session an account acts."""

    info = DetectorInfo(
        id=DETECTOR,
        number=18,
        version=2,
        title="Session that cannot be the owner's",
        catches="Sign-ins through a phishing proxy, stolen tokens used from a second network or device, sign-ins from"
        " networks, countries and clients that neither the account nor its tenant knows, impossible journeys.",
        misses="An attacker in the victim's own network with the victim's own browser; one who was there before the first"
        " record and whose network has become known; a session of its own from a hosting network of the tenant's country"
        " with the victim's client; one who was reported, kept quiet for four days and comes back to the same place; weak in"
        " an account's first three days.",
        needs="Sign-ins (Graph or Audit.AzureActiveDirectory); session ids on Audit.Exchange and Audit.SharePoint help.",
        false_positives="First days behind a VPN on rented machines, first days abroad with a new device, a new program"
        " and an unknown network on one day; for a year and longer, by .7 nats less each ninety days, a journey of somebody"
        " whose password was guessed and whose change of it no record shows.",
        techniques=(techniques.CLOUD_ACCOUNT, techniques.SESSION_COOKIE),
    )
    details: frozenset[type] | None = None

    def start(self) -> SessionState:
        """An account never seen."""
        return SessionState()

    def observe(self, state: SessionState, event: AuditEvent, context: Context) -> Sequence[Evidence]:
        """Judge a new sighting; count a known one."""
        if context.role != "actor":
            return ()
        ip = event.ip
        detail = event.detail
        if type(detail) is TraceRow:
            if not context.late and not context.is_home(detail.recipient):  # others nobody asks about
                context.place = mailed_from(state, event, context)
            return ()
        if ip is None or event.external or event.app_only:
            return ()
        signin = detail if type(detail) is SignIn else None
        if signin is not None and signin.failure is not None:
            return self._failed(state, event, signin, context)
        if event.ok is False or context.late:
            return ()
        cached: tuple[object, ...]
        if signin is None:
            cached = (context.day, ip, event.session, event.user_agent)
        else:
            cached = (
                *(context.day, ip, event.session, event.user_agent),
                *(signin.os, signin.browser, signin.device),
                *(signin.managed, signin.compliant, signin.interactive),
            )
        row = state.recent.get(cached)
        if row is None or (signin is not None and _says_more(signin, row)):
            seen = met(state, event, signin, context)
            rows = state.rows.setdefault(context.day, {})
            known = rows.get(seen.row.key)
            if known is None:
                found = self._new(state, len(rows) < ROWS_MAX, seen, cached, event, signin, context)
                placed(state, seen.row, event, context, seen)
                return found
            better = signin is not None and _says_more(signin, known) and row_knows_more(known, seen.row)
            row = seen.row = state.recent[cached] = known
            if better:
                found = self._enriched(state, seen, event, context)
                placed(state, row, event, context, seen)
                return [*found, *self._again(state, row, event, signin, context)]
        placed(state, row, event, context)
        told = signin is None or not signin.mfa_by_claim or row.kind & CLAIM
        if told and row.first_ms <= event.time_ms <= row.last_ms and row.nats < STRANGE_NATS:
            return ()  # nothing new
        return self._again(state, row, event, signin, context)

    # --- sightings -----------------------------------------------------------------------------------------------

    def _new(
        self,
        state: SessionState,
        keep: bool,
        seen: Sighting,
        cached: tuple[object, ...],
        event: AuditEvent,
        signin: SignIn | None,
        context: Context,
    ) -> Sequence[Evidence]:
        row = seen.row
        if keep:
            state.add_row(context.day, row)
            state.recent[cached] = row
            state.newest_ms = max(state.newest_ms, row.first_ms)
        vote(seen, context)
        judgement = judge(state, seen, context)
        count_strange(row, judgement.familiar, judgement.session, context)
        if signin is not None:
            signal_success(state, seen, event, signin, judgement, context)
        own = judgement.own_nats
        nats = own + judgement.session.nats
        row.own_nats, row.nats = half(own), single(nats)
        if context.sealed_days < SETTLED_DAYS and nats < STRANGE_NATS and not row.neutral:
            row.kind |= HOME
        if _may_turn_strange(row):
            row.record = (event.record_id, event.operation, event.ip, event.session)
        found = []
        if nats >= EVIDENCE_NATS:
            found.append(evidence_of(state, seen, judgement, event, context))
        elif value_of(row) in state.shown.get(context.day, ()):
            found.append(repeat_of(row))
        return [*found, *_rejudge(state, row, event, context)]

    def _enriched(self, state: SessionState, seen: Sighting, event: AuditEvent, context: Context) -> list[Evidence]:
        """A sign-in said where the address is, which the logon of the same act did not: the row is judged again."""
        vote(seen, context)
        seen.row.own_nats = half(judge_alone(state, seen, context).own_nats)
        return _rejudge(state, seen.row, event, context, itself=True)

    def _again(
        self, state: SessionState, row: Row, event: AuditEvent, signin: SignIn | None, context: Context
    ) -> Sequence[Evidence]:
        """A further record of a row; one that reaches further back or on may show two places alive at once."""
        found: Sequence[Evidence] = ()
        time_ms = event.time_ms
        if time_ms < row.first_ms:
            row.first_ms = time_ms
            if row.record is not None:
                row.record = (event.record_id, event.operation, event.ip, event.session)
            found = _rejudge(state, row, event, context, itself=True)
        elif time_ms > row.last_ms:
            before, row.last_ms = row.last_ms, time_ms
            if before < state.newest_ms:
                found = _rejudge(state, row, event, context, itself=True)
        if signin is not None and signin.mfa_by_claim and not row.kind & CLAIM:
            row.kind |= CLAIM
            found = [*found, *_judged_again(state, row, event, context)]
        if not found and row.nats >= STRANGE_NATS and value_of(row) in state.shown.get(context.day, ()):
            return [repeat_of(row)]
        return found

    def _failed(self, state: SessionState, event: AuditEvent, signin: SignIn, context: Context) -> Sequence[Evidence]:
        if signin.failure not in (Failure.BAD, Failure.PASSWORD_KNOWN) or event.ip is None:
            return ()
        agent = agent_of(signin.os, signin.browser, event.user_agent)
        bucket = _failed_hash(event, signin, agent.family)
        failed = state.failed.get(context.day, set())
        if bucket in failed:
            return ()
        if len(failed) < FAILED_MAX and not context.late:
            failed.add(bucket)
            state.failed[context.day] = failed
        _, spot = where(event, signin, context)
        known = state.familiarity("network", spot.network_hash) or state.familiarity("wide", spot.wide_hash)
        entities = [event.ip, f"{spot.network}/{agent.family:08x}"]
        if not known and context.sealed_days >= SPREAD_AFTER_DAYS:
            entities.append("tenant")
        signal(entities, "failure", event, signin, agent.family, context, stranger_nats(state, agent, context))
        if signin.failure is Failure.PASSWORD_KNOWN and not context.late:
            return _denied(state, event, signin, context)
        return ()

    # --- the rest of the protocol --------------------------------------------------------------------------------

    def notice(self, state: SessionState, notice: Notice, context: Context) -> Sequence[Evidence]:
        """The network's answer is weighed by `password-spray`."""
        return ()

    def seal(self, state: SessionState, day: int, learn: bool, context: Context) -> None:
        """Learn the day's places, clients and devices; what an incident accused for its strangeness alone, later."""
        state.seal(day, learn, context.accused)

    def dump(self, state: SessionState) -> bytes:
        """See `session_codec.dump_state`."""
        return dump_state(state)

    def load(self, data: bytes, version: int) -> SessionState:
        """See `session_codec.load_state`."""
        return load_state(data, version)


def _says_more(signin: SignIn, row: Row) -> bool:
    """The record has a place or a network number, the row has none."""
    return (row.latitude == NOWHERE and signin.latitude is not None) or (
        row.network == row.wide and signin.asn is not None
    )


def _failed_hash(event: AuditEvent, signin: SignIn, agent: int) -> int:
    """Address, ten minutes, class of failure, client and device: what is told once."""
    client = f"{agent}|{signin.device}|{signin.managed}|{signin.compliant}"
    return hash32(f"{event.ip}|{event.time_ms // BUCKET_MS}|{signin.failure}|{client}")


def _may_turn_strange(row: Row) -> bool:
    """A later record may make evidence of the row, which then counts under its own."""
    if row.own_nats > 0.0 or row.nats >= STRANGE_NATS:
        return True
    if row.kind & HOME:
        return bool(row.session) and row.own_nats > KNOWN_PLACE_NATS  # with a client that is new here
    return bool(row.session) and (not row.neutral or row.system > 0)


def _rejudge(
    state: SessionState, row: Row, event: AuditEvent, context: Context, itself: bool = False
) -> list[Evidence]:
    """Rows about which a new row, or one that reaches further, says something; with `itself` also what they say of it."""
    rows, session = state.all_rows(), row.session
    alike = state.rows_of(session) if session else []
    touched = [other for other in alike if other is not row and touches(row, other)]
    strange = [other for other in rows if other.nats >= VELOCITY_FROM_NATS and other is not row]
    touched += [other for other in strange if (not session or other.session != session) and touches(row, other)]
    by = rows if row.nats >= VELOCITY_FROM_NATS else alike  # nothing else can touch it
    if itself and any(other is not row and touches(other, row) for other in by):
        touched.append(row)
    if not touched:
        return []
    touched.sort(key=_order)  # a restart brings rows back in another order
    return [found for other in touched for found in _judged_again(state, other, event, context)]


def _order(row: Row) -> tuple[int, int]:
    return (row.first_ms, row.key)


def _judged_again(state: SessionState, row: Row, event: AuditEvent, context: Context) -> list[Evidence]:
    familiar = familiarity(state, row, context)
    session = continued(state, row, familiar, row.own_nats, context.profile)
    count_strange(row, familiar, session, context)
    nats = row.own_nats + session.nats
    if nats < row.nats + GAIN_NATS:
        return []
    row.nats = single(nats)
    if nats < EVIDENCE_NATS:
        return []
    return [rejudged_evidence(state, row, row.first_ms // DAY_MS, session, event, context)]


def _denied(state: SessionState, event: AuditEvent, signin: SignIn, context: Context) -> Sequence[Evidence]:
    """A password that is right, from a network that is not the account's."""
    seen = met(state, event, signin, context)
    if seen.row.neutral:
        return ()
    judgement = judge_alone(state, seen, context)
    if judgement.familiar >= 1.0 or judgement.own_nats < EVIDENCE_NATS:
        return ()
    return (denied_evidence(seen, judgement),)
