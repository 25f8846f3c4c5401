"""Level shifts in stored histories, for changes that no night reported.

A level shift is three consecutive nights that differ from their level by more than a threshold, in one direction. The
detector first divides every night by its common-mode factor, because a change that all cells share comes from the
machine. The level of a night is the median of up to thirty earlier nights that are like it: on the same processor, or
with about the same factor where a processor is unknown. So a runner that is sometimes of another type changes no level.
One of the three nights may be like too few earlier ones: it is compared with all of them, beyond the scatter of its
cells, or without the division if such nights are rare: a disturbance slows some cells more than others, so the division
may hide the shift of a cell. The detector reads only the past, so new nights never change an earlier
answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asv_verdict.stats.ratio import DEVIATIONS_OF_MAD

#: The number of nights from which a level is computed: at most, at least, and at least after a level shift.
BASELINE = 30
LEAST_BASELINE = 5
LEAST_AFTER_STEP = 3
#: The number of earlier nights among which those like a night are searched.
SEARCHED = 90
#: Nights from which the deviation is estimated while the present level is young.
PAST = 60
#: Consecutive nights that make a level shift.
IN_A_ROW = 3
#: The smallest level shift: as a fraction, and in robust standard deviations of the level before.
LEAST_STEP = 0.03
DEVIATIONS = 3.0
#: With fewer cells there is no common-mode factor: a change of one cell could pass for a change of the machine.
LEAST_CELLS = 8
#: Nights without a processor are alike if the logarithms of their factors differ by less.
ALIKE = 0.025
#: Nights with a factor are rare if their share of the earlier nights is below this.
RARE = 0.2


@dataclass(frozen=True)
class Step:
    """A level shift: the index of the first night at the new level, and the ratio new over old."""

    cell: str
    night: int
    ratio: float


@dataclass(frozen=True)
class Detection:
    """The level shifts of the cells and of the machine, and the common-mode factor of each night."""

    steps: list[Step]
    machine: list[Step]
    factors: list[float]


def detect(cells: Sequence[str], nights: np.ndarray, processors: Sequence[str | None] = ()) -> Detection:
    """Level shifts in a history. `nights` has a row for each night, oldest first, and a column for each cell.

    Only positive values count; all others are treated as missing. `processors` names the processor of each night, None
    if it is unknown.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithms = np.where(nights > 0, np.log(nights), np.nan)
    factors = _common_factors(logarithms)
    known = {name: number for number, name in enumerate(dict.fromkeys(filter(None, processors)))}
    numbers = np.array([known.get(name or "", -1) for name in processors or [None] * len(nights)], int)
    steps = _steps(cells, logarithms - factors[:, None], factors, numbers)
    machine: list[Step] = []
    if factors.any():
        unknown = np.full(len(nights), -1)
        machine = _steps(["all cells together"], factors[:, None], np.zeros(len(nights)), unknown)
    return Detection(steps, machine, [math.exp(factor) for factor in factors])


def _common_factors(logarithms: np.ndarray) -> np.ndarray:
    """For each night the median logarithmic distance of the cells from their own past."""
    factors = np.zeros(len(logarithms))
    cleaned = np.full_like(logarithms, np.nan)
    for night in range(len(logarithms)):
        away = logarithms[night] - _median(cleaned[max(0, night - BASELINE) : night])
        finite = away[np.isfinite(away)]
        if finite.size >= LEAST_CELLS:
            factors[night] = _shrunk_median(finite)
        cleaned[night] = logarithms[night] - factors[night]
    return factors


def _shrunk_median(away: np.ndarray) -> float:
    """The median, shrunk by the part that may be noise, which a division adds to every cell (James and Stein 1961)."""
    centre = float(np.median(away))
    error = math.sqrt(math.pi / 2 / away.size) * DEVIATIONS_OF_MAD * float(np.median(np.abs(away - centre)))
    return centre * max(0.0, 1 - (error / centre) ** 2) if centre else 0.0


@dataclass(frozen=True)
class _Levels:
    """The level of each column of logarithms, its robust deviation, and the number of nights behind it."""

    level: np.ndarray
    deviation: np.ndarray
    count: np.ndarray

    @classmethod
    def of(cls, nights: np.ndarray) -> _Levels:
        """The levels of nights; those that are NaN do not count."""
        level = _median(nights)
        return cls(level, DEVIATIONS_OF_MAD * _median(np.abs(nights - level)), np.isfinite(nights).sum(axis=0))

    def where(self, chosen: np.ndarray, other: _Levels) -> _Levels:
        """These levels in the chosen columns, and those of `other` in the rest."""
        return _Levels(
            np.where(chosen, self.level, other.level),
            np.where(chosen, self.deviation, other.deviation),
            np.where(chosen, self.count, other.count),
        )


@dataclass(frozen=True)
class _Night:
    """The distance of each value from its level, and its threshold.

    `has_own` tells whether earlier nights like this one made the level. If the night is a rare disturbance, `undivided`
    is the distance with its common-mode factor, in thresholds without its scatter; it is NaN for other nights.
    """

    away: np.ndarray
    threshold: np.ndarray
    has_own: np.ndarray
    undivided: np.ndarray

    def is_beyond(self, side: int) -> np.ndarray:
        """Whether each value is beyond its threshold, upwards (1) or downwards (-1)."""
        with np.errstate(invalid="ignore"):
            return (side * self.away > self.threshold) | (side * self.undivided > 1)


def _steps(cells: Sequence[str], series: np.ndarray, factors: np.ndarray, processors: np.ndarray) -> list[Step]:
    """Level shifts of every column of logarithms, by night. A missing value neither makes nor ends a shift.

    `factors` were taken out of `series`.
    """
    found = []
    columns = _Columns(series, factors, processors)
    for first in range(len(series) - IN_A_ROW + 1 if cells else 0):
        latest = columns.judged(first)
        for column in _stepped(latest).tolist():
            shift = float(np.median([night.away[column] for night in latest]))
            found.append(Step(cells[column], int(columns.nights[first, column]), math.exp(shift)))
            columns.take_out(first, column, shift)
    return sorted(found, key=lambda step: step.night)


class _Columns:
    """The values of each cell without gaps: row 7 holds the eighth value of each, whatever its night."""

    def __init__(self, series: np.ndarray, factors: np.ndarray, processors: np.ndarray) -> None:
        self.nights = np.argsort(~np.isfinite(series), axis=0, kind="stable")
        self.values = np.take_along_axis(series, self.nights, axis=0)
        self.factors, self.processors = factors[self.nights], processors[self.nights]
        #: The row of the first value at the present level, and the distance of each value from its level.
        self.start = np.zeros(series.shape[1], int)
        self.away = np.full_like(self.values, np.nan)

    def take_out(self, first: int, column: int, shift: float) -> None:
        """Take a level shift out of a column, so that the values before it can still be compared."""
        self.values[first:, column] -= shift
        self.start[column] = first

    def judged(self, first: int) -> list[_Night]:
        """The IN_A_ROW nights from `first` on, compared with the nights before them."""
        nights = range(first, first + IN_A_ROW)
        rows = np.arange(max(0, first - BASELINE), first)
        whole = slice(max(0, first - BASELINE), first + IN_A_ROW)
        factors, processors = self.factors[whole], self.processors[whole]
        if factors.max() - factors.min() < ALIKE and processors.max() == processors.min():
            levels = self._levels(rows, np.ones((len(rows), 1), bool))
            found = [self._night(night, levels) for night in nights]
        else:
            rows = np.arange(max(0, first - SEARCHED), first)
            found = [self._night_of_its_kind(night, rows) for night in nights]
        self.away[first] = found[0].away
        return found

    def _levels(self, rows: np.ndarray, alike: np.ndarray) -> _Levels:
        """Levels from the newest rows that are alike, at the present level if it has enough of them."""
        every = _newest(np.where(alike, self.values[rows], np.nan))
        present = _Levels.of(np.where(rows[:, None] >= self.start, every, np.nan))
        is_young = (present.count < self._least) & (self.start > 0)
        return present.where(~is_young, _Levels.of(every)) if is_young.any() else present

    @property
    def _least(self) -> np.ndarray:
        return np.where(self.start > 0, LEAST_AFTER_STEP, LEAST_BASELINE)

    def _night(self, night: int, levels: _Levels) -> _Night:
        has_level = levels.count >= self._least
        away = np.where(has_level, self.values[night] - levels.level, np.nan)
        return _Night(away, self._threshold(night, levels), has_level, np.full_like(away, np.nan))

    def _threshold(self, night: int, levels: _Levels) -> np.ndarray:
        # A few nights that agree by chance do not prove that a cell is quiet.
        before = DEVIATIONS_OF_MAD * _median(np.abs(self.away[max(0, night - PAST) : night]))
        deviation = np.where(levels.count < BASELINE, np.fmax(levels.deviation, before), levels.deviation)
        return np.fmax(math.log1p(LEAST_STEP), DEVIATIONS * deviation)

    def _night_of_its_kind(self, night: int, rows: np.ndarray) -> _Night:
        """A night compared with those that are like it; where there are too few, with all, beyond its own scatter."""
        is_known = (self.processors[rows] >= 0) & (self.processors[night] >= 0)
        has_its_processor = self.processors[rows] == self.processors[night]
        has_its_factor = np.abs(self.factors[rows] - self.factors[night]) < ALIKE
        own = self._levels(rows, np.where(is_known, has_its_processor, has_its_factor))
        every = self._levels(rows, np.ones((len(rows), 1), bool))
        has_own = own.count >= self._least
        found = self._night(night, own.where(has_own, every))
        away = found.away[~has_own & np.isfinite(found.away)]
        if not away.size:
            return found
        has_factor = away.size >= LEAST_CELLS
        scatter = DEVIATIONS_OF_MAD * float(np.median(np.abs(away - np.median(away)))) if has_factor else math.inf
        is_rare = ~has_own & ((np.abs(self.factors[rows]) >= ALIKE).mean(axis=0) < RARE)
        undivided = np.where(is_rare, (found.away + self.factors[night]) / found.threshold, np.nan)
        threshold = np.where(has_own, found.threshold, np.fmax(found.threshold, DEVIATIONS * scatter))
        return _Night(found.away, threshold, has_own, undivided)


def _stepped(latest: Sequence[_Night]) -> np.ndarray:
    """The columns whose latest nights are all beyond the threshold, on one side; all but one have their own levels."""
    has_own = sum(night.has_own.astype(int) for night in latest)
    on_one_side = [np.array([night.is_beyond(side) for night in latest]).all(axis=0) for side in (1, -1)]
    return np.flatnonzero((has_own >= IN_A_ROW - 1) & (on_one_side[0] | on_one_side[1]))


def _newest(rows: np.ndarray) -> np.ndarray:
    """The newest BASELINE values of each column; NaN for the others."""
    if len(rows) <= BASELINE:
        return rows
    newer = np.cumsum(np.isfinite(rows)[::-1], axis=0)[::-1]
    return np.where(newer <= BASELINE, rows, np.nan)


def _median(rows: np.ndarray) -> np.ndarray:
    """Medians of columns, NaN for an empty column; np.nanmedian is ten times slower."""
    if not len(rows):
        return np.full(rows.shape[1], np.nan)
    ordered = np.sort(rows, axis=0)  # NaN comes last
    count = np.isfinite(rows).sum(axis=0)
    columns = np.arange(rows.shape[1])
    middle = (ordered[np.maximum(count - 1, 0) // 2, columns] + ordered[count // 2 % len(rows), columns]) / 2
    return np.where(count > 0, middle, np.nan)
