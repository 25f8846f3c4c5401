"""Level shifts in stored histories, for changes that no night reported.

A level shift is three consecutive nights that differ from their level by more than a threshold, in one direction. The
detector first divides every night by its common-mode factor, because a change that all cells share comes from the
machine. The level of a night is the median of up to thirty earlier nights that are like it: on the same processor, or
with about the same factor where a processor is unknown. So a runner that is sometimes of another type changes no level.
One of the three nights may be like too few earlier ones: it is compared with all of them, beyond the scatter of its
cells, or without the division if such nights are rare: a disturbance slows some cells more than others, so the division
may hide the shift of a cell. The detector reads only the past, so new nights never change an earlier answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asv_verdict.stats.columns import deviation_of, deviation_of_columns, median_of_columns, newest_of_columns

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
        away = logarithms[night] - median_of_columns(cleaned[max(0, night - BASELINE) : night])
        finite = away[np.isfinite(away)]
        if finite.size >= LEAST_CELLS:
            factors[night] = _shrunk_median(finite)
        cleaned[night] = logarithms[night] - factors[night]
    return factors


def _shrunk_median(away: np.ndarray) -> float:
    """The median, shrunk by the part that may be noise, which a division adds to every cell (James and Stein 1961)."""
    centre = float(np.median(away))
    error = math.sqrt(math.pi / 2 / away.size) * deviation_of(away)
    return centre * max(0.0, 1 - (error / centre) ** 2) if centre else 0.0


def _steps(cells: Sequence[str], series: np.ndarray, factors: np.ndarray, processors: np.ndarray) -> list[Step]:
    """Level shifts of every column of logarithms, by night. A missing value neither makes nor ends a shift.

    `factors` were taken out of `series`.
    """
    found = []
    columns = _Columns(series, factors, processors)
    for first in range(len(series) - IN_A_ROW + 1 if cells else 0):
        for column, shift in columns.shifts_at(first):
            found.append(Step(cells[column], int(columns.nights[first, column]), math.exp(shift)))
            columns.take_out(first, column, shift)
    return sorted(found, key=lambda step: step.night)


@dataclass(frozen=True)
class _Compared:
    """The values of some columns in one night, compared with their past."""

    #: The earlier values that make each level, NaN elsewhere.
    past: np.ndarray
    #: The distance of the value from its level; NaN without a level.
    away: np.ndarray
    #: Whether earlier nights like this one made the level.
    has_own: np.ndarray
    #: In a night with a rare factor, the distance with this factor; NaN otherwise.
    undivided: np.ndarray

    def is_beyond(self, side: int, threshold: np.ndarray | float, undivided: np.ndarray | float) -> np.ndarray:
        """Whether one distance of each value is beyond its threshold, upwards (1) or downwards (-1)."""
        with np.errstate(invalid="ignore"):
            return (side * self.away > threshold) | (side * self.undivided > undivided)


class _Columns:
    """The values of each cell without gaps: row 7 holds the eighth value of each, whatever its night."""

    def __init__(self, series: np.ndarray, factors: np.ndarray, processors: np.ndarray) -> None:
        self.nights = np.argsort(~np.isfinite(series), axis=0, kind="stable")
        self.values = np.take_along_axis(series, self.nights, axis=0)
        #: Most columns have values in the same nights: the number of the nights of each column, and for each number the
        #: factors and the processors by row.
        shared = np.unique(np.packbits(np.isfinite(series), axis=0), axis=1, return_index=True, return_inverse=True)
        self.same_nights = shared[2].reshape(-1)
        self.factors, self.processors = factors[self.nights[:, shared[1]]], processors[self.nights[:, shared[1]]]
        #: The row of the first value at the present level, and the distance of each value from its level.
        self.start = np.zeros(series.shape[1], int)
        self.away = np.full_like(self.values, np.nan)

    def take_out(self, first: int, column: int, shift: float) -> None:
        """Take a level shift out of a column, so that the values before it can still be compared."""
        self.values[first:, column] -= shift
        self.start[column] = first

    def shifts_at(self, first: int) -> list[tuple[int, float]]:
        """The columns that shift at row `first`, and by how much. Each row is asked once, in order.

        IN_A_ROW values are beyond their thresholds on one side, and all but one of them have a level of their own.
        """
        nights = range(first, first + IN_A_ROW)
        some = self._possible(nights) if first >= LEAST_AFTER_STEP else np.array([], int)
        if not some.size:
            return []
        compared = [self._compared(night, first, some) for night in nights]
        thresholds = [self._thresholds(night, first, some, each) for night, each in zip(nights, compared, strict=True)]
        shifted = np.zeros(some.size, bool)
        for side in (1, -1):
            beyond = [each.is_beyond(side, *limits) for each, limits in zip(compared, thresholds, strict=True)]
            shifted |= np.all(beyond, axis=0)
        shifted &= sum(each.has_own.astype(int) for each in compared) >= IN_A_ROW - 1
        shifts = np.median([each.away for each in compared], axis=0)
        return [(int(some[place]), float(shifts[place])) for place in np.flatnonzero(shifted).tolist()]

    def _possible(self, nights: Sequence[int]) -> np.ndarray:
        """The columns that are beyond the smallest threshold in each night; few are, and only these need their own."""
        some = np.flatnonzero(np.isfinite(self.values[nights[-1]]))
        sides = np.ones((2, some.size), bool)
        for night in nights:
            compared = self._compared(night, nights[0], some)
            if night == nights[0]:
                self.away[night, some] = compared.away
            least = math.log1p(LEAST_STEP)
            sides &= np.array([compared.is_beyond(side, least, least) for side in (1, -1)])
            some, sides = some[sides.any(axis=0)], sides[:, sides.any(axis=0)]
        return some

    def _compared(self, night: int, end: int, columns: np.ndarray) -> _Compared:
        """A night compared with those before row `end` that are like it, and with all of them where these are few."""
        rows, is_alike = self._alike(night, end, columns)
        past = self._at_level(np.where(is_alike, self.values[np.ix_(rows, columns)], np.nan), rows, columns)
        has_own = np.isfinite(past).sum(axis=0) >= self._least(columns)
        undivided = np.full(columns.size, np.nan)
        if not has_own.all():
            lacking = np.flatnonzero(~has_own)
            some, newest = columns[lacking], np.arange(max(0, end - BASELINE), end)
            every = self._at_level(self.values[np.ix_(newest, some)], newest, some)
            past = np.vstack([past, np.full((max(0, len(every) - len(past)), columns.size), np.nan)])
            past[:, lacking] = np.nan
            past[: len(every), lacking] = every
            is_rare = (np.abs(self.factors[max(0, end - SEARCHED) : end]) >= ALIKE).mean(axis=0) < RARE
            undivided[lacking] = np.where(is_rare, self.factors[night], np.nan)[self.same_nights[some]]
        has_level = np.isfinite(past).sum(axis=0) >= self._least(columns)
        away = np.where(has_level, self.values[night, columns] - median_of_columns(past), np.nan)
        return _Compared(past, away, has_own, away + undivided)

    def _alike(self, night: int, end: int, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The rows before `end` that may make the level of a night, and where they are like it.

        Rows are left out that are like it in no column, and those before which newer ones are enough for all columns.
        """
        rows = np.arange(max(0, end - SEARCHED), end)
        processors, processor = self.processors[rows], self.processors[night]
        has_its_factor = np.abs(self.factors[rows] - self.factors[night]) < ALIKE
        is_alike = np.where((processors >= 0) & (processor >= 0), processors == processor, has_its_factor)
        of_columns = self.same_nights[columns]
        present = np.flatnonzero(np.bincount(of_columns, minlength=is_alike.shape[1]))
        newer = np.cumsum(is_alike[:, present].all(axis=1)[::-1])[::-1]
        kept = is_alike[:, present].any(axis=1) & (newer <= BASELINE)
        return rows[kept], is_alike[kept][:, of_columns]

    def _at_level(self, values: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """The newest values of each column, those at its present level if they are enough; NaN elsewhere."""
        latest = newest_of_columns(values, BASELINE)
        start = self.start[columns]
        present = np.where(rows[:, None] >= start, latest, np.nan)
        is_young = (np.isfinite(present).sum(axis=0) < self._least(columns)) & (start > 0)
        return np.where(is_young, latest, present)

    def _least(self, columns: np.ndarray) -> np.ndarray:
        return np.where(self.start[columns] > 0, LEAST_AFTER_STEP, LEAST_BASELINE)

    def _thresholds(
        self, night: int, end: int, columns: np.ndarray, compared: _Compared
    ) -> tuple[np.ndarray, np.ndarray]:
        """The thresholds of the distance and of the undivided distance."""
        deviation = deviation_of_columns(compared.past - median_of_columns(compared.past))
        # A few nights that agree by chance do not prove that a cell is quiet.
        before = deviation_of_columns(self.away[max(0, end - PAST) : end, columns])
        count = np.isfinite(compared.past).sum(axis=0)
        deviation = np.where(count < BASELINE, np.fmax(deviation, before), deviation)
        threshold = np.fmax(math.log1p(LEAST_STEP), DEVIATIONS * deviation)
        if compared.has_own.all():
            return threshold, threshold
        scatter = self._scatter(night, end)
        return np.where(compared.has_own, threshold, np.fmax(threshold, DEVIATIONS * scatter)), threshold

    def _scatter(self, night: int, end: int) -> float:
        """The deviation between the cells that the night compares with nights unlike it; infinite if these are few."""
        compared = self._compared(night, end, np.arange(self.values.shape[1]))
        away = compared.away[~compared.has_own & np.isfinite(compared.away)]
        return math.inf if away.size < LEAST_CELLS else deviation_of(away)
