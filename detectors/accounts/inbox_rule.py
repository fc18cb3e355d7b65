"""Inbox rules, sweep rules, mailbox forwarding and mail flow rules. Layer: detectors.

A rule is rare (an account makes less than one a quarter), so its own history says little: the score is the log-likelihood
ratio of what the rule does (expert weights of detection-science 1.2) plus the surprise that a rule was made at all. It
needs no baseline and judges an account that was taken over before monitoring began.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite

from detectors import techniques
from detectors.accounts.rule_content import (
    forwarding_reasons,
    rule_reasons,
    transport_reasons,
    weight,
)
from detectors.accounts.rule_sentences import quoted, sentence, short, whence
from detectors.engine.detector import DAY_MS, HOUR_MS, Context, Control, DetectorInfo, Evidence
from detectors.models.categories import hash32
from detectors.models.occurrence import RareOccurrence
from detectors.models.rounding import single
from schemas.contracts.incident import Reason, Resource, Stage, Technique
from schemas.contracts.notice import Notice
from schemas.records.event import AuditEvent, InboxRule, MailboxForwarding, RuleAction, Source, TransportRule

RULE_RATE = 1 / 90  # rules per account and day before a tenant has its own rate
FORWARDING_RATE = 1 / 300
TRANSPORT_RATE = 1 / 365
CERTAIN_NATS = 4.0  # content of this weight needs no baseline
RECENT_MAX = 8
REMEMBERED_DAYS = 45  # longer than an archive that finds a standing rule anew
QUICK_MS = 6 * HOUR_MS
ADMINISTRATOR_NATS = -3.0
_COUNTS_AT = 16
_RECENT, _OPEN_DAY = struct.Struct("<Iqf"), struct.Struct("<iH")


@dataclass(slots=True)
class RuleState:
    """Rates of the account and its rules of the last weeks (name hash, time, nats).

    A rule that goes quickly is stranger; one that an inventory finds is told once. Nats of a found rule stand negative: when
    it was made is not known.
    """

    rate: RareOccurrence = field(default_factory=lambda: RareOccurrence(RULE_RATE))
    recent: list[tuple[int, int, float]] = field(default_factory=list)
    open_days: dict[int, int] = field(default_factory=dict)


class InboxRuleDetector:
    """Judges what a rule or forwarding does, and that it was made."""

    info = DetectorInfo(
        id="inbox-rule",
        number=16,
        version=1,
        title="Inbox rule or forwarding that hides or leaks mail",
        catches="Rules that hide, delete or forward mail (cmdlet, Outlook and sweep form), mailbox forwarding, mail flow"
        " rules that copy mail out; random or blank names, rules and forwards of all mail, forwards to a look-alike of the"
        " tenant's domain, rules removed within hours.",
        misses="In exports, rules made before the first record and never touched again (a live tenant's inventory finds"
        " them); the folder behind an Outlook store id;"
        " a forwarding to a free-mail address under the owner's own name.",
        needs="Exchange audit records (Audit.Exchange).",
        false_positives="Owners who delete newsletters by rule, leavers who forward to their own address: kept below"
        " review by their low weight.",
        techniques=(techniques.HIDING_RULE, techniques.FORWARDING_RULE),
    )
    details: frozenset[type] | None = frozenset({InboxRule, MailboxForwarding, TransportRule})

    def start(self) -> RuleState:
        """An account without history."""
        return RuleState()

    def observe(self, state: RuleState, event: AuditEvent, context: Context) -> Sequence[Evidence]:
        """Score a rule change."""
        detail = event.detail
        if event.ok is False or context.role not in ("actor", "system"):
            return ()
        if isinstance(detail, InboxRule):
            return self._rule(state, event, detail, context)
        if isinstance(detail, MailboxForwarding):
            return self._forwarding(state, event, detail, context)
        if isinstance(detail, TransportRule):
            return self._transport(state, event, detail, context)
        return ()

    def notice(self, state: RuleState, notice: Notice, context: Context) -> Sequence[Evidence]:
        """Entities say nothing about rules."""
        return ()

    def _rule(self, state: RuleState, event: AuditEvent, rule: InboxRule, context: Context) -> Sequence[Evidence]:
        if rule.blank or rule.action is RuleAction.DISABLE:
            return ()
        name = hash32((rule.name or rule.rule_id or "").casefold())
        if rule.action is RuleAction.REMOVE:
            return self._removed(state, event, rule, name)
        if rule.action is RuleAction.ENABLE:
            return ()
        reasons = rule_reasons(rule, context)
        content = weight(reasons)
        self._noted(state, context, "inbox-rule")
        if content < 1.0:
            return ()
        if rule.action is RuleAction.FOUND:
            if _known(state, name, event.time_ms, content):
                return ()
        else:
            reasons.append(_made(state.rate, context, "inbox-rule", RULE_RATE))
            state.recent = [*state.recent, (name, event.time_ms, single(weight(reasons)))][-RECENT_MAX:]
        leaks = bool(rule.forward_to) and not rule.delete
        stage = Stage.COLLECTION if leaks else Stage.EVASION
        technique = techniques.FORWARDING_RULE if leaks else techniques.HIDING_RULE
        return [
            _evidence(
                event, context, f"rule:{name:08x}", stage, technique, reasons, sentence(rule, event, context), content
            )
        ]

    def _removed(self, state: RuleState, event: AuditEvent, rule: InboxRule, name: int) -> Sequence[Evidence]:
        for made, time_ms, nats in state.recent:
            age = event.time_ms - time_ms
            if made == name and 0 <= age <= QUICK_MS and nats >= 5.0:
                minutes = age // 60_000
                reasons = (
                    Reason("rule_content", f"{nats:.1f} nats when it was made", "", round(nats, 2)),
                    Reason("removed_after", f"{minutes} minutes", "rules stay for months", 1.5),
                )
                text = f"The rule {quoted(rule.name)} was removed {minutes} minutes after it had been made."
                return [_plain(event, f"rule:{name:08x}", Stage.EVASION, techniques.HIDING_RULE, reasons, text)]
        return ()

    def _forwarding(
        self, state: RuleState, event: AuditEvent, change: MailboxForwarding, context: Context
    ) -> Sequence[Evidence]:
        self._noted(state, context, "forwarding")
        if change.to is None:
            return ()
        reasons = forwarding_reasons(change, context)
        content = weight(reasons)
        if content < 1.0:
            return ()
        found, name = _found(event), hash32(change.to)
        if found and _known(state, name, event.time_ms, content):
            return ()
        if not found:
            reasons.append(_made(state.rate, context, "forwarding", FORWARDING_RATE))
            state.recent = [*state.recent, (name, event.time_ms, -single(content))][-RECENT_MAX:]
        if _for_another(event):
            reasons.append(Reason("administrator", "set for another mailbox", "", ADMINISTRATOR_NATS))
        kept = "without keeping a copy" if change.keep_copy is False else "with a copy kept"
        begun = "was already being forwarded, when it was first looked at," if found else "is now forwarded"
        place = whence(event, context)
        place = f", set{place}" if place else ""
        text = f"All mail of the mailbox {begun} to {short(change.to)}, {kept}{place}."
        value = f"forward:{name:08x}"
        return [_evidence(event, context, value, Stage.COLLECTION, techniques.FORWARDING_RULE, reasons, text, content)]

    def _transport(
        self, state: RuleState, event: AuditEvent, rule: TransportRule, context: Context
    ) -> Sequence[Evidence]:
        if rule.action not in (RuleAction.NEW, RuleAction.SET, RuleAction.FOUND):
            return ()
        reasons = transport_reasons(rule, context)
        content = weight(reasons)
        if content < 1.0:
            return ()
        name = hash32((rule.name or "").casefold())
        found = rule.action is RuleAction.FOUND
        if found and _known(state, name, event.time_ms, content):
            return ()
        if not found:
            reasons.append(_rare("transport_rule", context.profile.rates.get("transport-rule", TRANSPORT_RATE)))
        copied = ", ".join(short(address) for address in (*rule.copy_to, *rule.redirect_to)[:2]) or "nobody"
        begun = "was already there when it was first looked at" if found else "was made"
        begun += whence(event, context)
        text = f"A mail flow rule {quoted(rule.name)} for the whole tenant {begun}; it sends mail to {copied}."
        value = f"flow:{name:08x}"
        return [_evidence(event, context, value, Stage.COLLECTION, techniques.FORWARDING_RULE, reasons, text, content)]

    @staticmethod
    def _noted(state: RuleState, context: Context, what: str) -> None:
        if context.own and not context.late:
            state.open_days[context.day] = state.open_days.get(context.day, 0) + 1
            if context.ledger is not None:
                context.ledger.act(context.number, what)

    def seal(self, state: RuleState, day: int, learn: bool, context: Context) -> None:
        """Learn the day's number of rules, none included."""
        made = state.open_days.pop(day, 0)
        state.recent = [item for item in state.recent if item[1] // DAY_MS >= day - REMEMBERED_DAYS]
        if learn:
            state.rate.learn_one({"day": day, "count": made})

    def dump(self, state: RuleState) -> bytes:
        """`rate (16 B) | u8 n, u8 m | n x (u32 name, i64 ms, f32 nats) | m x (i32 day, u16 count)`."""
        data = state.rate.pack() + bytes([len(state.recent), len(state.open_days)])
        data += b"".join(_RECENT.pack(*item) for item in state.recent)
        return data + b"".join(_OPEN_DAY.pack(day, min(n, 65_535)) for day, n in sorted(state.open_days.items()))

    def load(self, data: bytes, version: int) -> RuleState:
        """Bytes to state; ValueError when they are damaged."""
        try:
            state = RuleState(RareOccurrence.unpack(data[:16], RULE_RATE))
            at = _COUNTS_AT + 2
            made, days = data[_COUNTS_AT:at]
            end = at + made * _RECENT.size
            state.recent = list(_RECENT.iter_unpack(data[at:end]))
            state.open_days = dict(_OPEN_DAY.iter_unpack(data[end:]))
        except (ValueError, struct.error) as error:
            raise ValueError("the state of inbox-rule is damaged") from error
        if (
            len(state.recent) != made
            or len(state.open_days) != days
            or not all(isfinite(nats) for *_, nats in state.recent)
        ):
            raise ValueError("the state of inbox-rule is damaged")
        return state


def _found(event: AuditEvent) -> bool:
    """Looked at by an inventory: nobody was seen doing it."""
    return event.source is Source.INVENTORY


def _known(state: RuleState, name: int, time_ms: int, content: float) -> bool:
    """Whether a found rule was told already with at least this content, when it was made or found; it is remembered."""
    same = [item for item in state.recent if item[0] == name]
    nats = max((abs(item[2]) for item in same), default=0.0)
    just_made = [item for item in same if item[2] > 0.0 and time_ms - item[1] <= QUICK_MS]
    others = [item for item in state.recent if item[0] != name]
    state.recent = [*others, *(just_made or [(name, time_ms, -max(nats, single(content)))])][-RECENT_MAX:]
    return nats >= single(content)


def _made(rate: RareOccurrence, context: Context, what: str, shipped: float) -> Reason:
    """Surprise that the act happened at all: the account's own rate, shrunk to the tenant's."""
    prior = context.profile.rates.get(what, shipped)
    own = rate.score_one({"day": context.day}) if what == "inbox-rule" else _rare(what, prior).nats
    nats = own if what != "inbox-rule" or rate.days >= 30 else _rare(what, prior).nats
    days = rate.days
    expected = f"one in {1 / max(prior, 1e-4):.0f} days" if days < 30 else f"judged by {days:.0f} days of this account"
    return Reason(what.replace("-", "_") + "_made", "today", expected, round(min(nats, 6.5), 2))


def _rare(what: str, rate: float) -> Reason:
    reason_rate = max(rate, 1e-4)
    model = RareOccurrence(reason_rate)
    return Reason(what, "made", f"one in {1 / reason_rate:.0f} days", round(min(model.score_one({"day": 0}), 6.5), 2))


def _for_another(event: AuditEvent) -> bool:
    if not event.target:
        return False
    return event.target not in (event.user, event.user.partition("@")[0])


def _evidence(
    event: AuditEvent,
    context: Context,
    value: str,
    stage: Stage,
    technique: Technique,
    reasons: list[Reason],
    text: str,
    content: float,
) -> Evidence:
    ordered = tuple(sorted(reasons, key=lambda reason: -reason.nats))
    evidence = _plain(event, value, stage, technique, ordered, text)
    evidence.certain = content >= CERTAIN_NATS
    evidence.proof = context.own and event.ok is not False
    return evidence


def _plain(
    event: AuditEvent, value: str, stage: Stage, technique: Technique, reasons: tuple[Reason, ...], text: str
) -> Evidence:
    rules = (Resource("Rule", value, value),)
    return Evidence(
        detector=InboxRuleDetector.info.id,
        value=value,
        stage=stage,
        technique=technique,
        control=Control.MAILBOX,
        nats=round(sum(reason.nats for reason in reasons), 2),
        reasons=reasons,
        sentence=text,
        advice="Remove the rule or forwarding (Get-InboxRule -IncludeHidden) and restore what it hid.",
        certain=True,
        resources=rules,
    )
