"""Screening: the cells of a session that may have changed, and the deterministic metrics that did."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from asv_verdict.noise import Noise
from asv_verdict.outcome import Direction
from asv_verdict.ratios import Ratio, Rounds, positive, ratio, relative_error
from asv_verdict.reports import Known
from asv_verdict.settings import Settings
from asv_verdict.sitting import Key, Sitting, kind_of

#: Confidence of the intervals in reports.
LEVEL = 0.99
#: The largest noise floor that counts in a dismissal, so that it excludes larger changes in noisy cells too.
LARGEST_CLEARED = 0.05


@dataclass(frozen=True)
class Suspicion:
    """A candidate: a cell that may have changed between two commits.

    `limit` is its threshold for as many rounds as were measured so far. `ratio` is the change after division by
    `known`, the explained part, which earlier nights confirmed up to the commit `since`.
    """

    key: Key
    base: str
    head: str
    limit: float
    look: str
    ratio: Ratio
    known: float = 1.0
    since: str = ""


@dataclass(frozen=True)
class Limits:
    """The thresholds: for each cell the largest of its noise floor and the smallest effects of interest."""

    settings: Settings
    noise: Mapping[str, Noise]

    def of(self, key: Key, before: float, rounds: int = 1) -> float:
        """The threshold as a fraction of `before`, the value of the old commit. More rounds lower the noise floor."""
        return max(self._effect(key, before), self._floor(key) * relative_error(rounds))

    def of_clearing(self, key: Key, before: float) -> float:
        """The bound of the interval for a dismissal: the threshold for one round, with a noise floor of at most 5 %."""
        return max(self._effect(key, before), min(self._floor(key), LARGEST_CLEARED))

    def ratio(self, key: Key, rounds: Rounds, level: float) -> Ratio:
        """The ratio of a cell from rounds of (old, new)."""
        better = self.settings.direction(key[1], None)
        return ratio(rounds, self.noise_of(key), level, higher_is_better=better is Direction.HIGHER_IS_BETTER)

    def noise_of(self, key: Key) -> float:
        """The standard deviation of the logarithm of one round's ratio."""
        environment, cell = key
        return self.noise.get(environment, Noise()).of(cell)

    def _floor(self, key: Key) -> float:
        environment, cell = key
        return self.noise.get(environment, Noise()).floor(cell)

    def _effect(self, key: Key, before: float) -> float:
        """The smallest effect of interest."""
        absolute = self.settings.absolute_effects.get(kind_of(key[1]), 0.0)
        return max(self.settings.relative_effect, absolute / before if before > 0 else 0.0)


def suspicions(
    sitting: Sitting,
    base: str,
    head: str,
    look: str,
    limits: Limits,
    known: Callable[[Key], Known] = lambda key: Known(),
) -> list[Suspicion]:
    """Cells whose change, without the part that `known` explains, exceeds the threshold in either direction.

    Screening needs no certainty: a false candidate costs a measurement, while strictness would miss changes.
    """
    found = []
    for key in sitting.values[head]:
        rounds = positive(sitting.rounds(key, base, head))
        if limits.settings.is_exact(key[1]) or not rounds:
            continue
        past = known(key)
        explained = past.of(limits.ratio(key, rounds, LEVEL).estimate)
        seen = limits.ratio(key, [(old * explained, new) for old, new in rounds], LEVEL)
        limit = limits.of(key, rounds[0][0])
        if abs(math.log(seen.estimate)) > math.log1p(limit):
            found.append(Suspicion(key, base, head, limit, look, seen, explained, past.until or base))
    return found


@dataclass(frozen=True)
class Counted:
    """A cell whose values on two commits differ without any need for statistics."""

    key: Key
    before: float
    after: float


def without_ratio(sitting: Sitting, base: str, head: str, settings: Settings) -> list[Counted]:
    """Measured cells that differ but have no ratio, since one value is zero or negative."""
    found = []
    for key in sitting.values[head]:
        rounds = sitting.rounds(key, base, head)
        differ = any(old != new for old, new in rounds) and not positive(rounds)
        if differ and not settings.is_exact(key[1]):
            found.append(Counted(key, *rounds[-1]))
    return found


def counted_changes(sitting: Sitting, base: str, head: str, settings: Settings) -> list[Counted]:
    """Deterministic metrics (setting `exact`) with different values on `head` and `base`."""
    found = []
    for key in sitting.values[head]:
        rounds = sitting.rounds(key, base, head)
        if settings.is_exact(key[1]) and any(old != new for old, new in rounds):
            before, after = rounds[-1]
            found.append(Counted(key, before, after))
    return found
