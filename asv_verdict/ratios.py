"""How sure is a ratio? Interleaved rounds of two commits, as logarithms of new over old."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

#: Of a normal distribution: the standard deviation over the median absolute deviation.
DEVIATIONS_OF_MAD = 1.4826
#: What a cell's noise is taken for that has never been measured twice, as a fraction.
UNKNOWN_NOISE = 0.02
#: How many rounds the noise that was known before is worth beside the scatter of the rounds at hand.
PRIOR_ROUNDS = 4.0
#: Of normal numbers: the variance of the mean of their better half, over that of the mean of all.
VARIANCE_OF_HALF = 1.363

#: A number of (old, new).
Rounds = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Ratio:
    """New over old, with a confidence interval."""

    estimate: float
    low: float
    high: float

    def clears(self, limit: float) -> bool:
        """Whether the whole interval lies beyond a change by `limit` (0.02 for 2 %), up or down."""
        return self.low > 1 + limit or self.high < 1 / (1 + limit)

    def is_within(self, limit: float) -> bool:
        """Whether the whole interval is less than a change by `limit`, up and down."""
        return 1 / (1 + limit) <= self.low and self.high <= 1 + limit


def ratio(rounds: Rounds, noise: float, level: float, *, higher_is_better: bool = False) -> Ratio:
    """The ratio that rounds of (old, new) show, with its interval at `level`, from at least one round.

    Whatever disturbs a machine makes a number worse, so of each side the better half counts: the means of the better
    halves of the logarithms are compared. Their variance comes from the values cut off at the median (Yuen 1974,
    Biometrika 61:165), and the interval is a moderated t interval (Smyth 2004, Statistical Applications in Genetics and
    Molecular Biology 3:3): the scatter of few rounds is pooled with `noise`, the standard deviation of one round's
    logarithm that was known before, as if that were worth PRIOR_ROUNDS rounds. Rounds in which the machine was busy
    spoil nothing, up to half of them.
    """
    count = len(rounds)
    kept = (count + 1) // 2
    sign = -1.0 if higher_is_better else 1.0
    ordered = np.sort(sign * np.log(np.array(rounds, float)), axis=0)
    old, new = sign * ordered[:kept].mean(axis=0)
    variance = (noise * relative_error(count)) ** 2
    if kept > 1:
        cut_off = np.minimum(ordered, np.median(ordered, axis=0))
        of_both_sides = float(cut_off.var(axis=0, ddof=1).sum()) * (count - 1) / (kept * (kept - 1))
        own = freedom(count) - PRIOR_ROUNDS
        variance = (PRIOR_ROUNDS * variance + own * of_both_sides) / (PRIOR_ROUNDS + own)
    reach = float(stats.t.ppf((1 + level) / 2, freedom(count))) * math.sqrt(variance)
    centre = float(new - old)
    return Ratio(*(math.exp(value) for value in (centre, centre - reach, centre + reach)))


def freedom(rounds: int) -> float:
    """The degrees of freedom of an interval from so many rounds, what was known before included."""
    return PRIOR_ROUNDS + 2 * ((rounds + 1) // 2 - 1)


def relative_error(rounds: int) -> float:
    """The standard error of a ratio from so many rounds, in that of one round, if the noise is normal."""
    return math.sqrt(VARIANCE_OF_HALF / rounds) if rounds > 1 else 1.0


def positive(rounds: Rounds) -> Rounds:
    """Those that have a ratio. A quantity that is nothing on either side has none."""
    return [(old, new) for old, new in rounds if old > 0 and new > 0]


def discoveries(probabilities: Mapping[str, float], rate: float) -> set[str]:
    """The names among which a share of at most `rate` is there by chance (Benjamini and Hochberg 1995)."""
    if not probabilities:
        return set()
    adjusted = stats.false_discovery_control(list(probabilities.values()), method="bh")
    return {name for name, value in zip(probabilities, adjusted, strict=True) if value <= rate}


def noise_of(differences: Iterable[float]) -> float:
    """The standard deviation of one round's logarithm, from differences of identical runs as logarithms, 0 if none.

    A robust one, as the ratio is: what disturbs a few of the runs is no part of it.
    """
    found = np.fromiter(differences, float)
    return DEVIATIONS_OF_MAD * float(np.median(np.abs(found))) if found.size else 0.0
