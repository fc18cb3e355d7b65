"""The evidence of `impossible-session` in words. Layer: detectors."""

from __future__ import annotations

from detectors import techniques
from detectors.accounts.session_evidence import ALIVE_NATS, PHONES, Judgement, Sighting
from detectors.accounts.session_state import RELAY, SYSTEMS, Row, SessionState
from detectors.engine.detector import Context, Control, Evidence, RecordRef
from schemas.contracts.incident import Reason, Stage, Technique
from schemas.records.event import AuditEvent, SignIn

DETECTOR = "impossible-session"


def value_of(row: Row) -> int:
    """What the evidence is about: the network (and, at home, the session)."""
    return row.network


def evidence_of(
    state: SessionState, seen: Sighting, judgement: Judgement, event: AuditEvent, context: Context
) -> Evidence:
    row = seen.row
    state.shown.setdefault(context.day, set()).add(value_of(row))
    reasons = tuple(sorted(judgement.reasons, key=lambda reason: -reason.nats))
    return Evidence(
        detector=DETECTOR,
        value=f"network:{value_of(row):08x}",
        stage=Stage.ACCESS,
        technique=_technique(judgement.switched),
        control=Control.SESSION,
        nats=round(judgement.nats, 2),
        reasons=reasons,
        sentence=_sentence(seen, judgement, event),
        advice="Revoke the account's sessions and check what was done from this address.",
        certain=judgement.certain,
    )


def _sentence(seen: Sighting, judgement: Judgement, event: AuditEvent) -> str:
    verb = "Signed in" if type(event.detail) is SignIn else "Acted"
    client = f" with {seen.agent.words}" if seen.agent.family else ""
    if judgement.switched:
        what = "a session that had been in use elsewhere"
        return f"{verb} from {seen.name}{client}, in {what}."
    how = {0.0: "which this account had never used", 0.5: "which this account had used only once"}
    which = how.get(judgement.familiar, "a known place")
    return f"{verb} from {seen.name}{client}, {which}."


def _technique(switched: bool) -> Technique:
    return techniques.SESSION_COOKIE if switched else techniques.CLOUD_ACCOUNT


def repeat_of(row: Row) -> Evidence:
    return Evidence(
        DETECTOR,
        f"network:{value_of(row):08x}",
        Stage.ACCESS,
        techniques.CLOUD_ACCOUNT,
        Control.SESSION,
        0.0,
        (),
        "",
        "",
        repeat=True,
    )


def alive_evidence(state: SessionState, row: Row, day: int) -> Evidence:
    assert row.record is not None
    state.shown.setdefault(day, set()).add(value_of(row))
    uid, operation, ip, session = row.record
    gain = ALIVE_NATS * (0.3 if SYSTEMS[row.system] in PHONES or row.kind & RELAY else 1.0 if row.system else 0.6)
    reasons = (
        Reason("network", f"{ip}, as judged when it appeared", "", round(row.nats, 2)),
        Reason("session", "in use at two networks at once", "one place", round(gain, 2)),
    )
    return Evidence(
        detector=DETECTOR,
        value=f"network:{value_of(row):08x}",
        stage=Stage.ACCESS,
        technique=techniques.SESSION_COOKIE,
        control=Control.SESSION,
        nats=round(row.nats + gain, 2),
        reasons=reasons,
        sentence=f"One session was in use from {ip} and from another network at the same time.",
        advice="Revoke the account's sessions and check what was done from this address.",
        record=RecordRef(row.first_ms, uid, operation, ip, session),
    )
