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


# Chosen so that a cold account's surprises are those agreed for the day-one thresholds: messages 160/h 13 nats, 40/h 8;
# external recipients 160/h 12.6, 400/h 14 (an hour with 40 separate messages once in 3,000 hours, rarely above 100;
# recipient lists are longer-tailed). Rates: ten messages a working day.
_SHIPPED: dict[str, dict[str, float]] = {
    "messages": {
        "rate": 0.30,
        "dispersion": 1.0,
        "burst_odds": 3.3e-4,
        "burst_mean_log": math.log(40.0),
        "burst_var_log": 0.206,
        "anchor_mean": 1.4,
        "anchor_var": 1.0,
    },
    "external": {
        "rate": 0.20,
        "dispersion": 1.5,
        "burst_odds": 4.4e-5,
        "burst_mean_log": math.log(20.0),
        "burst_var_log": 1.37,
        "anchor_mean": 1.2,
        "anchor_var": 1.0,
    },
    "new_external": {
        "rate": 0.03,
        "dispersion": 1.5,
        "burst_odds": 4.4e-5,
        "burst_mean_log": math.log(20.0),
        "burst_var_log": 1.37,
        "anchor_mean": 0.9,
        "anchor_var": 0.9,
    },
}
