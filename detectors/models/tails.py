"""Upper tails in nats of the distributions that several models share. Layer: detectors.

All return -ln P(X >= x): 0 when x is certain, growing with x, finite.
"""

from __future__ import annotations

import math

LOGISTIC_SCALE = math.pi / math.sqrt(3.0)  # a logistic of standard deviation s has scale s / LOGISTIC_SCALE
_TINY = 1e-30
_CLOSE = 1e-9  # relative; a nat is needed to two digits, monotony to eight
_TERMS_MAX = 200


def negative_binomial(x: float, mean: float, size: float) -> float:
    """-ln P(X >= x), X negative binomial with variance mean + mean**2 / size. Unit: nats.

    P(X >= x) is the regularised incomplete beta function I_q(x, size), q = mean / (mean + size) (Abramowitz and Stegun
    26.5.26), by its continued fraction on the side where it converges.
    """
    if x <= 0 or size <= 0.0:
        return 0.0
    mean = max(mean, 1e-9)
    total = mean + size
    q, p = mean / total, size / total
    front = math.lgamma(x + size) - math.lgamma(x) - math.lgamma(size) + x * math.log(q) + size * math.log(p)
    if q * (x + size + 2.0) < x + 1.0:
        return max(0.0, -front - math.log(_beta_fraction(x, size, q) / x))
    below = math.exp(front) * _beta_fraction(size, x, p) / size
    return -math.log1p(-min(max(below, 0.0), 1.0 - 1e-12))


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Continued fraction of the incomplete beta function, modified Lentz (Numerical Recipes 6.4)."""
    apb = a + b
    c = 1.0
    d = 1.0 - apb * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > _TINY else _TINY)
    h = d
    for m in range(1, _TERMS_MAX):
        a2 = a + m + m
        step = m * (b - m) * x / ((a2 - 1.0) * a2)
        d = 1.0 + step * d
        c = 1.0 + step / c
        d = 1.0 / (d if abs(d) > _TINY else _TINY)
        c = c if abs(c) > _TINY else _TINY
        h *= d * c
        step = -(a + m) * (apb + m) * x / (a2 * (a2 + 1.0))
        d = 1.0 + step * d
        c = 1.0 + step / c
        d = 1.0 / (d if abs(d) > _TINY else _TINY)
        c = c if abs(c) > _TINY else _TINY
        change = d * c
        h *= change
        if abs(change - 1.0) < _CLOSE:
            break
    return h


def log_logistic(log_x: float, mean_log: float, var_log: float) -> float:
    """-ln P(X >= x), ln X logistic with that mean and variance. Unit: nats."""
    return softplus(LOGISTIC_SCALE * (log_x - mean_log) / math.sqrt(var_log))


def softplus(z: float) -> float:
    """ln(1 + e^z) without overflow."""
    return z if z > 30.0 else math.log1p(math.exp(max(z, -700.0)))
