"""Audit that is switched off, bypassed, cut short or kept for hours only. Layer: detectors.

The record of it is the last clear word that the log gives of what comes next (T1562.008). As with rules, the act is so rare that
history says little: the score is the log-likelihood ratio of what is taken away (`audit_content`) plus the surprise that it was
taken away at all. The second backs off from the account's own rate to the tenant's and to a shipped one (conjugate Gamma-Poisson,
`RareOccurrence`), so that a service that does it every week counts for little. The audit of a whole tenant is another matter:
its content alone is worth a review, whoever does it and however often, because an owner wants to know.

To switch on is never evidence. What a mailbox or account had already been set to is no news when it is set again. The actor is
an administrator, so nothing here reaches `act` alone at the nominal threshold: that takes a sign that the session is not theirs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from detectors import techniques
from detectors.accounts.audit_content import BYPASS, FURTHER_NATS, TENANT, Loss, kind_of, losses, restored, sentence
from detectors.accounts.audit_content import service_name as named_like_service
from detectors.accounts.audit_habits import AuditHabits, dump_habits, load_habits
from detectors.engine.detector import Context, Control, DetectorInfo, Evidence
from detectors.models.categories import hash32
from detectors.models.occurrence import RareOccurrence
from schemas.contracts.incident import Reason, Resource, Stage
from schemas.contracts.notice import Notice
from schemas.records.event import AuditEvent, AuditScope, AuditSetting, MailboxForwarding
from schemas.text import printable

ACTS = ("audit-tenant", "audit-bypass", "audit-mailbox")  # names of the rates, by kind
RATES = (1 / 10_000, 1 / 3_000, 1 / 1_000)  # per account and day before a tenant has its own
MADE_MAX_NATS = (3.0, 6.0, 6.0)  # a bypass or a mailbox alone stays below the nominal review
CERTAIN_NATS = 4.0  # content of this weight needs no baseline
OWN_NATS = 1.5
SERVICE_NATS = -1.5
SEVERAL_NATS = 1.5  # times ln of the mailboxes and accounts of the day
RATE_MIN = 1e-6
_ADVICE = (
    "Switch it on again (Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $true, -AdminAuditLogEnabled $true;"
    " Set-OrganizationConfig -AuditDisabled $false) and ask who did it: what came after it left no record.",
    "End the bypass (Set-MailboxAuditBypassAssociation -AuditBypassEnabled $false) unless somebody can say why it is there.",
    "Set it back (Set-Mailbox -AuditEnabled $true -DefaultAuditSet Admin,Delegate,Owner) and look at what was done there.",
)


class AuditTamperingDetector:
    """Judges what a change of auditing takes away, and that it was done."""

    info = DetectorInfo(
        id="audit-tampering",
        number=20,
        version=1,
        title="Audit switched off or cut short",
        catches="The audit of the tenant, of administrators' commands or of all mailboxes switched off; audit bypass of an"
        " account; a mailbox without audit, with fewer audited acts, or whose audit is kept for hours.",
        misses="A licence with less audit that is assigned; commands left out of the administrators' audit; what was off"
        " before the first record (a live tenant's inventory lists it); a mailbox that is switched off again after another"
        " account switched it on.",
        needs="Exchange audit records (Audit.Exchange).",
        false_positives="A tenant that moves its audit elsewhere; a journal or service account that is taken out for its"
        " noise stays below review unless several are on one day.",
        techniques=(techniques.DISABLED_LOGS,),
    )
    details: frozenset[type] | None = frozenset({AuditSetting, MailboxForwarding})

    def start(self) -> AuditHabits:
        """An account that never touched auditing."""
        return AuditHabits()

    def observe(self, state: AuditHabits, event: AuditEvent, context: Context) -> Sequence[Evidence]:
        """Score a change of auditing."""
        detail = event.detail
        setting = detail.audit if isinstance(detail, MailboxForwarding) else detail
        if not isinstance(setting, AuditSetting) or event.ok is False:
            return ()
        of_tenant = setting.scope is AuditScope.TENANT
        if context.role != "actor" and not (of_tenant and context.role == "system"):
            return ()
        name = hash32(f"{setting.scope}|{setting.name or ''}")
        learns = context.own and not context.late
        if learns:
            for place in restored(setting):
                state.note(context.day, (name, place), False)
        found = [loss for loss in losses(setting) if of_tenant or not state.is_off(context.day, (name, loss.place))]
        if not found:
            return ()
        kind = kind_of(found[0].place)
        if learns:
            for loss in found:
                state.note(context.day, (name, loss.place), True)
            if context.ledger is not None:
                context.ledger.act(context.number, ACTS[kind])
        return [_evidence(state, event, setting, found, kind, name, context)]

    def notice(self, state: AuditHabits, notice: Notice, context: Context) -> Sequence[Evidence]:
        """Entities say nothing about auditing."""
        return ()

    def seal(self, state: AuditHabits, day: int, learn: bool, context: Context) -> None:
        """Learn what the account switched off and on that day."""
        state.seal(day, learn)

    def dump(self, state: AuditHabits) -> bytes:
        """See `audit_habits`; empty for an account that never touched auditing."""
        return dump_habits(state)

    def load(self, data: bytes, version: int) -> AuditHabits:
        """Bytes to state; ValueError when they are damaged."""
        return load_habits(data)


def _is_own(event: AuditEvent, setting: AuditSetting) -> bool:
    return bool(setting.name) and setting.name in (event.user, event.user.partition("@")[0])


def _content(event: AuditEvent, setting: AuditSetting, found: list[Loss], kind: int) -> list[Reason]:
    """What is taken away and from whom: the gravest loss counts in full."""
    first, *further = (loss.reason for loss in found)
    reasons = [first, *(Reason(r.feature, r.observed, r.expected, FURTHER_NATS) for r in further)]
    if kind != TENANT and _is_own(event, setting):
        reasons.append(Reason("own_account", "of the account that did it", "of another", OWN_NATS))
    if kind == BYPASS and setting.name and named_like_service(setting.name):
        reasons.append(Reason("service_name", "the account is called like a service", "a person", SERVICE_NATS))
    return reasons


def _made(state: AuditHabits, kind: int, context: Context) -> Reason:
    """Surprise that it was done at all: the account's own rate, shrunk to the tenant's."""
    prior = max(context.profile.rates.get(ACTS[kind], RATES[kind]), RATE_MIN)
    model = state.rates.get(kind)
    days = 0 if model is None else model.days
    if model is None:
        model = RareOccurrence(prior)
    model.prior_rate = prior
    nats = min(model.score_one({"day": context.day}), MADE_MAX_NATS[kind])
    expected = f"one in {1 / prior:.0f} days" if not days else "judged by what this account did before"
    return Reason(ACTS[kind].replace("-", "_") + "_reduced", "today", expected, round(nats, 2))


def _evidence(
    state: AuditHabits,
    event: AuditEvent,
    setting: AuditSetting,
    found: list[Loss],
    kind: int,
    name: int,
    context: Context,
) -> Evidence:
    reasons = _content(event, setting, found, kind)
    several = state.switched_off(context.day, kind)
    if kind != TENANT and several > 1:
        nats = round(SEVERAL_NATS * math.log(several), 2)
        reasons.append(Reason("several", f"{several} on this day", "one", nats))
    content = sum(reason.nats for reason in reasons)
    reasons.append(_made(state, kind, context))
    shown = printable(setting.name or "", 80)
    tenant = kind == TENANT or not shown.strip()
    return Evidence(
        detector=AuditTamperingDetector.info.id,
        value=f"{ACTS[kind]}:{found[0].place if kind == TENANT else f'{name:08x}'}",
        stage=Stage.EVASION,
        technique=techniques.DISABLED_LOGS,
        control=Control.MAILBOX,
        nats=round(sum(reason.nats for reason in reasons), 2),
        reasons=tuple(sorted(reasons, key=lambda reason: -reason.nats)),
        sentence=sentence(kind, found[0], setting.name or "", _is_own(event, setting)),
        advice=_ADVICE[kind],
        certain=content >= CERTAIN_NATS,
        proof=context.own,
        resources=() if tenant else (Resource("User", shown, shown),),
    )
