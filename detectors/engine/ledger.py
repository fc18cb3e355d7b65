"""What a partition counts per tenant and day, for the tenant's profile. Layer: detectors.

Updated at every entry, so that a close costs the ledger and not the accounts. People are counted at most once per day
and value; accounts with an open incident are left out when the day closes. What one account gave is kept together, so that
an entry changes the durable form of one account's share and not of the day.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import orjson

from schemas.contracts.signal import Contribution

SEASON_PER_HOUR_MAX = 20  # one account may not draw the tenant's day


@dataclass(slots=True)
class Share:
    """What one account gave to an open day: votes (kind, value), counts by (series, hour), rare acts, its highest score."""

    acting: bool = False
    votes: set[tuple[str, str]] = field(default_factory=set)
    hours: dict[tuple[str, int], int] = field(default_factory=dict)
    rare: set[str] = field(default_factory=set)
    best: float = 0.0  # nats
    sure: bool = False  # it reached `act`


class DayLedger:
    """Votes of one open day of one tenant. Accounts are small integers (index in the partition)."""

    __slots__ = ("day", "shares")

    def __init__(self, day: int) -> None:
        self.day = day
        self.shares: dict[int, Share] = {}

    def share(self, account: int) -> Share:
        """The account's part of the day."""
        found = self.shares.get(account)
        if found is None:
            found = self.shares[account] = Share()
        return found

    def join(self, account: int) -> None:
        """The account acted today."""
        found = self.shares.get(account)
        if found is None:
            found = self.shares[account] = Share()
        found.acting = True

    def vote(self, account: int, kind: str, value: str) -> None:
        """The account used this value today."""
        self.share(account).votes.add((kind, value))

    def count(self, account: int, series: str, hour: int, count: int) -> None:
        """The account's count of a series in this hour of the day (0-23) is now `count`."""
        self.share(account).hours[series, hour] = count

    def act(self, account: int, what: str) -> None:
        """The account did a rare act today."""
        self.share(account).rare.add(what)

    def score(self, account: int, nats: float, sure: bool = False) -> None:
        """The account's incident score reached this today. What reached `act` (`sure`) is no noise to set thresholds by."""
        share = self.share(account)
        share.best = max(share.best, nats)
        share.sure = share.sure or sure

    def close(
        self, tenant: str, partition: int, partitions: int, left_out: set[int], home_domains: Sequence[str] = ()
    ) -> Contribution:
        """The day as integers, accounts in `left_out` not counted (their score maxima are: a quantile needs the tail)."""
        counted = [share for account, share in self.shares.items() if account not in left_out]
        everybody = self.shares.values()
        people = sum(share.acting for share in counted)
        season, histograms = self._hours(counted)
        names = {what for share in everybody for what in share.rare}
        return Contribution(
            tenant,
            self.day,
            partition,
            partitions,
            people,
            people,
            _popularity(everybody, counted),
            season,
            histograms,
            _maxima(everybody),
            {what: sum(what in share.rare for share in counted) for what in sorted(names)},
            list(home_domains),
        )

    def _hours(self, counted: Iterable[Share]) -> tuple[list[int], dict[str, dict[str, int]]]:
        """Messages by hour of the week's two kinds of day, and how often which hourly count occurred, by series."""
        season = [0] * 48
        shift = 24 if (self.day + 3) % 7 >= 5 else 0  # 1970-01-01 was a Thursday
        series_met = sorted({series for share in self.shares.values() for series, _ in share.hours})
        histograms: dict[str, dict[str, int]] = {series: {} for series in series_met}
        for share in counted:
            for (series, hour), n in share.hours.items():
                if n <= 0:
                    continue
                if series == "messages":
                    season[shift + hour] += min(n, SEASON_PER_HOUR_MAX)
                name = str(int(4 * math.log2(n)))
                histograms[series][name] = histograms[series].get(name, 0) + 1
        return season, histograms


def _popularity(everybody: Iterable[Share], counted: Iterable[Share]) -> dict[str, dict[str, int]]:
    """People per value, by kind; a kind stays when all its voters are left out."""
    found: dict[str, dict[str, int]] = {kind: {} for kind in sorted({k for share in everybody for k, _ in share.votes})}
    for share in counted:
        for kind, value in share.votes:
            found[kind][value] = found[kind].get(value, 0) + 1
    return {kind: dict(sorted(values.items())) for kind, values in found.items()}


def _maxima(everybody: Iterable[Share]) -> dict[str, int]:
    """Accounts by their highest score, in bins of 0.25 nats."""
    maxima: dict[str, int] = {}
    for share in everybody:
        if share.best > 0.0 and not share.sure:
            name = str(int(share.best * 4))
            maxima[name] = maxima.get(name, 0) + 1
    return maxima


def dump_share(share: Share) -> bytes:
    """JSON; equal shares give equal bytes."""
    hours = sorted([series, hour, n] for (series, hour), n in share.hours.items())
    return orjson.dumps([share.acting, share.sure, share.best, sorted(share.votes), hours, sorted(share.rare)])


def load_share(data: bytes) -> Share:
    """Bytes to share; ValueError when they are damaged."""
    try:
        acting, sure, best, votes, hours, rare = orjson.loads(data)
        counts = {(str(series), int(hour)): int(n) for series, hour, n in hours}
        pairs = {(str(kind), str(value)) for kind, value in votes}
        if not all(0 <= hour < 24 for _, hour in counts):
            raise ValueError("an hour that is none")
        return Share(bool(acting), pairs, counts, {str(what) for what in rare}, float(best), bool(sure))
    except (ValueError, TypeError) as error:
        raise ValueError("an account's share of the day is damaged") from error
