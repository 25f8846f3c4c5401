"""The ratio of two commits with its confidence interval, from interleaved rounds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from asv_verdict.stats.distributions import adjusted, t_quantile

#: The standard deviation of a normal distribution divided by its median absolute deviation.
DEVIATIONS_OF_MAD = 1.4826
#: The assumed noise of a cell without pairs of identical runs, as a fraction.
UNKNOWN_NOISE = 0.02
#: The weight of the noise that was measured earlier, in rounds.
PRIOR_ROUNDS = 4.0
#: For normal numbers: the variance of the mean of their better half, divided by that of the mean of all.
VARIANCE_OF_HALF = 1.363

#: The logarithm of the largest ratio: a float can hold it and its inverse.
LARGEST = 700.0

#: Pairs (old, new), one for each round.
Rounds = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Ratio:
    """New over old, with a confidence interval."""

    estimate: float
    low: float
    high: float

    def exceeds(self, threshold: float) -> bool:
        """Whether the ratio exceeds `threshold` (0.02 for 2 %): the whole interval lies beyond it, in one direction."""
        return self.low > 1 + threshold or self.high < 1 / (1 + threshold)

    def is_within(self, threshold: float) -> bool:
        """Whether the whole interval lies within `threshold` in both directions."""
        return 1 / (1 + threshold) <= self.low and self.high <= 1 + threshold


def ratio(rounds: Rounds, noise: float, level: float, *, higher_is_better: bool = False) -> Ratio:
    """The ratio of one or more rounds of (old, new), with its confidence interval at `level`.

    A disturbance makes a number worse, so only the better half of each side counts: the ratio compares the means of the
    better halves of the logarithms. Their variance comes from the values winsorised at the median (Yuen 1974,
    Biometrika 61:165). The interval is a moderated t interval (Smyth 2004, Statistical Applications in Genetics and
    Molecular Biology 3:3): it pools the scatter of the rounds with `noise`, the earlier standard deviation of the
    logarithm of one round's ratio, which weighs as much as PRIOR_ROUNDS rounds. The ratio tolerates disturbances in up
    to half of the rounds.
    """
    count = len(rounds)
    kept = (count + 1) // 2
    ordered = _ordered(rounds, higher_is_better)
    old, new = map(math.log, centres(rounds, higher_is_better=higher_is_better))
    variance = (noise * relative_error(count)) ** 2
    if kept > 1:
        cut_off = np.minimum(ordered, np.median(ordered, axis=0))
        of_both_sides = float(cut_off.var(axis=0, ddof=1).sum()) * (count - 1) / (kept * (kept - 1))
        own = freedom(count) - PRIOR_ROUNDS
        variance = (PRIOR_ROUNDS * variance + own * of_both_sides) / (PRIOR_ROUNDS + own)
    reach = t_quantile((1 + level) / 2, freedom(count)) * math.sqrt(variance)
    centre = float(new - old)
    found = (min(max(value, -LARGEST), LARGEST) for value in (centre, centre - reach, centre + reach))
    return Ratio(*map(math.exp, found))


def centres(rounds: Rounds, *, higher_is_better: bool = False) -> tuple[float, float]:
    """The old and the new value that `ratio` compares: the geometric means of the better halves."""
    if len(rounds) == 1:
        return rounds[0]  # without rounding
    kept = (len(rounds) + 1) // 2
    sign = -1.0 if higher_is_better else 1.0
    old, new = np.exp(sign * _ordered(rounds, higher_is_better)[:kept].mean(axis=0))
    return float(old), float(new)


def _ordered(rounds: Rounds, higher_is_better: bool) -> np.ndarray:
    """The logarithms of each side from the best to the worst, with the sign that makes the best the smallest."""
    return np.sort((-1.0 if higher_is_better else 1.0) * np.log(np.array(rounds, float)), axis=0)


def freedom(rounds: int) -> float:
    """The degrees of freedom of an interval from this number of rounds and the earlier noise."""
    return PRIOR_ROUNDS + 2 * ((rounds + 1) // 2 - 1)


def relative_error(rounds: int) -> float:
    """The standard error of a ratio from this number of rounds, relative to one round, for normal noise."""
    return math.sqrt(VARIANCE_OF_HALF / rounds) if rounds > 1 else 1.0


def positive(rounds: Rounds) -> Rounds:
    """The rounds with two positive values; the others have no ratio."""
    return [(old, new) for old, new in rounds if old > 0 and new > 0]


def discoveries(probabilities: Mapping[str, float], rate: float) -> set[str]:
    """The names that are discoveries at the false discovery rate `rate` (Benjamini and Hochberg 1995)."""
    if not probabilities:
        return set()
    values = adjusted(list(probabilities.values()))
    return {name for name, value in zip(probabilities, values, strict=True) if value <= rate}


def noise_of(differences: Iterable[float]) -> float:
    """The robust standard deviation of one round's ratio, from the logarithmic differences of identical runs.

    Disturbances in a few of the runs do not change it. Without runs it is 0.
    """
    found = np.fromiter(differences, float)
    return DEVIATIONS_OF_MAD * float(np.median(np.abs(found))) if found.size else 0.0
