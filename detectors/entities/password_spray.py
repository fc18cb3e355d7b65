"""Many accounts fail at one network, few times each: a password spray. Layer: detectors.

An entity is an address, a carrier's network with one kind of software, or "tenant": all that failed at networks new to
them. It answers when the surprise passes the nominal review threshold, at each doubling, and at once to every account that
succeeds there within a day. The surprise is the count's (negative binomial), and what the accounts say of the clients that
failed: owners mistype with their own, a sprayer has one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from detectors import techniques
from detectors.engine.detector import DetectorInfo
from detectors.engine.network import wide_prefix_of
from detectors.entities.spray_notices import DETECTOR, MINUTE_MS, accuse, name_entered, tell
from detectors.entities.spray_state import (
    DAY,
    FAILING_MAX,
    HIT_KEPT,
    REGULAR_KEPT,
    TIMES_MAX,
    Episode,
    Failing,
    Hit,
    SprayState,
    dump_state,
    forget,
    keep_hit,
    load_state,
    succeed,
)
from detectors.entities.spray_windows import ACCOUNTS_MIN, TENANT, Finding, busiest, learn_days, mistyped, prior_of
from detectors.models.categories import hash32
from schemas.contracts.log import LogEntry
from schemas.contracts.signal import Contribution, Signal
from schemas.records.aadsts import failure_of
from schemas.records.event import Failure

ANSWER_NATS = 10.1  # the nominal review threshold
SEALED_AFTER_DAYS = 2
RARE_SHARE = 0.1
GROWN = 1.25  # what stands against a network is said anew
FEW = 2  # accounts; a place of fewer, where nobody fails, is forgotten after two days


class PasswordSpray:
    """Counts the accounts that fail at a network and tells those that succeed there."""

    info = DetectorInfo(
        id=DETECTOR,
        number=33,
        version=3,
        title="Password spray",
        catches="A few passwords tried on many accounts: from one address, from a carrier's network with one kind of"
        " software, spread over many networks, an account an hour for days, or from the office's own address.",
        misses="Fewer than four accounts; sprays spread over many networks that fail no faster than the tenant's people do;"
        " later than others, a sprayer who uses the client that each account uses itself.",
        needs="Sign-ins, or UserLoginFailed and UserLoggedIn of the audit log.",
        false_positives="The morning of a password change in the first days of a tenant, or where most have new software.",
        techniques=(techniques.PASSWORD_SPRAY,),
        entity=True,
    )
    kind = "network"

    def start(self) -> SprayState:
        """A network never heard of."""
        return SprayState()

    def observe(self, state: SprayState, item: Signal | Contribution) -> Sequence[LogEntry]:
        """Note a failure or a success; notices to those whom it concerns."""
        if isinstance(item, Contribution):
            return ()
        minute = item.time_ms // MINUTE_MS
        _advance(state, item.entity, minute)
        if minute <= state.now - HIT_KEPT - DAY * 6:
            return ()
        failure = failure_of(item.error) if item.error else None
        if item.what == "failure" and failure is Failure.BAD:
            return _failed(state, item, minute)
        if item.what == "success" or failure is Failure.PASSWORD_KNOWN:
            return _succeeded(state, item, minute)
        return ()

    def expired(self, state: SprayState, time_ms: int) -> bool:
        """Nobody failed, and nobody or hardly anybody came, for long enough."""
        idle = time_ms // MINUTE_MS - state.now
        few = len(state.regulars) < FEW and not state.failing and state.episode is None
        return idle > REGULAR_KEPT or (few and idle > HIT_KEPT)

    def dump(self, state: SprayState) -> bytes:
        """See `spray_state.dump_state`."""
        return dump_state(state)

    def load(self, data: bytes, version: int) -> SprayState:
        """See `spray_state.load_state`."""
        return load_state(data)


def _advance(state: SprayState, entity: str, minute: int) -> None:
    """Move the network's event time on; once a day learn the closed days and forget old ones."""
    if not state.now:
        state.now = state.began = minute
    if minute <= state.now:
        return
    former, state.now = state.now, minute
    if minute // DAY > former // DAY:
        learn_days(state, prior_of(entity), minute // DAY - SEALED_AFTER_DAYS)
        forget(state)


def _name(signal: Signal) -> str:
    """The failing account; a name that does not exist is known by its record alone."""
    return f"?{signal.record_id}" if signal.account.startswith("net:") else signal.account


def _failed(state: SprayState, signal: Signal, minute: int) -> Sequence[LogEntry]:
    name = _name(signal)
    found = state.failing.get(name)
    if found is None:
        found = Failing(minute, [], signal.record_id, signal.time_ms, signal.operation, signal.ip, signal.agent)
        found.stranger = signal.stranger
        state.failing[name] = found
    if minute not in found.times:
        found.times = sorted([*found.times, minute])[-TIMES_MAX:]
    first = len(found.times) == 1
    if (signal.time_ms, signal.record_id) < (found.time_ms, found.record_id):
        found.record_id, found.time_ms, found.operation = signal.record_id, signal.time_ms, signal.operation
        found.ip, found.agent, found.stranger = signal.ip, signal.agent, signal.stranger
        first = first or minute < found.first
        found.first = min(found.first, minute)
    if len(state.failing) > FAILING_MAX:
        del state.failing[min(state.failing, key=lambda other: (state.failing[other].times[-1], other))]
    if state.episode is not None and minute <= state.episode.last + HIT_KEPT:
        state.episode.last = max(state.episode.last, minute)
    if not first or name not in state.failing:
        return ()
    finding = busiest(state, prior_of(signal.entity), found)
    return _answer(state, signal, finding) if finding is not None and finding.nats >= ANSWER_NATS else ()


def _succeeded(state: SprayState, signal: Signal, minute: int) -> Sequence[LogEntry]:
    if signal.account.startswith("net:"):
        return ()
    succeed(state, hash32(signal.account), signal.agent, minute)
    if minute <= state.now - HIT_KEPT:
        return ()
    what = "success" if signal.what == "success" else "password"
    hit = Hit(
        signal.account,
        what,
        signal.time_ms,
        signal.record_id,
        signal.source,
        signal.operation,
        signal.ip,
        signal.agent,
        signal.stranger,
    )
    keep_hit(state, hit)
    episode = state.episode
    if episode is None or _told(episode, hit) or not _concerned(state, signal.entity, episode, hit):
        return ()
    entered = [name_entered(episode, signal, hit)] if _accused(state, episode) else []
    return [*entered, tell(state, episode, signal, hit)]


# --- answers ---------------------------------------------------------------------------------------------------------


def _answer(state: SprayState, signal: Signal, finding: Finding) -> Sequence[LogEntry]:
    """Tell everybody concerned, when the spray is new or has doubled since the last answer."""
    former = state.episode
    if former is not None and finding.first > former.last + HIT_KEPT:
        former = None
    elsewhere = _told_elsewhere(state, signal.entity, finding)
    if elsewhere and signal.entity == TENANT:
        return ()
    if former is not None and finding.accounts < 2 * former.accounts:
        former.first = min(former.first, finding.first)
        return _grown(state, signal, former, finding)
    episode = Episode(
        min(finding.first, former.first) if former else finding.first,
        max(finding.last, former.last) if former else finding.last,
        finding.accounts,
        finding.attempts,
        finding.window,
        finding.expected,
        finding.nats,
        finding.agent,
    )
    episode.total = _total(state, episode)
    state.episode = episode
    accused = _accused(state, episode)
    told: list[LogEntry] = []
    for hit in sorted(state.hits.values(), key=lambda hit: (hit.time_ms, hit.record_id)):
        if _told(episode, hit) or not _concerned(state, signal.entity, episode, hit):
            continue
        told.append(tell(state, episode, signal, hit))
        if accused and (former is None or not _told(former, hit)):
            told.append(name_entered(episode, signal, hit))
    if elsewhere or (told and not accused):
        return told
    return [*told, accuse(state, episode, signal, finding)]


def _grown(state: SprayState, signal: Signal, episode: Episode, finding: Finding) -> Sequence[LogEntry]:
    """The accused network hears when a spray goes on that no window shows whole; those that succeeded know enough."""
    total = _total(state, episode)
    if total < GROWN * episode.total or not _accused(state, episode):
        return ()
    episode.total, episode.last = total, max(episode.last, finding.last)
    shown = episode
    if finding.accounts > episode.accounts:
        shown = replace(episode, accounts=finding.accounts, attempts=finding.attempts, window=finding.window)
        shown.expected, shown.nats = finding.expected, finding.nats
    return [accuse(state, shown, signal, finding)]


def _total(state: SprayState, episode: Episode) -> int:
    return sum(item.first >= episode.first for item in state.failing.values())


def _accused(state: SprayState, episode: Episode) -> bool:
    """The network itself was told of this spray, before anybody was known to have succeeded."""
    return any(item.told and item.first >= episode.first for item in state.failing.values())


def _told(episode: Episode, hit: Hit) -> bool:
    """Already told of this or of more."""
    return f"{hit.account}|success" in episode.told or f"{hit.account}|{hit.what}" in episode.told


def _concerned(state: SprayState, entity: str, episode: Episode, hit: Hit) -> bool:
    """Succeeded within a day of the spray, and not merely as it does every day.

    Somebody at home here is told when it came with the sprayer's software and not before the spray. An address where enough
    have failed answers for itself. Networks that are new to somebody have little in common: there the address or a software
    that few use must be the sprayer's.
    """
    minute = hit.time_ms // MINUTE_MS
    if not episode.first - DAY <= minute <= episode.last + DAY:
        return False
    same_software = bool(hit.agent) and hit.agent == episode.agent
    here = _failed_at(state, episode, hit)
    enough = 1 if episode.agent else 2
    if (
        entity == TENANT
        and len(here - {hit.account}) < enough
        and not (same_software and _rare(state, hit, episode.first))
    ):
        return False
    if "/" in entity and len(here) >= ACCOUNTS_MIN:
        return False
    regular = state.regulars.get(hash32(hit.account))
    if regular is None:
        return state.level == 0 or hit.account in state.failing
    if not regular.at_home(episode.first):
        return True
    return same_software and minute >= episode.first and regular.agents.get(hit.agent, 0) >= episode.first


def _failed_at(state: SprayState, episode: Episode, hit: Hit) -> set[str]:
    """Accounts that failed, in the spray, at the address of this success, and did not sign in there as they had failed."""
    slips = mistyped(state)
    return {
        name
        for name, item in state.failing.items()
        if episode.first <= item.first <= episode.last
        and item.ip == hit.ip
        and (not episode.agent or item.agent == episode.agent)
        and name not in slips
    }


def _rare(state: SprayState, hit: Hit, minute: int) -> bool:
    """At most one in ten of those who succeeded here before used its software, and it is not the account's own among many's."""
    agent = hit.agent
    if math.log(RARE_SHARE) < hit.stranger < 0.0:
        return False
    before = [regular for regular in state.regulars.values() if regular.first < minute]
    users = sum(regular.agents.get(agent, minute) < minute for regular in before)
    return users <= RARE_SHARE * len(before)


def _told_elsewhere(state: SprayState, entity: str, finding: Finding) -> bool:
    """Single addresses (or, for the tenant, networks with one software) answer for themselves; too few are left."""
    items = [state.failing[name] for name in finding.names]
    if entity == TENANT:
        places = Counter((wide_prefix_of(item.ip) if item.ip else "", item.agent) for item in items)
    elif "/" in entity:
        places = Counter((item.ip or "", 0) for item in items)
    else:
        return False
    return sum(count for count in places.values() if count < ACCOUNTS_MIN) < ACCOUNTS_MIN
