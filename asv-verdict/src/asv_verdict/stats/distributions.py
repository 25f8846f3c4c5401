"""Quantiles and tails of distributions, by SciPy.

SciPy is imported at the first call: that takes half a second, and most commands decide nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence


@functools.lru_cache(maxsize=1024)  # a night asks for the same few quantiles thousands of times
def t_quantile(probability: float, freedom: float) -> float:
    """The quantile of Student's t distribution."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, probability))


def t_tail(value: float, freedom: float) -> float:
    """The probability that a variable with Student's t distribution is larger than `value`."""
    from scipy.special import stdtr

    return float(stdtr(freedom, -value))


def sign_tail(agreeing: int, count: int) -> float:
    """The probability that at least `agreeing` of `count` fair coins fall on one given side."""
    from scipy import stats

    return float(stats.binom.sf(agreeing - 1, count, 0.5))


def adjusted(probabilities: Sequence[float]) -> Sequence[float]:
    """The probabilities adjusted for a false discovery rate (Benjamini and Hochberg 1995)."""
    from scipy import stats

    found: Sequence[float] = stats.false_discovery_control(probabilities, method="bh").tolist()
    return found
