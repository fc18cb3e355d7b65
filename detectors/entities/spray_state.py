"""State of `password-spray`: who failed and who succeeded at one network. Layer: detectors.

Times are minutes since 1970-01-01 UTC. Sets, not counters: a signal that comes again changes nothing.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import orjson

from detectors.engine.sorted_json import SORTED, members

FAILING_MAX = 256  # accounts kept; of more the one that failed longest ago goes
TIMES_MAX = 12  # latest failures of an account
REGULARS_MAX = 512  # accounts; of more a sample by hash, of which the number is known
HITS_MAX = 64
HOUR, DAY = 60, 1_440
FAILING_KEPT = 8 * DAY
REGULAR_KEPT = 30 * DAY
HIT_KEPT = 2 * DAY  # an answer goes to those who succeed within a day before or after
KNOWN_AFTER = 20 * HOUR


@dataclass(slots=True)
class Failing:
    """An account that failed here: first failure, the latest ones, its first record, the software (hash)."""

    first: int
    times: list[int]
    record_id: str
    time_ms: int
    operation: str
    ip: str | None
    agent: int
    told: bool = False
    stranger: float = 0.0  # see `Signal`


@dataclass(slots=True)
class Regular:
    """An account that succeeds here: first and last time, and when it first used each software.

    `second` is the first time at least 20 hours after the first, 0 before that: from then on the account is at home.
    """

    first: int
    last: int
    second: int
    agents: dict[int, int]

    def at_home(self, minute: int) -> bool:
        """Met here on two occasions 20 hours apart, both before this minute."""
        return 0 < self.second < minute


@dataclass(slots=True)
class Hit:
    """A success of the last two days. `what` is "success" or "password"."""

    account: str
    what: str
    time_ms: int
    record_id: str
    source: str
    operation: str
    ip: str | None
    agent: int
    stranger: float = 0.0  # see `Signal`


@dataclass(slots=True)
class Episode:
    """A spray that was answered: what was found at the last answer, and who was told since."""

    first: int
    last: int
    accounts: int
    attempts: int
    window: int
    expected: float
    nats: float
    agent: int = 0  # software that (nearly) all failures came with
    total: int = 0  # accounts that had failed since `first`, whatever the window
    told: list[str] = field(default_factory=list)


@dataclass(slots=True)
class SprayState:
    """One network. `level` halves the sample of regulars: their number is `len(regulars) << level`."""

    now: int = 0
    began: int = 0
    failing: dict[str, Failing] = field(default_factory=dict)
    regulars: dict[int, Regular] = field(default_factory=dict)
    level: int = 0
    hits: dict[str, Hit] = field(default_factory=dict)
    episode: Episode | None = None
    learnt_day: int = -1
    days: float = 0.0  # sealed days, decayed
    daily: float = 0.0  # accounts that failed for the first time, on those days

    def regular_count(self, minute: int) -> int:
        """Accounts at home here: met on occasions 20 hours apart, or on the day before this minute."""
        at_home = sum(
            regular.at_home(minute) or minute - DAY < regular.last
            for regular in self.regulars.values()
            if regular.first <= minute
        )
        return at_home << self.level


def succeed(state: SprayState, mark: int, agent: int, minute: int) -> None:
    """Note that an account (32-bit hash) succeeded here."""
    if mark & ((1 << state.level) - 1):
        return
    found = state.regulars.get(mark)
    if found is None:
        state.regulars[mark] = Regular(minute, minute, 0, {agent: minute})
        while len(state.regulars) > REGULARS_MAX:
            state.level += 1
            mask = (1 << state.level) - 1
            state.regulars = {other: regular for other, regular in state.regulars.items() if not other & mask}
        return
    if minute < found.first and not found.second and found.last - minute >= KNOWN_AFTER:
        found.second = found.last
    found.first, found.last = min(found.first, minute), max(found.last, minute)
    if minute - found.first >= KNOWN_AFTER and (not found.second or minute < found.second):
        found.second = minute
    if len(found.agents) < 8 or agent in found.agents:
        found.agents[agent] = min(found.agents.get(agent, minute), minute)


def keep_hit(state: SprayState, hit: Hit) -> None:
    """Keep the earliest success per account, software and day."""
    key = f"{hit.account}|{hit.what}|{hit.agent}|{hit.time_ms // 86_400_000}"
    former = state.hits.get(key)
    if former is None or (hit.time_ms, hit.record_id) < (former.time_ms, former.record_id):
        state.hits[key] = hit
    if len(state.hits) > HITS_MAX:
        del state.hits[min(state.hits, key=lambda name: (state.hits[name].time_ms, name))]


def forget(state: SprayState) -> None:
    """Drop what is too old to count."""
    now = state.now
    state.failing = {name: failing for name, failing in state.failing.items() if failing.times[-1] > now - FAILING_KEPT}
    state.regulars = {mark: regular for mark, regular in state.regulars.items() if regular.last > now - REGULAR_KEPT}
    state.hits = {name: hit for name, hit in state.hits.items() if hit.time_ms // 60_000 > now - HIT_KEPT}
    if state.episode is not None and state.episode.last < now - HIT_KEPT:
        state.episode = None


def dump_state(state: SprayState) -> bytes:
    """Compressed JSON; equal states give equal bytes."""
    return zlib.compress(orjson.dumps(state, default=members, option=SORTED), 6)


def load_state(data: bytes) -> SprayState:
    """Bytes to state; ValueError when they are damaged."""
    try:
        body = orjson.loads(zlib.decompress(data))
        body["failing"] = {name: Failing(**row) for name, row in body["failing"].items()}
        body["hits"] = {name: Hit(**row) for name, row in body["hits"].items()}
        body["regulars"] = {
            int(mark): Regular(
                row["first"], row["last"], row["second"], {int(agent): at for agent, at in row["agents"].items()}
            )
            for mark, row in body["regulars"].items()
        }
        body["episode"] = Episode(**body["episode"]) if body["episode"] else None
        return SprayState(**body)
    except (zlib.error, TypeError, KeyError, AttributeError) as error:
        raise ValueError("the network's state is damaged") from error
