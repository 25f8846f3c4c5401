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
#: If the variance of tonight's rounds is so many times the earlier one, the earlier noise says nothing about tonight.
CONTRADICTION = 4.0
#: For normal numbers: the variance of the mean of their better half, divided by that of the mean of all.
VARIANCE_OF_HALF = 1.363
#: The same for the mean without a quarter at each end.
VARIANCE_OF_MIDDLE = 1.194
#: From this number of rounds on, the ratios of the rounds may be compared instead of the better halves. Fewer of them
#: agree too often by chance on a busy machine, where they have several sizes and the trimmed mean drops all but one.
LEAST_PAIRED = 32
#: The fewest pairs of adjacent processes that count in the screening: one disturbed process must not decide.
LEAST_ADJACENT = 4
#: The level at which the narrower of two intervals is chosen.
CHOSEN_AT = 0.999

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
    #: The degrees of freedom of the interval; 0 if it comes from no rounds.
    freedom: float = 0.0

    def exceeds(self, threshold: float) -> bool:
        """Whether the ratio exceeds `threshold` (0.02 for 2 %): the whole interval lies beyond it, in one direction."""
        return self.low > 1 + threshold or self.high < 1 / (1 + threshold)

    def is_within(self, threshold: float) -> bool:
        """Whether the whole interval lies within `threshold` in both directions."""
        return 1 / (1 + threshold) <= self.low and self.high <= 1 + threshold

    def around(self, change: float) -> Ratio:
        """An interval of the same width around another change, a logarithm."""
        return _interval(change, math.log(self.high) - math.log(self.estimate), self.freedom)


def ratio(rounds: Rounds, noise: float, level: float, *, higher_is_better: bool = False) -> Ratio:
    """The ratio of one or more rounds of (old, new), with its confidence interval at `level`.

    Two estimates resist different disturbances. One compares the means of the better halves of both sides: what
    disturbs single values makes them worse. The other is the trimmed mean of the ratios of the rounds: a machine whose
    speed drifts disturbs both values of a round alike. From LEAST_PAIRED rounds on, the second one counts if its
    interval is the narrower one and it lies within that of the first (at CHOSEN_AT, whatever the level). The variances
    come from winsorised values (Yuen 1974, Biometrika 61:165).

    The interval is a moderated t interval (Smyth 2004, Statistical Applications in Genetics and Molecular Biology 3:3):
    it pools the scatter of the rounds with `noise`, the earlier standard deviation of the logarithm of one round's
    ratio, which weighs as much as PRIOR_ROUNDS rounds. It does not if the rounds scatter much more.
    """
    chosen = _of_better_halves(rounds, noise, higher_is_better)
    if len(rounds) >= LEAST_PAIRED:
        pairs, reach = _of_pairs(rounds, noise), chosen.reach(CHOSEN_AT)
        if pairs.reach(CHOSEN_AT) < reach and abs(pairs.centre - chosen.centre) <= reach:
            chosen = pairs
    return _interval(chosen.centre, chosen.reach(level), chosen.freedom)


def _interval(centre: float, reach: float, freedom: float) -> Ratio:
    """The ratio whose logarithm is `centre`; the interval reaches so far in both directions."""
    estimate, low, high = (
        math.exp(min(max(value, -LARGEST), LARGEST)) for value in (centre, centre - reach, centre + reach)
    )
    return Ratio(estimate, low, high, freedom)


@dataclass(frozen=True)
class _Estimate:
    """The logarithm of a ratio, its variance, and the degrees of freedom of its interval."""

    centre: float
    variance: float
    freedom: float

    def reach(self, level: float) -> float:
        """Half of the width of the interval."""
        return t_quantile((1 + level) / 2, self.freedom) * math.sqrt(self.variance)


def _of_better_halves(rounds: Rounds, noise: float, higher_is_better: bool) -> _Estimate:
    """The means of the better halves of both sides. It tolerates disturbances in up to half of the rounds."""
    count = len(rounds)
    kept = (count + 1) // 2
    ordered = _ordered(rounds, higher_is_better)
    old, new = map(math.log, centres(rounds, higher_is_better=higher_is_better))
    earlier, of_both_sides = (noise * relative_error(count)) ** 2, 0.0
    if kept > 1:
        cut_off = np.minimum(ordered, np.median(ordered, axis=0))
        of_both_sides = float(cut_off.var(axis=0, ddof=1).sum()) * (count - 1) / (kept * (kept - 1))
    return _moderated(float(new - old), earlier, of_both_sides, freedom(count) - PRIOR_ROUNDS)


def _of_pairs(rounds: Rounds, noise: float) -> _Estimate:
    """The mean of the ratios of the rounds, without a quarter of them at each end."""
    differences, kept = _differences(rounds), _middle(rounds)
    winsorised = np.clip(differences, kept[0], kept[-1])
    own = kept.size - 1
    scatter = float(winsorised.var(ddof=1)) * (len(rounds) - 1) / (kept.size * own)
    return _moderated(float(kept.mean()), noise**2 * VARIANCE_OF_MIDDLE / len(rounds), scatter, own)


def _differences(rounds: Rounds) -> np.ndarray:
    """The logarithms of the ratios of the rounds, sorted."""
    old, new = np.log(np.array(rounds, float)).T
    return np.sort(new - old)


def _middle(rounds: Rounds) -> np.ndarray:
    """The same without a quarter of them at each end."""
    cut = len(rounds) // 4
    return _differences(rounds)[cut : len(rounds) - cut]


def _moderated(centre: float, earlier: float, own: float, freedom_of_own: float) -> _Estimate:
    """The estimate whose variance pools the `earlier` one with the rounds' `own`, unless they contradict each other."""
    if freedom_of_own and own > CONTRADICTION * earlier:
        return _Estimate(centre, own, freedom_of_own)
    both = PRIOR_ROUNDS + freedom_of_own
    return _Estimate(centre, (PRIOR_ROUNDS * earlier + freedom_of_own * own) / both, both)


def centres(rounds: Rounds, *, higher_is_better: bool = False) -> tuple[float, float]:
    """The old and the new value that a report shows: the geometric means of the better halves."""
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


def adjacent_change(adjacent: Rounds) -> float:
    """The logarithm of the change between adjacent processes (old, new), of which one ran right after the other.

    It is the trimmed mean of the logarithms of their ratios. A machine whose speed drifts does not move it, and
    disturbed processes do: for the ratio of two values, the opposite is true.
    """
    return float(_middle(adjacent).mean())


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
