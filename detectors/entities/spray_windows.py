"""How surprising it is that so many accounts fail at one network. Layer: detectors.

The count of accounts that begin to fail within a window is negative binomial (detection-science 1.11); its mean grows with
the accounts that are at home there, because people mistype where they work.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from detectors.entities.spray_state import DAY, HOUR, Failing, SprayState
from detectors.models.tails import negative_binomial

ACCOUNTS_MIN = 4
TENANT = "tenant"  # name of the entity that is all networks new to the failing account
WINDOWS = {10: 1 / 3, HOUR: 1.0, DAY: 4.0, 7 * DAY: 12.0}  # minutes -> mean in units of a busy hour's
SHARE_PER_HOUR = 0.01  # of the accounts at home, those that fail within a busy hour
LEARNT_WEIGHT_DAYS = 7.0
LEARNT_HALF_LIFE_DAYS = 30.0
SAME_SOFTWARE = 0.9
SOFTWARE_NATS_MAX = 3.0
ORDINARY_ATTEMPTS = 3.0  # per account; above it a forgotten password in a device is likelier
NATS_MAX = 30.0


@dataclass(frozen=True, slots=True)
class Prior:
    """Accounts that begin to fail in a busy hour at a network where nobody is at home, and the size of the tail."""

    mean: float
    size: float


ADDRESS = Prior(0.02, 0.1)
SHARED = Prior(0.04, 0.15)  # a carrier's network and one kind of software
EVERYWHERE = Prior(0.5, 0.5)  # all networks that are new to the failing account


def prior_of(entity: str) -> Prior:
    """Prior by the form of the entity's name."""
    return EVERYWHERE if entity == TENANT else SHARED if "/" in entity else ADDRESS


@dataclass(frozen=True, slots=True)
class Finding:
    """A window and its surprise. Minutes since 1970; `names` are the accounts in it, in order of first failure."""

    names: tuple[str, ...]
    accounts: int
    attempts: int
    window: int
    first: int
    last: int
    expected: float
    nats: float
    agent: int  # the software that (nearly) all used, 0 when there is no such


def busiest(state: SprayState, prior: Prior, failing: Failing) -> Finding | None:
    """The most surprising window that contains this account's first failure.

    Everywhere in the tenant also among those alone that used the same software: ordinary mistakes are many there. Who signed in
    where he failed, with the same software, mistyped.
    """
    order = sorted((item.first, name) for name, item in state.failing.items())
    if prior is EVERYWHERE:
        slips = mistyped(state)
        order = [(first, name) for first, name in order if name not in slips]
    best = _busiest(state, prior, failing.first, order)
    if prior is EVERYWHERE and failing.agent:
        order = [(first, name) for first, name in order if state.failing[name].agent == failing.agent]
        alike = _busiest(state, prior, failing.first, order)
        if alike is not None and (best is None or alike.nats >= best.nats):
            return alike
    return best


def mistyped(state: SprayState) -> set[str]:
    """Accounts that signed in as they had failed: at the same address, with the same software."""
    signed_in = {(hit.account, hit.ip, hit.agent) for hit in state.hits.values() if hit.what == "success"}
    return {name for name, item in state.failing.items() if (name, item.ip, item.agent) in signed_in}


def _busiest(state: SprayState, prior: Prior, minute: int, order: Sequence[tuple[int, str]]) -> Finding | None:
    firsts = [first for first, _ in order]
    if len(firsts) < ACCOUNTS_MIN:
        return None
    best: Finding | None = None
    for window in WINDOWS:
        if window > DAY and prior is EVERYWHERE:
            continue  # in a week new networks see the mistakes of everybody who travels
        begin, end = _fullest(firsts, minute, window)
        found = _scored(state, prior, tuple(name for _, name in order[begin:end]), window)
        if found is not None and (best is None or (found.nats, found.accounts) > (best.nats, best.accounts)):
            best = found
    return best


def _fullest(firsts: Sequence[int], minute: int, window: int) -> tuple[int, int]:
    """Slice of the window with most firsts among those that contain the minute and end with a first failure."""
    last = bisect_left(firsts, minute + window)
    ends = range(bisect_right(firsts, minute), last + 1)
    slices = ((bisect_right(firsts, firsts[end - 1] - window), end) for end in ends)
    return max(slices, key=lambda part: (part[1] - part[0], -part[0]))


def _scored(state: SprayState, prior: Prior, names: tuple[str, ...], window: int) -> Finding | None:
    failing = [state.failing[name] for name in names]
    known = sum(not name.startswith("?") for name in names)
    accounts = known + min(len(names) - known, known)  # names that do not exist count no more than those that do
    if accounts < ACCOUNTS_MIN:
        return None
    first, last = failing[0].first, failing[-1].first
    mean = hourly_mean(state, prior, last) * WINDOWS[window]
    nats = negative_binomial(accounts, mean, prior.size + mean)
    attempts = sum(bisect_right(item.times, first + window) for item in failing)
    agent = _same_software(failing)
    nats += _software_nats(state, agent, len(failing)) if agent and prior is not SHARED else 0.0
    nats += min(sum(item.stranger for item in failing), SOFTWARE_NATS_MAX)  # whose clients they are
    nats -= 2.0 * max(0.0, math.log(attempts / len(names) / ORDINARY_ATTEMPTS))
    nats = round(min(max(nats, 0.0), NATS_MAX), 2)
    return Finding(names, accounts, attempts, window, first, last, mean, nats, agent)


def hourly_mean(state: SprayState, prior: Prior, minute: int) -> float:
    """Accounts expected to begin to fail in a busy hour; the network's own days can only raise it."""
    mean = prior.mean + SHARE_PER_HOUR * state.regular_count(minute)
    learnt = (mean * LEARNT_WEIGHT_DAYS + state.daily / WINDOWS[DAY]) / (LEARNT_WEIGHT_DAYS + state.days)
    return max(mean, learnt)


def _same_software(failing: Sequence[Failing]) -> int:
    """The software (hash) of nine in ten or more, else 0."""
    agent, count = Counter(item.agent for item in failing).most_common(1)[0]
    return agent if count >= SAME_SOFTWARE * len(failing) else 0


def _software_nats(state: SprayState, agent: int, count: int) -> float:
    """Surprise that all fail with one kind of software, given how many of those at home here use it."""
    users = sum(agent in regular.agents for regular in state.regulars.values())
    share = (users + 1) / (len(state.regulars) + 2)
    return min(SOFTWARE_NATS_MAX, -0.5 * (count - 1) * math.log(share))


def learn_days(state: SprayState, prior: Prior, until: int) -> None:
    """Learn the closed days up to `until` (exclusive, days since 1970): how many accounts began to fail on each.

    A day of a spray that was answered is not learnt, and no day counts more than twice its expectation and three.
    """
    if state.learnt_day < 0:
        state.learnt_day = state.began // DAY - 1
    keep = 0.5 ** (1 / LEARNT_HALF_LIFE_DAYS)
    counts = Counter(failing.first // DAY for failing in state.failing.values())
    first = max(state.learnt_day + 1, until - 60)
    for day in range(first, until):
        episode = state.episode
        if episode is not None and episode.first // DAY <= day <= episode.last // DAY:
            continue
        most = 2.0 * hourly_mean(state, prior, day * DAY) * WINDOWS[DAY] + 3.0
        state.days = state.days * keep + 1.0
        state.daily = state.daily * keep + min(counts.get(day, 0), most)
    state.learnt_day = max(state.learnt_day, until - 1)
