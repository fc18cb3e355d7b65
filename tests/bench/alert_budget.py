"""Thresholds by a budget of false alerts, and what passes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def threshold_for(daily_maxima: Sequence[float], target: float) -> float:
    """Lowest threshold which at most `target` of 1,000 account-days reach; `daily_maxima`: one score an account-day."""
    most = int(target * len(daily_maxima) / 1000)
    ranked = sorted(daily_maxima, reverse=True)
    return float(np.nextafter(ranked[most], np.inf)) if most < len(ranked) else 0.0


def per_thousand(daily_maxima: Sequence[float], threshold: float) -> float:
    """Alerts per 1,000 account-days, one a day at most."""
    return 1000.0 * sum(score >= threshold for score in daily_maxima) / len(daily_maxima) if daily_maxima else 0.0


def share(scores: Sequence[float], threshold: float) -> float | None:
    """Recall: the share of scores that reach the threshold; nothing when there are none."""
    return round(sum(score >= threshold for score in scores) / len(scores), 3) if scores else None
