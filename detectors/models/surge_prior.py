"""What is assumed about an account's counts before it has a history. Layer: detectors."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

from schemas.contracts.profile import office_season


@dataclass(frozen=True)
class SurgePrior:
    """Parameters of a tenant's ordinary account in one series.

    `rate` is the mean per hour over the whole week; `dispersion` is (variance - mean) / mean**2 of an hour;
    `burst_odds` is the chance per hour of a benign burst of log size `burst_mean_log`, `burst_var_log`;
    `anchor_mean`, `anchor_var` are those of ln(1 + greatest hour of an active day); `season` the shares of the week.
    """

    rate: float
    dispersion: float
    burst_odds: float
    burst_mean_log: float
    burst_var_log: float
    anchor_mean: float
    anchor_var: float
    season: tuple[float, ...] = field(default_factory=office_season)

    @cached_property
    def workday(self) -> float:
        """Share of the five working days."""
        return sum(self.season[:24])

    @classmethod
    def shipped(cls, series: str) -> SurgePrior:
        """The prior of a tenant that has none yet; KeyError for an unknown series."""
        return cls.from_table(series, {}, office_season())

    @classmethod
    def from_table(cls, series: str, table: dict[str, float], season: tuple[float, ...]) -> SurgePrior:
        """Shipped values overridden by the tenant's (`Profile.priors[series]`); unknown names are ignored."""
        known = _SHIPPED[series]
        merged = {name: table.get(name, value) for name, value in known.items()}
        return cls(season=season, **merged)


# A burst is log-logistic from small sizes on: a dozen messages in an hour is an ordinary afternoon, a hundred is rare. The
# tail is set by the day-one thresholds: cold, 160 messages in an hour are 13 nats and 40 are 8; 160 external recipients 12.6.
# Rates: ten messages a working day.
_SHIPPED: dict[str, dict[str, float]] = {
    "messages": {
        "rate": 0.30,
        "dispersion": 1.0,
        "burst_odds": 0.0127,
        "burst_mean_log": math.log(12.0),
        "burst_var_log": 0.254,
        "anchor_mean": 1.4,
        "anchor_var": 1.0,
    },
    "external": {
        "rate": 0.20,
        "dispersion": 1.5,
        "burst_odds": 3.03e-3,
        "burst_mean_log": math.log(8.0),
        "burst_var_log": 0.5265,
        "anchor_mean": 1.2,
        "anchor_var": 1.0,
    },
    "new_external": {
        "rate": 0.03,
        "dispersion": 1.5,
        "burst_odds": 3.03e-3,
        "burst_mean_log": math.log(8.0),
        "burst_var_log": 0.5265,
        "anchor_mean": 0.9,
        "anchor_var": 0.9,
    },
}
