"""What of a tenant cannot be seen: an incident for each kind of blindness while it lasts, and words for all others.

Layer: detectors. An incident of visibility has no vendor record behind it; its resource is the tenant (contracts 2). What is
not licensed is lived with: no incident, but every incident says so.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import orjson

from detectors.incidents.story import clock_text
from schemas.contracts.collected import Gap, GapKind
from schemas.contracts.gap import decode_gap, encode_gap
from schemas.contracts.incident import Activity, Incident, Resource, Stage, Technique, Tier

DAY_MS = 86_400_000
DETECTOR = "visibility"
OPEN_MAX = 64  # (feed, kind) open at a time; of more the oldest is dropped
SPOTS_MAX = 8  # told in an incident
FACT_NATS = 10.1  # what is known, not inferred: the nominal review threshold
UNLEARNT_DAYS_MAX = 400  # of one gap, and how long days are remembered
IMPAIRED_LOGS = Technique(
    "T1562.008", "Impair Defenses: Disable or Modify Cloud Logs", "TA0005", "Defense Evasion"
)  # ATT&CK v17
# Kinds behind which whole days of a feed are missing: they are not learnt. The others concern single mailboxes or none.
UNLEARNT = frozenset({GapKind.EXPIRED, GapKind.FAILING, GapKind.SILENT, GapKind.DISABLED})
_TITLES = {
    GapKind.EXPIRED: "audit records were lost before they could be fetched",
    GapKind.FAILING: "a feed of audit records has been failing",
    GapKind.SILENT: "a feed of audit records has fallen silent",
    GapKind.DISABLED: "auditing, or access to it, was switched off",
    GapKind.UNLICENSED: "a feed of audit records is not licensed",
    GapKind.BYPASS: "mailboxes are exempt from auditing",
    GapKind.THROTTLED: "Microsoft dropped audit records of a mailbox",
    GapKind.UNKNOWN: "audit records of a kind that nobody reads are rising",
    GapKind.SKEW: "the clock of this machine is wrong",
    GapKind.CANARY: "Watchpost's own sign-ins do not come back",
}


@dataclass(slots=True)
class _Open:
    """A gap that lasts, when it was first told, and what was told of it so far."""

    gap: Gap
    created_ms: int
    uid: str
    told: int = 0


@dataclass(slots=True)
class Visibility:
    """The open gaps of one tenant, by (feed, kind)."""

    open: dict[tuple[str, str], _Open] = field(default_factory=dict)

    def note(self, tenant: str, gap: Gap, profile: str, historical: bool) -> list[Incident]:
        """Take in a gap; the message about it, when it begins, says something new, or is over."""
        key = (gap.feed, gap.kind.value)
        held = self.open.get(key)
        if gap.over:
            if held is None:
                return []
            del self.open[key]
            return _told(tenant, held, gap, Activity.CLOSE, profile, historical)
        if held is None:
            text = f"{tenant}|{DETECTOR}|{gap.feed}|{gap.kind.value}|{gap.from_ms}"
            held = self.open[key] = _Open(gap, gap.to_ms, hashlib.sha256(text.encode()).hexdigest()[:32])
            self._trim()
            return _told(tenant, held, gap, Activity.CREATE, profile, historical)
        news = (gap.text, gap.remedy) != (held.gap.text, held.gap.remedy)
        longer = gap.to_ms // DAY_MS > held.gap.to_ms // DAY_MS
        held.gap = gap if gap.to_ms >= held.gap.to_ms else held.gap
        return _told(tenant, held, gap, Activity.UPDATE, profile, historical) if news or longer else []

    def _trim(self) -> None:
        while len(self.open) > OPEN_MAX:
            del self.open[min(self.open, key=lambda key: (self.open[key].created_ms, key))]

    def spots(self) -> tuple[str, ...]:
        """What cannot be seen now, in words; what is not licensed first."""
        order = sorted(self.open.items(), key=lambda item: (item[0][1] != GapKind.UNLICENSED, item[0]))
        return tuple(dict.fromkeys(held.gap.text for _, held in order if held.gap.text))[:SPOTS_MAX]


def unlearnt_days(gap: Gap) -> range:
    """Days since 1970-01-01 UTC that the gap touches and that are not learnt therefore; none for some kinds."""
    if gap.kind not in UNLEARNT:
        return range(0)
    last = gap.to_ms // DAY_MS
    return range(max(gap.from_ms // DAY_MS, last - UNLEARNT_DAYS_MAX), last + 1)


def _told(tenant: str, held: _Open, gap: Gap, activity: Activity, profile: str, historical: bool) -> list[Incident]:
    """The message, as a list; none about what is not licensed."""
    if gap.kind is GapKind.UNLICENSED:
        return []
    message = hashlib.sha256(f"{held.uid}|{activity}|{held.told}".encode()).hexdigest()[:32]
    held.told += 1
    first, last = min(gap.from_ms, held.gap.from_ms), max(gap.to_ms, held.created_ms)
    nats = max(gap.nats, FACT_NATS)
    title = f"{_TITLES[gap.kind]} ({gap.feed})" if gap.feed else _TITLES[gap.kind]
    return [
        Incident(
            uid=held.uid,
            message_uid=message,
            activity=activity,
            tenant=tenant,
            resources=(Resource("Tenant", tenant, tenant),),
            title=f"Visibility: {title}",
            story=_story(gap, first, last, activity),
            time_ms=last,
            first_ms=first,
            last_ms=last,
            created_ms=held.created_ms,
            tier=Tier.REVIEW,
            tier_times={"review": held.created_ms},
            score_nats=round(nats, 2),
            stages=(Stage.EVASION,),
            techniques=(IMPAIRED_LOGS,),
            detectors=(DETECTOR,),
            evidence=(),
            count=0,
            remediation=gap.remedy or held.gap.remedy or "Run `watchpost doctor`: it says what is missing and why.",
            maturity="established",
            profile=profile,
            blind_spots=(gap.text,) if gap.text and activity is not Activity.CLOSE else (),
            historical=historical,
        )
    ]


def _story(gap: Gap, first_ms: int, last_ms: int, activity: Activity) -> str:
    said = gap.text or f"{_TITLES[gap.kind].capitalize()}."
    lines = [f"{clock_text(first_ms)}: {said if said.endswith('.') else said + '.'}"]
    if gap.nats > 0:
        lines.append(f"That this is chance is improbable: {gap.nats:.1f} nats of surprise.")
    lines.append("What an attacker did meanwhile may be missing from the records, and from every story.")
    if activity is Activity.CLOSE:
        lines.append(f"{clock_text(last_ms)}: it is over.")
    return "\n".join(lines)


def dump_visibility(visibility: Visibility) -> bytes:
    """JSON; equal states give equal bytes."""
    rows = [
        [encode_gap(held.gap).decode(), held.created_ms, held.uid, held.told]
        for _, held in sorted(visibility.open.items())
    ]
    return orjson.dumps(rows)


def load_visibility(data: bytes) -> Visibility:
    """Bytes to state; ValueError when they are damaged."""
    try:
        rows: list[list[Any]] = orjson.loads(data)
        held = [_Open(decode_gap(gap.encode()), int(created), str(uid), int(told)) for gap, created, uid, told in rows]
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError("the tenant's open gaps are damaged") from error
    return Visibility({(item.gap.feed, item.gap.kind.value): item for item in held})
