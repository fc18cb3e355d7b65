"""What a change of auditing takes away, as reasons in nats. Layer: detectors.

Weights are expert log-odds, ln P(an intruder does it) / P(an administrator does it), in the manner of detection-science 1.2:
to switch off the audit of a whole tenant has next to no benign use; a bypass or a mailbox without audit has a few (a journal,
a noisy service account); a shorter list of acts is often an old script. They were set before any data was looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from schemas.contracts.incident import Reason
from schemas.records.event import AuditScope, AuditSetting
from schemas.text import printable

TENANT, BYPASS, MAILBOX = range(3)
# On-disk format: a parameter is kept by its place here.
PARAMETERS = (
    *("UnifiedAuditLogIngestionEnabled", "AdminAuditLogEnabled", "AuditDisabled", "AdminAuditLogAgeLimit"),
    "AuditBypassEnabled",
    *("AuditEnabled", "AuditLogAgeLimit", "AuditOwner", "AuditDelegate", "AuditAdmin", "DefaultAuditSet"),
)
_PLACES = {name: place for place, name in enumerate(PARAMETERS)}
_LISTS = (("AuditOwner", "its owner"), ("AuditDelegate", "its delegates"), ("AuditAdmin", "administrators"))
TENANT_NATS = 11.0  # with the least surprise that it was done: enough for a review at any threshold but the highest
TENANT_HOURS_NATS = 8.0
TENANT_DAYS_NATS = 3.0
OFF_NATS = 3.5  # a bypass, a mailbox without audit, without one of its three lists, or kept for hours
LESS_NATS = 1.5
FURTHER_NATS = 0.5  # each further parameter of the same cmdlet
DAY_HOURS, WEEK_HOURS, MONTH_HOURS = 24.0, 168.0, 720.0
# Acts by which an intruder in a mailbox is seen: a list without one of them is cut short.
TELLING_ACTS = frozenset(("harddelete", "softdelete", "movetodeleteditems"))
_SERVICE = re.compile(r"journal|archiv|backup|svc|service|scan|relay|connector|migrat|monitor|sync|noreply|no-reply")


@dataclass(slots=True, frozen=True)
class Loss:
    """What one parameter takes away. `what` completes a sentence about the tenant, an account or a mailbox."""

    place: int  # in PARAMETERS
    reason: Reason
    what: str


def kind_of(place: int) -> int:
    """TENANT, BYPASS or MAILBOX of a parameter's place."""
    return TENANT if place < 4 else BYPASS if place == 4 else MAILBOX


def restored(setting: AuditSetting) -> list[int]:
    """Places of the parameters that are as they should be from now on."""
    found = [_PLACES[name] for name in setting.on if name in _PLACES]
    if "DefaultAuditSet" in setting.on:
        found += [_PLACES[name] for name, _ in _LISTS]
    if setting.kept_hours is not None and not _kept(setting, setting.kept_hours):
        found.append(_age_place(setting))
    lists = zip(_LISTS, (setting.owner, setting.delegate, setting.admin), strict=True)
    return found + [_PLACES[name] for (name, _), acts in lists if acts is not None and acts and acts_whole(acts)]


def acts_whole(acts: tuple[str, ...]) -> bool:
    """The list has the acts by which an intruder is seen."""
    return set(acts) >= TELLING_ACTS


def losses(setting: AuditSetting) -> list[Loss]:
    """What the change takes away, the gravest first; [] when it takes nothing."""
    found = [_switched_off(_PLACES[name]) for name in setting.off if name in _PLACES]
    if setting.kept_hours is not None:
        found += _kept(setting, setting.kept_hours)
    if setting.scope is AuditScope.MAILBOX:
        found += _lists(setting)
    return sorted(found, key=lambda loss: (-loss.reason.nats, loss.place))


def _switched_off(place: int) -> Loss:
    nats = TENANT_NATS if kind_of(place) == TENANT else OFF_NATS
    what = {1: "administrators' commands", 2: "all mailboxes"}.get(place, "")
    return Loss(place, Reason("audit_off", f"{PARAMETERS[place]} switches it off", "on", nats), what)


def _age_place(setting: AuditSetting) -> int:
    return _PLACES["AdminAuditLogAgeLimit" if setting.scope is AuditScope.TENANT else "AuditLogAgeLimit"]


def _kept(setting: AuditSetting, kept: float) -> list[Loss]:
    tenant = setting.scope is AuditScope.TENANT
    if kept >= (MONTH_HOURS if tenant else WEEK_HOURS):
        return []
    short = kept < DAY_HOURS
    nats = (TENANT_HOURS_NATS if short else TENANT_DAYS_NATS) if tenant else (OFF_NATS if short else LESS_NATS)
    span = _span(kept)
    return [Loss(_age_place(setting), Reason("audit_kept", span, "90 days", nats), f"is now kept for {span} only")]


def _span(kept: float) -> str:
    for unit, length in (("day", DAY_HOURS), ("hour", 1.0)):
        if kept >= length:
            number = round(kept / length)
            return f"{number} {unit}s" if number > 1 else f"one {unit}"
    return "less than an hour"


def _lists(setting: AuditSetting) -> list[Loss]:
    found = []
    for (name, who), acts in zip(_LISTS, (setting.owner, setting.delegate, setting.admin), strict=True):
        if acts is None:
            continue
        if not acts:
            reason = Reason("acts_audited", f"{name}: none", "the default acts", OFF_NATS)
            found.append(Loss(_PLACES[name], reason, f"no longer covers what {who} may do"))
        elif not acts_whole(acts):
            reason = Reason("acts_audited", f"{name}: {len(acts)} acts, deletions not all", "deletions too", LESS_NATS)
            found.append(Loss(_PLACES[name], reason, f"covers less of what {who} may do"))
    if TELLING_ACTS & set(setting.removed):
        reason = Reason("acts_audited", "deletions are taken out", "deletions too", LESS_NATS)
        found.append(Loss(_PLACES["AuditOwner"], reason, "no longer covers deletions"))
    return found


def service_name(name: str) -> bool:
    """The account is called like a service: a journal, an archive, a scanner."""
    return _SERVICE.search(name.partition("@")[0][:200]) is not None


def sentence(kind: int, loss: Loss, name: str, own: bool) -> str:
    """What was taken away, for people."""
    shown = printable(name, 80)
    if kind == TENANT:
        if loss.reason.feature == "audit_kept":
            return f"The audit of administrators' commands in the whole tenant {loss.what}."
        of = f"{loss.what} in the whole tenant" if loss.what else "the whole tenant"
        return f"The audit of {of} was switched off."
    if kind == BYPASS:
        who = "this account itself" if own else f"the account {shown}" if shown else "an account"
        return f"What {who} does in mailboxes is no longer audited."
    whose = "its own mailbox" if own else f"the mailbox {shown}" if shown else "a mailbox"
    return f"The audit of {whose} {loss.what or 'was switched off'}."
