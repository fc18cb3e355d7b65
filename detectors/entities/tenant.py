"""The tenant as an entity: contributions of all partitions to a day become the tenant's profile. Layer: detectors."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field

import orjson

from detectors.engine.detector import DetectorInfo
from detectors.entities.tenant_threshold import Maxima, review_threshold
from detectors.entities.week_shape import season
from schemas.contracts.log import EntryKind, LogEntry
from schemas.contracts.profile import PROFILE_BYTES_MAX, Profile, encode_profile
from schemas.contracts.signal import Contribution, Signal

HALF_LIFE_DAYS = 30
FORGOTTEN = 0.25  # person-days: a value met once is dropped after two half-lives
VALUES_MAX = 20_000  # values of one kind kept in state
TOLD_FROM = 2.0  # person-days from which a value is in the profile
TOLD_ALWAYS = 64  # the commonest values of a kind are in it even below that
# Rare acts of a person-day before the tenant has shown its own, and the person-days that this is worth.
RATES = {
    "inbox-rule": 1 / 90,
    "forwarding": 1 / 300,
    "transport-rule": 1 / 365,
    "audit-tenant": 1 / 10_000,
    "audit-bypass": 1 / 3_000,
    "audit-mailbox": 1 / 1_000,
    "strange-place": 1 / 20,  # somebody is at a network new to the account ...
    "strange-turns": 1 / 1000,  # ... with a session that is used at a known one by turns
}
RATE_WEIGHT = 3_000.0


@dataclass(slots=True)
class TenantState:
    """What is behind the profile: person-days and messages, decayed, as of `day`; and the days not yet complete.

    `work`, `weekend` are messages by hour of the UTC day; `*_days` the days behind them; `waiting[day][partition]` the
    contributions that came so far.
    """

    day: int = -1
    days: int = 0
    home_domains: list[str] = field(default_factory=list)
    person_days: float = 0.0
    people_sum: float = 0.0  # people of working days
    people_days: float = 0.0
    popularity: dict[str, dict[str, float]] = field(default_factory=dict)
    work: list[float] = field(default_factory=lambda: [0.0] * 24)
    weekend: list[float] = field(default_factory=lambda: [0.0] * 24)
    work_days: float = 0.0
    weekend_days: float = 0.0
    rare: dict[str, float] = field(default_factory=dict)
    maxima: Maxima = field(default_factory=Maxima)
    waiting: dict[int, dict[int, Contribution]] = field(default_factory=dict)


class TenantEntity:
    """Keeps the registers of a tenant and writes its profile when all partitions have told a day."""

    info = DetectorInfo(
        id="tenant-profile",
        number=32,
        version=1,
        title="What is ordinary in the tenant",
        catches="Nothing by itself: it tells the accounts' detectors how common a network, an agent or a rule is.",
        misses="Values used by a single person on a single day.",
        needs="Closed days.",
        false_positives="None.",
        techniques=(),
        entity=True,
    )
    kind = "tenant"

    def start(self) -> TenantState:
        """A tenant without a closed day."""
        return TenantState()

    def observe(self, state: TenantState, item: Signal | Contribution) -> Sequence[LogEntry]:
        """Keep a contribution; the last missing one of a day is answered with the profile."""
        if isinstance(item, Signal) or item.day <= state.day:
            return ()
        told = state.waiting.setdefault(item.day, {})
        told[item.partition] = item
        if len(told) < item.partitions:
            return ()
        _close(state, item.day, [told[partition] for partition in sorted(told)])
        value = _encoded(state, item.tenant)
        return [LogEntry(EntryKind.PROFILE, item.tenant, "", value, "profile", str(item.day))]

    def expired(self, state: TenantState, time_ms: int) -> bool:
        """A tenant is never forgotten."""
        return False

    def dump(self, state: TenantState) -> bytes:
        """Compressed JSON."""
        return zlib.compress(orjson.dumps(asdict(state), option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SORT_KEYS), 6)

    def load(self, data: bytes, version: int) -> TenantState:
        """Bytes to state; ValueError when they are damaged."""
        try:
            body = orjson.loads(zlib.decompress(data))
            body["maxima"] = Maxima(**body["maxima"])
            body["waiting"] = {
                int(day): {int(place): Contribution(**row) for place, row in rows.items()}
                for day, rows in body["waiting"].items()
            }
            return TenantState(**body)
        except (zlib.error, TypeError, KeyError, AttributeError) as error:
            raise ValueError("the tenant's registers are damaged") from error


def _close(state: TenantState, day: int, parts: Sequence[Contribution]) -> None:
    """Add a complete day; days before it that never became complete are given up."""
    if state.day >= 0:
        _decay(state, 0.5 ** ((day - state.day) / HALF_LIFE_DAYS))
    state.day, state.days = day, state.days + 1
    state.waiting = {other: rows for other, rows in state.waiting.items() if other > day}
    state.home_domains = sorted({domain for part in parts for domain in part.home_domains}) or state.home_domains
    active = sum(part.active for part in parts)
    state.person_days += active
    _add(state.rare, _summed(part.rare for part in parts))
    for kind in dict.fromkeys(kind for part in parts for kind in part.popularity):
        _add(state.popularity.setdefault(kind, {}), _summed(part.popularity.get(kind, {}) for part in parts))
    for kind, values in state.popularity.items():
        if len(values) > VALUES_MAX:
            state.popularity[kind] = dict(_commonest(values)[:VALUES_MAX])
    state.maxima.add(active, [part.maxima for part in parts])
    if active:
        _add_week(state, day, active, [sum(cells) for cells in zip(*(part.season for part in parts), strict=True)])


def _decay(state: TenantState, keep: float) -> None:
    state.person_days *= keep
    state.people_sum *= keep
    state.people_days *= keep
    state.work_days *= keep
    state.weekend_days *= keep
    state.work = [count * keep for count in state.work]
    state.weekend = [count * keep for count in state.weekend]
    state.rare = {what: count * keep for what, count in state.rare.items()}
    state.maxima.decay(keep)
    for kind, values in state.popularity.items():
        kept = {value: count * keep for value, count in values.items()}
        state.popularity[kind] = {value: count for value, count in kept.items() if count >= FORGOTTEN}


def _add(into: dict[str, float], counts: dict[str, int]) -> None:
    for name, count in counts.items():
        into[name] = into.get(name, 0.0) + count


def _summed(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    """Whole numbers are added before they join what has faded: else the last bit would tell how the tenant is partitioned."""
    total: dict[str, int] = {}
    for part in parts:
        for name, count in part.items():
            total[name] = total.get(name, 0) + count
    return total


def _add_week(state: TenantState, day: int, active: int, cells: list[int]) -> None:
    """A day on which somebody was there: its people and its messages by hour."""
    if (day + 3) % 7 >= 5:
        state.weekend_days += 1
        state.weekend = [old + new for old, new in zip(state.weekend, cells[24:], strict=True)]
        return
    state.people_sum += active
    state.people_days += 1
    state.work_days += 1
    state.work = [old + new for old, new in zip(state.work, cells[:24], strict=True)]


def _commonest(values: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(values.items(), key=lambda item: (-item[1], item[0]))


def _told(values: dict[str, float], most: int) -> dict[str, float]:
    """Values of one kind that go into the profile, at most `most`."""
    ranked = _commonest(values)
    return {
        value: round(count, 3)
        for place, (value, count) in enumerate(ranked[:most])
        if place < TOLD_ALWAYS or count >= TOLD_FROM
    }


def _encoded(state: TenantState, tenant: str) -> bytes:
    """The profile's bytes, within its bound: when too many values are common the rarest are left out."""
    most = VALUES_MAX
    while True:
        value = encode_profile(_profile(state, tenant, most))
        if len(value) <= PROFILE_BYTES_MAX or most <= 1:
            return value
        most = most * 2 // 3


def _profile(state: TenantState, tenant: str, most: int) -> Profile:
    whole = state.person_days + RATE_WEIGHT
    names = sorted(RATES.keys() | state.rare.keys())
    rates = {name: (state.rare.get(name, 0.0) + RATES.get(name, 0.0) * RATE_WEIGHT) / whole for name in names}
    return Profile(
        tenant=tenant,
        day=state.day,
        home_domains=tuple(state.home_domains),
        days=state.days,
        people=state.people_sum / state.people_days if state.people_days else state.person_days / state.days,
        person_days=round(state.person_days, 3),
        popularity={kind: _told(values, most) for kind, values in sorted(state.popularity.items())},
        season=season(state.work, state.weekend, state.work_days, state.weekend_days),
        rates=rates,
        review_nats=review_threshold(state.maxima),
        account_days=round(state.maxima.account_days, 3),
    )
