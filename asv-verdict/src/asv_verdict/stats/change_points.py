"""Level shifts in stored histories, for changes that no night reported.

A level shift is three consecutive nights that differ from the median of up to thirty earlier nights by more than a
threshold, in one direction. The detector first divides every night by its common-mode factor, because a change that all
cells share comes from the machine. If nights with such a factor are rare, the undivided value counts as well for one of
the three nights: a disturbance slows some cells more than others, so the division may hide the shift of a cell. The
detector reads only the past, so new nights never change an earlier answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from asv_verdict.stats.ratio import DEVIATIONS_OF_MAD

#: The number of nights from which a level is computed: at most, at least, and at least after a level shift.
BASELINE = 30
LEAST_BASELINE = 5
LEAST_AFTER_STEP = 3
#: Nights from which the deviation is estimated while the present level is young.
PAST = 60
#: Consecutive nights that make a level shift.
IN_A_ROW = 3
#: The smallest level shift: as a fraction, and in robust standard deviations of the level before.
LEAST_STEP = 0.03
DEVIATIONS = 3.0
#: With fewer cells there is no common-mode factor: a change of one cell could pass for a change of the machine.
LEAST_CELLS = 8
#: The smallest factor that is divided out: in standard errors, and as a fraction. Smaller ones hardly affect a shift.
ERRORS_OF_FACTOR = 4.0
LEAST_FACTOR = 0.01
#: Nights with a factor are rare if their share of the earlier nights is below this. After a change of processor they
#: are frequent.
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


def detect(cells: Sequence[str], nights: np.ndarray) -> Detection:
    """Level shifts in a history. `nights` has a row for each night, oldest first, and a column for each cell.

    Only positive values count; all others are treated as missing.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithms = np.where(nights > 0, np.log(nights), np.nan)
    factors = _common_factors(logarithms)
    divided = logarithms - factors[:, None]
    steps = _steps(cells, divided, np.where(_rare(factors)[:, None], logarithms, divided))
    machine = _steps(["all cells together"], factors[:, None], factors[:, None]) if factors.any() else []
    return Detection(steps, machine, [math.exp(factor) for factor in factors])


def _common_factors(logarithms: np.ndarray) -> np.ndarray:
    """For each night the median logarithmic distance of the cells from their own past; 0 if it is not significant."""
    factors = np.zeros(len(logarithms))
    cleaned = np.full_like(logarithms, np.nan)
    for night in range(len(logarithms)):
        past = cleaned[max(0, night - BASELINE) : night]
        away = logarithms[night] - _median(past)
        finite = away[np.isfinite(away)]
        if finite.size >= LEAST_CELLS:
            factors[night] = _significant(finite)
        cleaned[night] = logarithms[night] - factors[night]
    return factors


def _significant(away: np.ndarray) -> float:
    """The median; 0 if it is small or within its own noise, since dividing would add that noise to every cell."""
    centre = float(np.median(away))
    scatter = DEVIATIONS_OF_MAD * float(np.median(np.abs(away - centre)))
    error = math.sqrt(math.pi / 2 / away.size) * scatter
    return centre if abs(centre) > max(LEAST_FACTOR, ERRORS_OF_FACTOR * error) else 0.0


def _rare(factors: np.ndarray) -> np.ndarray:
    """For each night whether nights with a common-mode factor were rare before it."""
    shares = [np.mean(factors[max(0, night - BASELINE) : night] != 0) for night in range(1, len(factors))]
    return np.array([False, *(share < RARE for share in shares)])[: len(factors)]


def _steps(cells: Sequence[str], series: np.ndarray, undivided: np.ndarray) -> list[Step]:
    """Level shifts of every column of logarithms, by night. A missing value neither makes nor ends a shift.

    One night of a shift may exceed the threshold in `undivided` only.
    """
    found = []
    # The values of each column without gaps, and the nights of the values.
    nights = np.argsort(~np.isfinite(series), axis=0, kind="stable")
    values = np.exp(np.take_along_axis(series, nights, axis=0))
    measured = np.exp(np.take_along_axis(undivided, nights, axis=0))
    start = np.zeros(len(cells), int)  # the first night at the present level
    away = np.full_like(values, np.nan)  # distance of each value from its level, as a fraction
    for last in range(IN_A_ROW - 1, len(values)):
        first = last - IN_A_ROW + 1
        rows = np.arange(max(0, first - BASELINE), first)
        level_nights = np.where(rows[:, None] >= start[None, :], values[rows], np.nan)
        count = np.isfinite(level_nights).sum(axis=0)
        level = _median(level_nights)
        latest = values[first : last + 1] / level - 1
        away[first] = latest[0]
        is_known = count >= np.where(start > 0, LEAST_AFTER_STEP, LEAST_BASELINE)
        latest_measured = measured[first : last + 1] / level - 1
        # LEAST_STEP is the smallest threshold, so only columns beyond it need their own.
        some = np.flatnonzero(is_known & _stepped(latest, latest_measured, np.full(len(cells), LEAST_STEP)))
        if not some.size:
            continue
        deviation = DEVIATIONS_OF_MAD * _median(np.abs(level_nights[:, some] / level[some] - 1))
        # A few nights that agree by chance do not prove that a cell is quiet.
        before = DEVIATIONS_OF_MAD * _median(np.abs(away[max(0, first - PAST) : first, some]))
        deviation = np.where(count[some] < BASELINE, np.fmax(deviation, before), deviation)
        threshold = np.maximum(LEAST_STEP, DEVIATIONS * deviation)
        for column in some[_stepped(latest[:, some], latest_measured[:, some], threshold)].tolist():
            found.append(Step(cells[column], int(nights[first, column]), 1 + median(latest[:, column].tolist())))
            start[column] = first
    return sorted(found, key=lambda step: step.night)


def _stepped(latest: np.ndarray, latest_measured: np.ndarray, threshold: np.ndarray) -> np.ndarray:
    """The columns whose latest nights are all beyond the threshold, and on one side of the level."""
    with np.errstate(invalid="ignore"):
        worse = _in_a_row(latest > threshold, latest_measured > threshold)
        better = _in_a_row(latest < -threshold, latest_measured < -threshold)
    return worse | better


def _in_a_row(beyond: np.ndarray, beyond_as_measured: np.ndarray) -> np.ndarray:
    return (beyond | beyond_as_measured).all(axis=0) & (beyond.sum(axis=0) >= IN_A_ROW - 1)


def _median(rows: np.ndarray) -> np.ndarray:
    """Medians of columns, NaN for an empty column; np.nanmedian is ten times slower."""
    if not len(rows):
        return np.full(rows.shape[1], np.nan)
    ordered = np.sort(rows, axis=0)  # NaN comes last
    count = np.isfinite(rows).sum(axis=0)
    columns = np.arange(rows.shape[1])
    middle = (ordered[np.maximum(count - 1, 0) // 2, columns] + ordered[count // 2 % len(rows), columns]) / 2
    return np.where(count > 0, middle, np.nan)
