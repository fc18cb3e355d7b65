"""A session that cannot be the owner's: strange network, strange client, one session in two places. Layer: detectors.

Every own record with an address is a sighting: sign-ins, and the mailbox, file and directory records that carry a session
id. A sighting is judged once per address, client and session of a day; further records of it only count.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from detectors import techniques
from detectors.accounts.client_agent import agent_of
from detectors.accounts.session_evidence import (
    ALIVE_NATS,
    PHONES,
    SETTLED_DAYS,
    TENANT_DAYS_MIN,
    Judgement,
    Sighting,
    judge,
    same_place,
)
from detectors.accounts.session_state import (
    ALIVE,
    DEVICE_HELD,
    DEVICE_MANAGED,
    DEVICE_NONE,
    DEVICE_SILENT,
    HOME,
    NEUTRAL,
    NOWHERE,
    PLAIN,
    RELAY,
    ROWS_MAX,
    STRANGE,
    SYSTEMS,
    TRUSTED,
    Row,
    SessionState,
    dump_state,
    load_state,
)
from detectors.engine.detector import HOUR_MS, Context, Control, DetectorInfo, Evidence, Place, RecordRef
from detectors.engine.network import (
    MICROSOFT_ASN,
    NetworkFact,
    is_microsoft_service,
    is_relay,
    network_class,
    network_key,
    wide_prefix_of,
)
from detectors.models.categories import hash32
from detectors.models.rounding import single
from schemas.contracts.incident import Reason, Stage, Technique
from schemas.contracts.notice import Notice
from schemas.contracts.signal import BUCKET_MS, Signal
from schemas.records.event import AuditEvent, Failure, SignIn, TraceRow

EVIDENCE_NATS = 2.5
STRANGE_NATS = 2.0  # from here a row remembers its first record
SHARED_PLACE = 0.005  # of the others' person-days
USUAL_PLACE = 0.3  # of the account's days
FAILED_MAX = 400  # failures of a day that are signalled one by one


class ImpossibleSessionDetector:
    """Weighs where, with what and in which session an account acts."""

    info = DetectorInfo(
        id="impossible-session",
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
            context.place = _mailed_from(state, event)
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
            row = state.recent[cached] = _row(state, event, signin, context)
            rows = state.rows.setdefault(context.day, {})
            known = rows.get(row.key)
            if known is not None:
                row = state.recent[cached] = known
            else:
                found = self._new(state, rows, row, event, signin, context)
                _placed(state, row, event, context)
                return found
        _placed(state, row, event, context)
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
        seen = _sighting(row, event, signin, context)
        if len(rows) < ROWS_MAX:
            rows[row.key] = row
        _vote(seen, context)
        judgement = judge(state, seen, context)
        if signin is not None:
            _signal_success(state, seen, event, signin, judgement, context)
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
                found.append(_evidence(state, seen, judgement, event, context))
        elif _value(row) in state.shown.get(context.day, ()):
            found.append(_repeat(row))
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
        if row.nats >= STRANGE_NATS and _value(row) in state.shown.get(context.day, ()):
            return [_repeat(row)]
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
                found.append(_alive(state, other, day))
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
        fact = _fact(event, signin, context)
        agent = agent_of(signin.os, signin.browser, event.user_agent)
        network = network_key(event.ip, fact)
        known = state.familiarity("network", hash32(network)) or state.familiarity("wide", hash32(_wide(event.ip)))
        entities = [event.ip, f"{network}/{agent.family:08x}"]
        if not known and context.sealed_days >= SETTLED_DAYS:
            entities.append("tenant")
        _signal(entities, "failure", event, signin, agent.family, context)
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


def _placed(state: SessionState, row: Row, event: AuditEvent, context: Context) -> None:
    """Tell the detectors that follow what is known of the address, by the profile of the day."""
    if row.trusted_on != context.profile.day & 0xFFFF:
        signin = event.detail if type(event.detail) is SignIn else None
        row.trusted_on = context.profile.day & 0xFFFF
        row.kind = row.kind & ~(TRUSTED | STRANGE) | _trust(state, _sighting(row, event, signin, context), context)
    context.place = Place.TRUSTED if row.kind & TRUSTED else Place.STRANGE if row.kind & STRANGE else Place.UNKNOWN
    if event.time_ms >= state.last_ms and not row.neutral:
        state.last_ms, state.last_place = event.time_ms, context.place


def _mailed_from(state: SessionState, event: AuditEvent) -> Place:
    """A trace row's address is the client's or a relay's: it counts when the account acted from it, else where it acted last."""
    address = hash32(event.ip) if event.ip else 0
    kinds = [row.kind for row in state.all_rows() if row.address == address] if address else []
    if kinds:
        if any(kind & TRUSTED for kind in kinds):
            return Place.TRUSTED
        return Place.STRANGE if all(kind & STRANGE for kind in kinds) else Place.UNKNOWN
    return Place(state.last_place) if abs(event.time_ms - state.last_ms) <= HOUR_MS else Place.UNKNOWN


def _trust(state: SessionState, seen: Sighting, context: Context) -> int:
    """Bits of Row.kind. A place is trusted when the account has used it and the tenant shares it, or most of its days are
    spent there; in the first week the tenant's word is enough."""
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
    if usual or (shared and (familiar > 0.0 or not settled)):
        return TRUSTED
    return STRANGE if familiar == 0.0 and settled else 0


def _spellings(row: Row) -> tuple[tuple[str, int], tuple[str, int]]:
    return (("network", row.network), ("wide", row.wide))


def _alive_together(one: Row, other: Row) -> bool:
    return one.first_ms <= other.last_ms and other.first_ms <= one.last_ms


def _row(state: SessionState, event: AuditEvent, signin: SignIn | None, context: Context) -> Row:
    ip = event.ip or ""
    fact = _fact(event, signin, context)
    if signin is None:
        agent = agent_of(None, None, event.user_agent)
        device, held = 0, DEVICE_SILENT
    else:
        agent = agent_of(signin.os, signin.browser, event.user_agent)
        device = hash32(signin.device) if signin.device else 0
        held = _held(signin)
    address = hash32(ip)
    network = hash32(network_key(ip, fact))
    if fact.asn is None:  # a sign-in from the same address may have said whose network it is
        network = next((row.network for row in state.all_rows() if row.address == address), network)
    kind = PLAIN if agent.plain_browser else 0
    if is_microsoft_service(ip) or context.knowledge.is_egress(ip):
        kind |= NEUTRAL
    elif fact.asn in MICROSOFT_ASN and not (signin and signin.interactive):
        kind |= NEUTRAL  # a service of Microsoft acts for the user; a person behind a rented machine signs in
    elif is_relay(ip, fact):
        kind |= RELAY
    session = hash32(event.session) if event.session else 0
    key = hash32(f"{ip}|{event.session}") << 32 | hash32(f"{agent.family}|{device}|{held}")
    spot = (NOWHERE, NOWHERE)
    if fact.latitude is not None and fact.longitude is not None:
        spot = (round(fact.latitude * 100), round(fact.longitude * 100))
    return Row(
        key,
        event.time_ms,
        event.time_ms,
        network,
        hash32(_wide(ip)),
        hash32(fact.country) if fact.country else 0,
        agent.family,
        device,
        session,
        SYSTEMS.index(agent.system),
        held,
        kind,
        *spot,
        address=address,
    )


def _held(signin: SignIn) -> int:
    if signin.managed or signin.compliant:
        return DEVICE_MANAGED
    if signin.device is None:
        return DEVICE_SILENT
    return DEVICE_HELD if signin.device else DEVICE_NONE


@lru_cache(maxsize=65_536)
def _wide(ip: str) -> str:
    return f"net:{wide_prefix_of(ip)}"


def _fact(event: AuditEvent, signin: SignIn | None, context: Context) -> NetworkFact:
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


def _sighting(row: Row, event: AuditEvent, signin: SignIn | None, context: Context) -> Sighting:
    ip = event.ip or ""
    fact = _fact(event, signin, context)
    where = ", ".join(
        part for part in (fact.org, f"AS{fact.asn}" if fact.asn else None, fact.city, fact.country) if part
    )
    agent = agent_of(signin and signin.os, signin and signin.browser, event.user_agent)
    return Sighting(
        row,
        ip,
        network_key(ip, fact),
        _wide(ip),
        f"{ip} ({where})" if where else ip,
        fact.country or "",
        network_class(fact),
        agent,
        bool(signin and signin.interactive),
        bool(signin and signin.mfa_by_claim),
    )


def _vote(seen: Sighting, context: Context) -> None:
    ledger, row = context.ledger, seen.row
    if ledger is None or row.neutral:
        return
    ledger.vote(context.number, "network", seen.network)
    ledger.vote(context.number, "network", seen.wide)
    if seen.country:
        ledger.vote(context.number, "country", seen.country)
    if row.agent:
        ledger.vote(context.number, "agent", f"{row.agent:08x}")


def _signal_success(
    state: SessionState, seen: Sighting, event: AuditEvent, signin: SignIn, judgement: Judgement, context: Context
) -> None:
    entities = [seen.ip, f"{seen.network}/{seen.row.agent:08x}"]
    if judgement.familiar == 0.0 and context.sealed_days >= SETTLED_DAYS:
        entities.append("tenant")
    _signal(entities, "success", event, signin, seen.row.agent, context)


def _signal(
    entities: Sequence[str], what: str, event: AuditEvent, signin: SignIn, agent: int, context: Context
) -> None:
    for entity in entities:
        context.signals.append(
            Signal(
                context.profile.tenant or event.tenant,
                "network",
                entity,
                context.account,
                what,
                event.time_ms,
                event.record_id,
                event.source.value,
                event.operation,
                event.ip,
                signin.error,
                agent,
            )
        )


# --- evidence ----------------------------------------------------------------------------------------------------


def _value(row: Row) -> int:
    """What the evidence is about: the network (and, at home, the session)."""
    return row.network


def _evidence(
    state: SessionState, seen: Sighting, judgement: Judgement, event: AuditEvent, context: Context
) -> Evidence:
    row = seen.row
    state.shown.setdefault(context.day, set()).add(_value(row))
    reasons = tuple(sorted(judgement.reasons, key=lambda reason: -reason.nats))
    return Evidence(
        detector=ImpossibleSessionDetector.info.id,
        value=f"network:{_value(row):08x}",
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


def _repeat(row: Row) -> Evidence:
    return Evidence(
        ImpossibleSessionDetector.info.id,
        f"network:{_value(row):08x}",
        Stage.ACCESS,
        techniques.CLOUD_ACCOUNT,
        Control.SESSION,
        0.0,
        (),
        "",
        "",
        repeat=True,
    )


def _alive(state: SessionState, row: Row, day: int) -> Evidence:
    assert row.record is not None
    state.shown.setdefault(day, set()).add(_value(row))
    uid, operation, ip, session = row.record
    gain = ALIVE_NATS * (0.3 if SYSTEMS[row.system] in PHONES or row.kind & RELAY else 1.0 if row.system else 0.6)
    reasons = (
        Reason("network", f"{ip}, as judged when it appeared", "", round(row.nats, 2)),
        Reason("session", "in use at two networks at once", "one place", round(gain, 2)),
    )
    return Evidence(
        detector=ImpossibleSessionDetector.info.id,
        value=f"network:{_value(row):08x}",
        stage=Stage.ACCESS,
        technique=techniques.SESSION_COOKIE,
        control=Control.SESSION,
        nats=round(row.nats + gain, 2),
        reasons=reasons,
        sentence=f"One session was in use from {ip} and from another network at the same time.",
        advice="Revoke the account's sessions and check what was done from this address.",
        record=RecordRef(row.first_ms, uid, operation, ip, session),
    )
