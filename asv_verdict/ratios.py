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


@dataclass(frozen=True)
class Ratio:
    """New over old, with a confidence interval."""

    estimate: float
    low: float
    high: float

    def clears(self, limit: float) -> bool:
        """Whether the whole interval lies beyond a change by `limit` (0.02 for 2 %), up or down."""
        return self.low > 1 + limit or self.high < 1 / (1 + limit)


def ratio(rounds: Sequence[tuple[float, float]], noise: float, level: float) -> Ratio:
    """The ratio that rounds of (old, new) show, with its interval at `level`, from at least one round.

    The logarithms' median, and a moderated t interval about it (Smyth 2004, Statistical Applications in Genetics and
    Molecular Biology 3:3): the scatter of few rounds is pooled with `noise`, the standard deviation of one round's
    logarithm that was known before, as if that were worth PRIOR_ROUNDS rounds. The scatter is the median absolute
    deviation, so that a round in which the machine was busy spoils nothing.
    """
    logarithms = np.log([new / old for old, new in rounds])
    centre = float(np.median(logarithms))
    count = len(logarithms)
    scatter = DEVIATIONS_OF_MAD * float(np.median(np.abs(logarithms - centre)))
    freedom = PRIOR_ROUNDS + count - 1
    variance = (PRIOR_ROUNDS * noise**2 + (count - 1) * scatter**2) / freedom
    # The median of normal numbers scatters as the mean of 2/π as many.
    error = math.sqrt(variance / count * (math.pi / 2 if count > 2 else 1.0))
    reach = float(stats.t.ppf((1 + level) / 2, freedom)) * error
    return Ratio(*(math.exp(value) for value in (centre, centre - reach, centre + reach)))


def suspicion(rounds: Sequence[tuple[float, float]], noise: float) -> float:
    """The probability that identical code shows a change as large as these rounds do, up or down."""
    logarithms = np.log([new / old for old, new in rounds])
    error = noise / math.sqrt(len(logarithms))
    return float(2 * stats.t.sf(abs(float(np.median(logarithms))) / error, PRIOR_ROUNDS))


def discoveries(probabilities: Mapping[str, float], rate: float) -> set[str]:
    """The names among which a share of at most `rate` is there by chance (Benjamini and Hochberg 1995)."""
    if not probabilities:
        return set()
    adjusted = stats.false_discovery_control(list(probabilities.values()), method="bh")
    return {name for name, value in zip(probabilities, adjusted, strict=True) if value <= rate}


def noise_of(differences: Iterable[float]) -> float:
    """The standard deviation of one round's logarithm, from differences of identical runs as logarithms, 0 if none."""
    found = np.fromiter(differences, float)
    return float(np.sqrt(np.mean(found**2))) if found.size else 0.0
