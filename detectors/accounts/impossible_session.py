"""A session that cannot be the owner's: strange network, strange client, one session in two places. Layer: detectors.

Every own record with an address is a sighting: sign-ins, and the mailbox, file and directory records that carry a session
id. A sighting is judged once per address, client and session of a day; further records of it only count.
"""

from __future__ import annotations

from collections.abc import Sequence

from detectors import techniques
from detectors.accounts.client_agent import agent_of
from detectors.accounts.place_trust import mailed_from, placed
from detectors.accounts.session_evidence import SETTLED_DAYS, judge, same_place
from detectors.accounts.session_findings import DETECTOR, alive_evidence, evidence_of, repeat_of, value_of
from detectors.accounts.session_signals import signal, signal_success, vote
from detectors.accounts.session_state import ALIVE, HOME, ROWS_MAX, Row, SessionState, dump_state, load_state
from detectors.accounts.sightings import fact_of, row_of, sighting_of, wide_of
from detectors.engine.detector import Context, DetectorInfo, Evidence
from detectors.engine.network import network_key
from detectors.models.categories import hash32
from detectors.models.rounding import single
from schemas.contracts.notice import Notice
from schemas.contracts.signal import BUCKET_MS
from schemas.records.event import AuditEvent, Failure, SignIn, TraceRow

EVIDENCE_NATS = 2.5
STRANGE_NATS = 2.0  # from here a row remembers its first record
FAILED_MAX = 400  # failures of a day that are signalled one by one


class ImpossibleSessionDetector:
    """Weighs where, with what and in which session an account acts."""

    info = DetectorInfo(
        id=DETECTOR,
        number=18,
        version=1,
        title="Session that cannot be the owner's",
        catches="Sign-ins through a phishing proxy, stolen tokens used from a second network or device, sign-ins from"
        " networks, countries and clients that neither the account nor its tenant knows, impossible journeys.",
        misses="An attacker in the victim's own network with the victim's own browser; one who was there before the first"
        " record and whose network has become known.",
        needs="Sign-ins (Graph or Audit.AzureActiveDirectory); session ids on Audit.Exchange and Audit.SharePoint help.",
        false_positives="First days behind a commercial VPN, first days abroad with a new device.",
        techniques=(techniques.CLOUD_ACCOUNT, techniques.SESSION_COOKIE),
    )
    details: frozenset[type] | None = None

    def start(self) -> SessionState:
        """An account never seen."""
        return SessionState()

    def observe(self, state: SessionState, event: AuditEvent, context: Context) -> Sequence[Evidence]:
        """Judge a new sighting; count a known one."""
        ip = event.ip
        if type(event.detail) is TraceRow:
            context.place = mailed_from(state, event)
            return ()
        if ip is None or context.role != "actor" or event.external or event.app_only:
            return ()
        signin = event.detail if type(event.detail) is SignIn else None
        if signin is not None and signin.failure is not None:
            return self._failed(state, event, signin, context)
        if event.ok is False or context.late:
            return ()
        cached = (context.day, ip, event.session, event.user_agent, signin and (signin.device, signin.managed))
        row = state.recent.get(cached)
        if row is None:
            row = state.recent[cached] = row_of(state, event, signin, context)
            rows = state.rows.setdefault(context.day, {})
            known = rows.get(row.key)
            if known is not None:
                row = state.recent[cached] = known
            else:
                found = self._new(state, rows, row, event, signin, context)
                placed(state, row, event, context)
                return found
        placed(state, row, event, context)
        return self._again(state, row, event, context)

    # --- sightings -----------------------------------------------------------------------------------------------

    def _new(
        self,
        state: SessionState,
        rows: dict[int, Row],
        row: Row,
        event: AuditEvent,
        signin: SignIn | None,
        context: Context,
    ) -> Sequence[Evidence]:
        seen = sighting_of(row, event, signin, context)
        if len(rows) < ROWS_MAX:
            rows[row.key] = row
        vote(seen, context)
        judgement = judge(state, seen, context)
        if signin is not None:
            signal_success(state, seen, event, signin, judgement, context)
        row.nats = single(judgement.nats)
        young = context.sealed_days < SETTLED_DAYS and judgement.nats < STRANGE_NATS
        if not row.neutral and (judgement.familiar == 1.0 or young):
            row.kind |= HOME
        found = []
        if judgement.nats >= STRANGE_NATS:
            row.record = (event.record_id, event.operation, event.ip, event.session)
            if row.session:
                state.strange.add(row.session)
            if judgement.nats >= EVIDENCE_NATS:
                found.append(evidence_of(state, seen, judgement, event, context))
        elif value_of(row) in state.shown.get(context.day, ()):
            found.append(repeat_of(row))
        return [*found, *self._rejudge(state, row, context)]

    def _again(self, state: SessionState, row: Row, event: AuditEvent, context: Context) -> Sequence[Evidence]:
        """A further record of a row; one that reaches further back or on may show two places alive at once."""
        if event.time_ms < row.first_ms:
            row.first_ms = event.time_ms
        elif event.time_ms > row.last_ms:
            row.last_ms = event.time_ms
            if row.session in state.strange and row.nats < STRANGE_NATS:
                found = self._rejudge(state, row, context)
                if found:
                    return found
        if row.nats >= STRANGE_NATS and value_of(row) in state.shown.get(context.day, ()):
            return [repeat_of(row)]
        return ()

    def _rejudge(self, state: SessionState, row: Row, context: Context) -> list[Evidence]:
        """Strange rows of the same session gain when this row shows that the session lives elsewhere too."""
        if row.session not in state.strange or not row.kind & HOME:
            return []
        found = []
        for day, rows in state.rows.items():
            for other in rows.values():
                if other is row or other.session != row.session or other.record is None or other.neutral:
                    continue
                if same_place(row, other) or not _alive_together(row, other) or other.kind & ALIVE:
                    continue
                other.kind |= ALIVE
                found.append(alive_evidence(state, other, day))
        return found

    def _failed(self, state: SessionState, event: AuditEvent, signin: SignIn, context: Context) -> Sequence[Evidence]:
        if signin.failure not in (Failure.BAD, Failure.PASSWORD_KNOWN) or event.ip is None:
            return ()
        bucket = hash32(f"{event.ip}|{event.time_ms // BUCKET_MS}")
        failed = state.failed.setdefault(context.day, set())
        if bucket in failed:
            return ()
        if len(failed) < FAILED_MAX and not context.late:
            failed.add(bucket)
        fact = fact_of(event, signin, context)
        agent = agent_of(signin.os, signin.browser, event.user_agent)
        network = network_key(event.ip, fact)
        known = state.familiarity("network", hash32(network)) or state.familiarity("wide", hash32(wide_of(event.ip)))
        entities = [event.ip, f"{network}/{agent.family:08x}"]
        if not known and context.sealed_days >= SETTLED_DAYS:
            entities.append("tenant")
        signal(entities, "failure", event, signin, agent.family, context)
        return ()

    # --- the rest of the protocol --------------------------------------------------------------------------------

    def notice(self, state: SessionState, notice: Notice, context: Context) -> Sequence[Evidence]:
        """The network's answer is weighed by `password-spray`."""
        return ()

    def seal(self, state: SessionState, day: int, learn: bool, context: Context) -> None:
        """Learn the day's places, clients and devices."""
        state.seal(day, learn)

    def dump(self, state: SessionState) -> bytes:
        """See `session_state.dump_state`."""
        return dump_state(state)

    def load(self, data: bytes, version: int) -> SessionState:
        """See `session_state.load_state`."""
        return load_state(data)


def _alive_together(one: Row, other: Row) -> bool:
    return one.first_ms <= other.last_ms and other.first_ms <= one.last_ms
