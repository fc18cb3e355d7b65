"""What of a tenant cannot be seen: an incident for each cause of blindness while it lasts, and words for all others.

Layer: detectors. An incident of visibility has no vendor record behind it; its resource is the tenant (contracts 2). What is
not licensed is lived with: no incident, but every incident says so.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
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
LINES_MAX = 24  # gaps that a story tells one by one
REMEDIES_MAX = 4  # told in an incident
FACT_NATS = 10.1  # what is known, not inferred: the nominal review threshold
UNLEARNT_DAYS_MAX = 400  # of one gap, and how long days are remembered
IMPAIRED_LOGS = Technique(
    "T1562.008", "Impair Defenses: Disable or Modify Cloud Logs", "TA0005", "Defense Evasion"
)  # ATT&CK v17
# Kinds behind which whole days of a feed are missing: they are not learnt. The others concern single mailboxes or none.
UNLEARNT = frozenset({GapKind.EXPIRED, GapKind.FAILING, GapKind.SILENT, GapKind.DISABLED})
JOINED = frozenset({GapKind.FAILING, GapKind.SILENT, GapKind.DISABLED})  # several feeds, mostly of one cause
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
_SEVERAL = {
    GapKind.FAILING: "{} feeds of audit records have been failing",
    GapKind.SILENT: "{} feeds of audit records have fallen silent",
    GapKind.DISABLED: "auditing, or access to it, was switched off ({} feeds)",
}


@dataclass(slots=True)
class _Case:
    """The incident of one or several open gaps: when it was first told, and how often. Equal `uid`: the same."""

    uid: str
    created_ms: int
    told: int = 0


@dataclass(slots=True)
class _Open:
    """A gap that lasts (or is over, while the incident that it belongs to is not) and its incident."""

    gap: Gap
    case: _Case


@dataclass(slots=True)
class Visibility:
    """The open gaps of one tenant, by (feed, kind). Feeds that are blind in the same way have one cause: one incident."""

    open: dict[tuple[str, str], _Open] = field(default_factory=dict)

    def note(self, tenant: str, gap: Gap, profile: str, historical: bool) -> list[Incident]:
        """Take in a gap; the message about it, when it begins, joins another, says something new, or all is over."""
        key = (gap.feed, gap.kind.value)
        held = self.open.get(key)
        if gap.over:
            return self._end(tenant, gap, held, profile, historical)
        if held is None or held.gap.over:
            return self._begin(tenant, gap, held, profile, historical)
        news = (gap.text, gap.remedy) != (held.gap.text, held.gap.remedy)
        longer = gap.kind is not GapKind.FAILING and gap.to_ms // DAY_MS > held.gap.to_ms // DAY_MS
        held.gap = gap if gap.to_ms >= held.gap.to_ms else held.gap
        if not (news or longer):
            return []
        return _told(tenant, held.case, self._members(held.case), gap, Activity.UPDATE, profile, historical)

    def _begin(self, tenant: str, gap: Gap, held: _Open | None, profile: str, historical: bool) -> list[Incident]:
        case = held.case if held is not None else self._joined(gap.kind)
        activity = Activity.CREATE if case is None else Activity.UPDATE
        if case is None:
            text = f"{tenant}|{DETECTOR}|{gap.feed}|{gap.kind.value}|{gap.from_ms}"
            case = _Case(hashlib.sha256(text.encode()).hexdigest()[:32], gap.to_ms)
        self.open[gap.feed, gap.kind.value] = _Open(gap, case)
        self._trim((gap.feed, gap.kind.value))
        return _told(tenant, case, self._members(case), gap, activity, profile, historical)

    def _end(self, tenant: str, gap: Gap, held: _Open | None, profile: str, historical: bool) -> list[Incident]:
        """The incident is over when all that belongs to it is."""
        if held is None or held.gap.over:
            return []
        held.gap = replace(gap, text=gap.text or held.gap.text, remedy=gap.remedy or held.gap.remedy)
        members = self._members(held.case)
        if not all(member.over for member in members):
            return []
        self.open = {key: other for key, other in self.open.items() if other.case is not held.case}
        return _told(tenant, held.case, members, gap, Activity.CLOSE, profile, historical)

    def _joined(self, kind: GapKind) -> _Case | None:
        """The open incident that a further feed of this kind belongs to: the oldest."""
        if kind not in JOINED:
            return None
        cases = [held.case for held in self.open.values() if held.gap.kind is kind]
        return min(cases, key=lambda case: (case.created_ms, case.uid), default=None)

    def _members(self, case: _Case) -> list[Gap]:
        """The gaps of an incident by their beginning."""
        gaps = [held.gap for held in self.open.values() if held.case is case]
        return sorted(gaps, key=lambda gap: (gap.from_ms, gap.feed))

    def _trim(self, kept: tuple[str, str]) -> None:
        """Drop what is over, then the oldest, but for one key."""
        while len(self.open) > OPEN_MAX:
            rows = [(not held.gap.over, held.gap.from_ms, key) for key, held in self.open.items() if key != kept]
            del self.open[min(rows)[2]]

    def spots(self) -> tuple[str, ...]:
        """What cannot be seen now, in words; what is not licensed first."""
        order = sorted(self.open.items(), key=lambda item: (item[0][1] != GapKind.UNLICENSED, item[0]))
        texts = [held.gap.text for _, held in order if held.gap.text and not held.gap.over]
        return tuple(dict.fromkeys(texts))[:SPOTS_MAX]


def unlearnt_days(gap: Gap) -> range:
    """Days since 1970-01-01 UTC that the gap touches and that are not learnt therefore; none for some kinds."""
    if gap.kind not in UNLEARNT:
        return range(0)
    last = gap.to_ms // DAY_MS
    return range(max(gap.from_ms // DAY_MS, last - UNLEARNT_DAYS_MAX), last + 1)


def _told(
    tenant: str, case: _Case, gaps: list[Gap], cause: Gap, activity: Activity, profile: str, historical: bool
) -> list[Incident]:
    """The message that a gap causes, as a list; none about what is not licensed. `gaps` is all that the incident is about."""
    if cause.kind is GapKind.UNLICENSED:
        return []
    message = hashlib.sha256(f"{case.uid}|{activity}|{case.told}".encode()).hexdigest()[:32]
    case.told += 1
    first, last = min(gap.from_ms for gap in gaps), max(cause.to_ms, case.created_ms)
    blind = dict.fromkeys(gap.text for gap in gaps if gap.text and not gap.over)
    remedies = dict.fromkeys(gap.remedy for gap in gaps if gap.remedy)
    return [
        Incident(
            uid=case.uid,
            message_uid=message,
            activity=activity,
            tenant=tenant,
            resources=(Resource("Tenant", tenant, tenant),),
            title=f"Visibility: {_title(gaps)}",
            story=_story(gaps, last, activity),
            time_ms=last,
            first_ms=first,
            last_ms=last,
            created_ms=case.created_ms,
            tier=Tier.REVIEW,
            tier_times={"review": case.created_ms},
            score_nats=round(max(FACT_NATS, *(gap.nats for gap in gaps)), 2),
            stages=(Stage.EVASION,),
            techniques=(IMPAIRED_LOGS,),
            detectors=(DETECTOR,),
            evidence=(),
            count=0,
            remediation=" ".join(list(remedies)[:REMEDIES_MAX])
            or "Run `watchpost doctor`: it says what is missing and why.",
            maturity="established",
            profile=profile,
            blind_spots=tuple(blind)[:SPOTS_MAX],
            historical=historical,
        )
    ]


def _title(gaps: list[Gap]) -> str:
    kind, feeds = gaps[0].kind, [gap.feed for gap in gaps if gap.feed]
    if len(feeds) > 1:
        return _SEVERAL[kind].format(len(feeds))
    return f"{_TITLES[kind]} ({feeds[0]})" if feeds else _TITLES[kind]


def _story(gaps: list[Gap], last_ms: int, activity: Activity) -> str:
    lines = [_line(gap, len(gaps) > 1) for gap in gaps[:LINES_MAX]]
    if len(gaps) > LINES_MAX:
        lines.append(f"And {len(gaps) - LINES_MAX} more.")
    nats = max(gap.nats for gap in gaps)
    if nats > 0:
        lines.append(f"That this is chance is improbable: {nats:.1f} nats of surprise.")
    lines.append("What an attacker did meanwhile may be missing from the records, and from every story.")
    if activity is Activity.CLOSE:
        lines.append(f"{clock_text(last_ms)}: it is over.")
    return "\n".join(lines)


def _line(gap: Gap, among: bool) -> str:
    """One gap; `among` others, of which each ends in its own time."""
    said = gap.text or (f"{gap.feed}: {_TITLES[gap.kind]}" if gap.feed else _TITLES[gap.kind].capitalize())
    ended = f" Over at {clock_text(gap.to_ms)}." if among and gap.over else ""
    return f"{clock_text(gap.from_ms)}: {said if said.endswith('.') else said + '.'}{ended}"


def dump_visibility(visibility: Visibility) -> bytes:
    """JSON; equal states give equal bytes."""
    rows = [
        [encode_gap(held.gap).decode(), held.case.created_ms, held.case.uid, held.case.told]
        for _, held in sorted(visibility.open.items(), key=lambda item: item[0])
    ]
    return orjson.dumps(rows)


def load_visibility(data: bytes) -> Visibility:
    """Bytes to state; ValueError when they are damaged. Rows of one incident agree in all but the gap."""
    cases: dict[str, _Case] = {}
    found: dict[tuple[str, str], _Open] = {}
    try:
        rows: list[list[Any]] = orjson.loads(data)
        for row, created_ms, uid, told in rows:
            gap = decode_gap(row.encode())
            case = cases.setdefault(str(uid), _Case(str(uid), int(created_ms), int(told)))
            found[gap.feed, gap.kind.value] = _Open(gap, case)
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError("the tenant's open gaps are damaged") from error
    return Visibility(found)
