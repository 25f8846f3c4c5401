"""Screening: the cells of a session that may have changed, and the deterministic metrics that did."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from asv_verdict.asv_io.benchmarks import Benchmark
from asv_verdict.asv_io.decoding import benchmark_of, kind_of
from asv_verdict.measure.session import Key, Session
from asv_verdict.model import Direction
from asv_verdict.project import Settings
from asv_verdict.records.past_nights import Explained
from asv_verdict.stats.noise import Noise
from asv_verdict.stats.ratio import LEAST_ADJACENT, Ratio, Rounds, adjacent_change, positive, ratio, relative_error

#: Confidence of the intervals in reports.
LEVEL = 0.99
#: The largest noise floor that counts in a dismissal, so that larger changes of noisy cells are not dismissed.
LARGEST_DISMISSED = 0.05


@dataclass(frozen=True)
class Candidate:
    """A candidate: a cell that may have changed between two commits.

    `threshold` is that of the screening, and later depends on the number of rounds. `ratio` is the change that the
    screening saw, after division by `explained`, the explained part, which earlier nights confirmed up to the commit
    `since`. `evidence` holds the confirmation rounds of earlier nights that left it inconclusive.
    """

    key: Key
    base: str
    head: str
    threshold: float
    baseline: str
    ratio: Ratio
    explained: float = 1.0
    since: str = ""
    evidence: Rounds = ()


@dataclass(frozen=True)
class Thresholds:
    """The thresholds: for each cell the largest of its noise floor and the smallest effects of interest."""

    settings: Settings
    noise: Mapping[str, Noise]
    benchmarks: Mapping[str, Benchmark] = field(default_factory=dict)
    #: The rounds that take as many processes as a stored value, from which the noise was measured, by benchmark.
    rounds_of_value: Callable[[str], float] = lambda benchmark: 1.0

    def of(self, key: Key, before: float, rounds: int = 1) -> float:
        """The threshold as a fraction of `before`, the value of the old commit. More rounds lower the noise floor."""
        return max(self._effect(key, before), self._floor(key) * self._error(key, rounds))

    def of_adjacent(self, key: Key, before: float) -> float:
        """The threshold of the change between adjacent processes; infinite if they are noisier than the values."""
        environment, cell = key
        floor = self.noise.get(environment, Noise()).adjacent_floor(cell)
        return max(self._effect(key, before), floor) if floor < self._floor(key) else math.inf

    def for_dismissal(self, key: Key, before: float) -> float:
        """The bound for the interval of a dismissal: the threshold for one value, with a noise floor of at most 5 %."""
        return max(self._effect(key, before), min(self._floor(key), LARGEST_DISMISSED))

    def ratio(self, key: Key, rounds: Rounds, level: float) -> Ratio:
        """The ratio of a cell from rounds of (old, new)."""
        return ratio(
            rounds,
            self.noise_of(key) * self._error(key, 1),
            level,
            higher_is_better=self.direction(key) is Direction.HIGHER_IS_BETTER,
        )

    def direction(self, key: Key) -> Direction:
        """Which direction of a cell is better."""
        return self.settings.direction(key[1], self.benchmarks.get(benchmark_of(key[1])))

    def noise_of(self, key: Key) -> float:
        """The standard deviation of the logarithm of the ratio of two values."""
        environment, cell = key
        return self.noise.get(environment, Noise()).of(cell)

    def is_measured(self, key: Key) -> bool:
        """Whether the noise of a cell was measured."""
        environment, cell = key
        return self.noise.get(environment, Noise()).is_measured(cell)

    def _error(self, key: Key, rounds: int) -> float:
        """The standard error of a ratio from this number of rounds, relative to that of two values."""
        return math.sqrt(self.rounds_of_value(benchmark_of(key[1]))) * relative_error(rounds)

    def _floor(self, key: Key) -> float:
        environment, cell = key
        return self.noise.get(environment, Noise()).floor(cell)

    def _effect(self, key: Key, before: float) -> float:
        """The smallest effect of interest."""
        absolute = self.settings.absolute_effects.get(kind_of(key[1]), 0.0)
        return max(self.settings.relative_effect, absolute / before if before > 0 else 0.0)


def screen(
    session: Session,
    base: str,
    head: str,
    baseline: str,
    thresholds: Thresholds,
    explained_of: Callable[[Key], Explained] = lambda key: Explained(),
) -> list[Candidate]:
    """Cells whose change, without its explained part (`explained_of`), is larger than the threshold of the screening.

    It is the ratio of the values or that of adjacent processes, whichever has the smaller noise floor on this machine.
    Screening needs no certainty: a false candidate costs only a measurement, while a missed change is lost.
    """
    found = []
    for key in session.values[head]:
        rounds = positive(session.rounds(key, base, head))
        if thresholds.settings.is_deterministic(key[1]) or not rounds:
            continue
        past = explained_of(key)
        explained = past.of(thresholds.ratio(key, rounds, LEVEL).estimate)
        seen = thresholds.ratio(key, [(old * explained, new) for old, new in rounds], LEVEL)
        before = rounds[0][0]
        threshold = thresholds.of(key, before)
        adjacent = [(old * explained, new) for old, new in positive(session.adjacent(key, base, head))]
        if len(adjacent) >= LEAST_ADJACENT and math.isfinite(of_adjacent := thresholds.of_adjacent(key, before)):
            threshold, seen = of_adjacent, seen.around(adjacent_change(adjacent))
        if abs(math.log(seen.estimate)) > math.log1p(threshold):
            found.append(Candidate(key, base, head, threshold, baseline, seen, explained, past.until or base))
    return found


@dataclass(frozen=True)
class DeterministicChange:
    """A cell with different values on two commits. No statistics are needed to find it."""

    key: Key
    before: float
    after: float


def without_ratio(session: Session, base: str, head: str, settings: Settings) -> list[DeterministicChange]:
    """Measured cells that differ but have no ratio, since one value is zero or negative."""
    found = []
    for key in session.values[head]:
        rounds = session.rounds(key, base, head)
        differ = any(old != new for old, new in rounds) and not positive(rounds)
        if differ and not settings.is_deterministic(key[1]):
            found.append(DeterministicChange(key, *rounds[-1]))
    return found


def counted_changes(session: Session, base: str, head: str, settings: Settings) -> list[DeterministicChange]:
    """Deterministic metrics (setting `exact`) with different values on `head` and `base`."""
    found = []
    for key in session.values[head]:
        rounds = session.rounds(key, base, head)
        if settings.is_deterministic(key[1]) and any(old != new for old, new in rounds):
            before, after = rounds[-1]
            found.append(DeterministicChange(key, before, after))
    return found
