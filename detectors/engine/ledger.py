"""What a partition counts per tenant and day, for the tenant's profile. Layer: detectors.

Updated at every entry, so that a close costs the ledger and not the accounts. People are counted at most once per day
and value; accounts with an open incident are left out when the day closes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from schemas.contracts.signal import Contribution

SEASON_PER_HOUR_MAX = 20  # one account may not draw the tenant's day


class DayLedger:
    """Votes of one open day of one tenant. Accounts are small integers (index in the partition)."""

    __slots__ = ("acting", "day", "hours", "maxima", "rare", "sure", "votes")

    def __init__(self, day: int) -> None:
        self.day = day
        self.acting: set[int] = set()
        self.votes: dict[str, dict[str, set[int]]] = {}
        self.hours: dict[str, dict[tuple[int, int], int]] = {}
        self.maxima: dict[int, float] = {}
        self.sure: set[int] = set()
        self.rare: dict[str, set[int]] = {}

    def vote(self, account: int, kind: str, value: str) -> None:
        """The account used this value today."""
        self.votes.setdefault(kind, {}).setdefault(value, set()).add(account)

    def count(self, account: int, series: str, hour: int, count: int) -> None:
        """The account's count of a series in this hour of the day (0-23) is now `count`."""
        self.hours.setdefault(series, {})[(account, hour)] = count

    def act(self, account: int, what: str) -> None:
        """The account did a rare act today."""
        self.rare.setdefault(what, set()).add(account)

    def score(self, account: int, nats: float, sure: bool = False) -> None:
        """The account's incident score reached this today. What reached `act` (`sure`) is no noise to set thresholds by."""
        if nats > self.maxima.get(account, 0.0):
            self.maxima[account] = nats
        if sure:
            self.sure.add(account)

    def close(
        self, tenant: str, partition: int, partitions: int, left_out: set[int], home_domains: Sequence[str] = ()
    ) -> Contribution:
        """The day as integers, accounts in `left_out` not counted (their score maxima are: a quantile needs the tail)."""
        popularity: dict[str, dict[str, int]] = {}
        for kind, values in sorted(self.votes.items()):
            counted = {value: len(who - left_out) for value, who in sorted(values.items())}
            popularity[kind] = {value: n for value, n in counted.items() if n}
        season = [0] * 48
        shift = 24 if (self.day + 3) % 7 >= 5 else 0  # 1970-01-01 was a Thursday
        histograms: dict[str, dict[str, int]] = {}
        for series, cells in sorted(self.hours.items()):
            bins: dict[str, int] = {}
            for (account, hour), n in sorted(cells.items()):
                if account in left_out or n <= 0:
                    continue
                if series == "messages":
                    season[shift + hour] += min(n, SEASON_PER_HOUR_MAX)
                name = str(int(4 * math.log2(n)))
                bins[name] = bins.get(name, 0) + 1
            histograms[series] = bins
        maxima: dict[str, int] = {}
        for account, nats in sorted(self.maxima.items()):
            if account in self.sure:
                continue
            name = str(int(nats * 4))
            maxima[name] = maxima.get(name, 0) + 1
        people = len(self.acting - left_out)
        rare = {what: len(who - left_out) for what, who in sorted(self.rare.items())}
        return Contribution(
            tenant,
            self.day,
            partition,
            partitions,
            people,
            people,
            popularity,
            season,
            histograms,
            maxima,
            rare,
            list(home_domains),
        )
