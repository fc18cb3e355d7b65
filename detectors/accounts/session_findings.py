"""The evidence of `impossible-session` in words. Layer: detectors."""

from __future__ import annotations

from detectors import techniques
from detectors.accounts.session_continuity import Continuity
from detectors.accounts.session_evidence import GUESSED, Judgement, Sighting
from detectors.accounts.session_state import Row, SessionState
from detectors.accounts.spot import name_as_told
from detectors.engine.detector import Context, Control, Evidence, RecordRef
from detectors.models.categories import hash32
from schemas.contracts.incident import Reason, Stage, Technique
from schemas.records.event import AuditEvent, SignIn

DETECTOR = "impossible-session"
DENIED_NATS_MAX = 9.0  # below review: the second factor held
RESET = "Revoke the account's sessions and reset its password; check what was done from this address."
REVOKE = "Revoke the account's sessions and check what was done from this address."
CHANGE_PASSWORD = "Ask the owner; if it was somebody else, change the password: it is known to an outsider."


def value_of(row: Row) -> int:
    """What the evidence is about: the address's wide prefix, which no other record can change."""
    return row.wide


def evidence_of(
    state: SessionState, seen: Sighting, judgement: Judgement, event: AuditEvent, context: Context
) -> Evidence:
    """A strange sighting, the record at hand."""
    row = seen.row
    state.shown.setdefault(context.day, set()).add(value_of(row))
    guessed = _guessed(judgement)
    return Evidence(
        detector=DETECTOR,
        value=_value(row),
        stage=Stage.ACCESS,
        technique=_technique(judgement.session),
        control=Control.SESSION,
        nats=round(judgement.nats, 2),
        reasons=_ranked(judgement.reasons),
        sentence=f"{_acted(seen, event)}, {_which(judgement, row)}{guessed}.",
        advice=RESET if guessed else REVOKE,
        certain=judgement.session.certain,
    )


def rejudged_evidence(
    state: SessionState, row: Row, day: int, session: Continuity, event: AuditEvent, context: Context
) -> Evidence:
    """An earlier sighting that looks different by a later record; it counts under the record by which it was met."""
    state.shown.setdefault(day, set()).add(value_of(row))
    uid, operation, ip, session_id = row.record or (event.record_id, event.operation, event.ip, event.session)
    time_ms = row.first_ms if row.record else event.time_ms
    where = _named(state, row, event, context) or "an address of the same day"
    other = _named(state, session.other, event, context) if session.other is not None else ""
    own = Reason("network", f"{where}, with its client and device", "", round(row.own_nats, 2))
    return Evidence(
        detector=DETECTOR,
        value=_value(row),
        stage=Stage.ACCESS,
        technique=_technique(session),
        control=Control.SESSION,
        nats=round(row.own_nats + session.nats, 2),
        reasons=_ranked([own, *session.reasons]),
        sentence=_told_later(where, other, session),
        advice=REVOKE,
        certain=session.certain,
        record=RecordRef(time_ms, uid, operation, ip, session_id),
    )


def denied_evidence(seen: Sighting, judgement: Judgement) -> Evidence:
    """The password was right, what comes after it was not: evidence of a password in other hands, not of a session."""
    reasons, nats = judgement.own_reasons, judgement.own_nats
    if nats > DENIED_NATS_MAX:
        held = Reason("second_factor", "not given", "", round(DENIED_NATS_MAX - nats, 2))
        reasons, nats = [*reasons, held], DENIED_NATS_MAX
    client = f" with {seen.agent.words}" if seen.agent.family else ""
    where = _place(judgement.familiar)
    return Evidence(
        detector=DETECTOR,
        value=f"denied:{value_of(seen.row):08x}",
        stage=Stage.ACCESS,
        technique=techniques.CLOUD_ACCOUNT,
        control=Control.PASSWORD,
        nats=round(nats, 2),
        reasons=_ranked(reasons),
        sentence=f"The password was accepted from {seen.name}{client}, {where}; the sign-in was not completed.",
        advice=CHANGE_PASSWORD,
        proof=False,
    )


def repeat_of(row: Row) -> Evidence:
    """A further record of evidence already given."""
    return Evidence(
        DETECTOR,
        _value(row),
        Stage.ACCESS,
        techniques.CLOUD_ACCOUNT,
        Control.SESSION,
        0.0,
        (),
        "",
        "",
        repeat=True,
    )


def _value(row: Row) -> str:
    return f"network:{value_of(row):08x}"


def _ranked(reasons: list[Reason]) -> tuple[Reason, ...]:
    return tuple(sorted(reasons, key=lambda reason: -reason.nats))


def _technique(session: Continuity) -> Technique:
    stolen = session.moved or session.alive or session.changed
    return techniques.SESSION_COOKIE if stolen else techniques.CLOUD_ACCOUNT


def _acted(seen: Sighting, event: AuditEvent) -> str:
    verb = "Signed in" if type(event.detail) is SignIn else "Acted"
    client = f" with {seen.agent.words}" if seen.agent.family else ""
    return f"{verb} from {seen.name}{client}"


def _which(judgement: Judgement, row: Row) -> str:
    session = judgement.session
    if session.moved or session.alive:
        return "in a session that had been in use elsewhere"
    if session.changed:
        return f"in a session that had been in use with another {session.changed}"
    return "an address of Microsoft's or the tenant's own" if row.neutral else _place(judgement.familiar)


def _guessed(judgement: Judgement) -> str:
    told = next((observed for feature, observed, _, _ in judgement.own if feature == GUESSED), "")
    return f"; somebody may have guessed its password {told}" if told else ""


def _place(familiar: float) -> str:
    """True also of networks that the models forgot, or met on days that were not learnt."""
    if familiar >= 1.0:
        return "a known network of this account"
    return "a network this account has hardly used" if familiar else "which is none of this account's known networks"


def _named(state: SessionState, row: Row, event: AuditEvent, context: Context) -> str:
    """A row's address with whose it is; empty where neither the row nor the record at hand has it."""
    ip = row.record[2] if row.record else event.ip
    if ip is None or hash32(ip) != row.address:
        return ""
    return name_as_told(ip, context.knowledge.lookup.fact(ip), state)


def _told_later(where: str, other: str, session: Continuity) -> str:
    if session.alive:
        usual = f"{other}, which is not" if other else "one that is not"
        return f"One session was used by turns from two networks: {where}, which is strange here, and {usual}."
    if session.changed:
        return f"One session was used from {where} with another {session.changed} than before."
    if session.moved:
        return f"One session was used from {where} after it had been in use at {other or 'another network'}."
    return f"The account was used from {where} and from {other or 'another place'}, {session.journey} apart."
