"""Change points in stored histories: what slipped through the nights, or happened before anyone watched.

A step is three nights in a row beyond the median of the thirty before. It is looked for in what is left of each cell's
history when the night's common factor is taken out, since what moves all cells of a night together is the machine.
Where such nights are rare, one of the three may count as it was measured: a bad night slows some cells more than
others, and what is too much for one cell would hide its step. Only the past is looked at, so a history that grows never
changes what was said about it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asv_verdict.ratios import DEVIATIONS_OF_MAD

#: Nights that make a level: at most, at least, and at least after a step, whose own nights were enough to see it.
BASELINE = 30
LEAST_BASELINE = 5
LEAST_AFTER_STEP = 3
#: Nights that tell how far values lie from their levels, where the present level is too young to tell it alone.
PAST = 60
#: Nights in a row that make a step.
IN_A_ROW = 3
#: The least step: as a fraction, and in robust standard deviations of the level before.
LEAST_STEP = 0.03
DEVIATIONS = 3.0
#: Fewer cells than this have no common factor: a change in one would be taken for the machine's.
LEAST_CELLS = 8
#: A night's factor counts from so many of its standard errors, and from a size that could make or hide a step.
ERRORS_OF_FACTOR = 4.0
LEAST_FACTOR = 0.01
#: Nights with a factor are rare below this share of the nights before; among nights on another processor they are not.
RARE = 0.2


@dataclass(frozen=True)
class Step:
    """A change of level: the first night at the new one, by its index, and new over old."""

    cell: str
    night: int
    ratio: float


@dataclass(frozen=True)
class Detection:
    """The steps of all cells, those of the machine, and the factor of each night that was divided out."""

    steps: list[Step]
    machine: list[Step]
    factors: list[float]


def detect(cells: Sequence[str], nights: np.ndarray) -> Detection:
    """Steps in a history. `nights` has a row for each night, oldest first, and a column for each cell; NaN is missing.

    Values have to be positive; others are taken for missing.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithms = np.where(nights > 0, np.log(nights), np.nan)
    factors = _common_factors(logarithms)
    divided = logarithms - factors[:, None]
    steps = _steps(cells, divided, np.where(_rare(factors)[:, None], logarithms, divided))
    machine = _steps(["all cells together"], factors[:, None], factors[:, None]) if factors.any() else []
    return Detection(steps, machine, [math.exp(factor) for factor in factors])


def _common_factors(logarithms: np.ndarray) -> np.ndarray:
    """For each night the median over cells of how far they lie from their own past, which has no such factor in it."""
    factors = np.zeros(len(logarithms))
    cleaned = np.full_like(logarithms, np.nan)
    for night in range(len(logarithms)):
        past = cleaned[max(0, night - BASELINE) : night]
        away = logarithms[night] - _median(past)
        known = away[np.isfinite(away)]
        if known.size >= LEAST_CELLS:
            factors[night] = _significant(known)
        cleaned[night] = logarithms[night] - factors[night]
    return factors


def _significant(away: np.ndarray) -> float:
    """The median, or nothing where it is small or within its own noise, which would be added to every cell."""
    centre = float(np.median(away))
    scatter = DEVIATIONS_OF_MAD * float(np.median(np.abs(away - centre)))
    error = math.sqrt(math.pi / 2 / away.size) * scatter
    return centre if abs(centre) > max(LEAST_FACTOR, ERRORS_OF_FACTOR * error) else 0.0


def _rare(factors: np.ndarray) -> np.ndarray:
    """For each night whether nights with a factor have been rare before it."""
    shares = [np.mean(factors[max(0, night - BASELINE) : night] != 0) for night in range(1, len(factors))]
    return np.array([False, *(share < RARE for share in shares)])[: len(factors)]


def _steps(cells: Sequence[str], series: np.ndarray, undivided: np.ndarray) -> list[Step]:
    """Steps of every column of logarithms, by night; a night without a value neither makes nor breaks a step.

    One night of a step may be beyond the limit in `undivided` alone.
    """
    found = []
    # Each column's values one after the other, and the nights that they are from.
    nights = np.argsort(~np.isfinite(series), axis=0, kind="stable")
    values = np.exp(np.take_along_axis(series, nights, axis=0))
    measured = np.exp(np.take_along_axis(undivided, nights, axis=0))
    start = np.zeros(len(cells), int)  # the first night at the present level
    away = np.full_like(values, np.nan)  # of each value from the level of its time, as a fraction
    for last in range(IN_A_ROW - 1, len(values)):
        first = last - IN_A_ROW + 1
        rows = np.arange(max(0, first - BASELINE), first)
        level_nights = np.where(rows[:, None] >= start[None, :], values[rows], np.nan)
        count = np.isfinite(level_nights).sum(axis=0)
        level = _median(level_nights)
        deviation = DEVIATIONS_OF_MAD * _median(np.abs(level_nights / level - 1))
        # A few nights that happen to agree are no proof of a quiet cell.
        before = DEVIATIONS_OF_MAD * _median(np.abs(away[max(0, first - PAST) : first]))
        deviation = np.where(count < BASELINE, np.fmax(deviation, before), deviation)
        limit = np.maximum(LEAST_STEP, DEVIATIONS * deviation)
        latest = values[first : last + 1] / level - 1
        latest_measured = measured[first : last + 1] / level - 1
        with np.errstate(invalid="ignore"):
            worse = _in_a_row(latest > limit, latest_measured > limit)
            better = _in_a_row(latest < -limit, latest_measured < -limit)
        is_known = count >= np.where(start > 0, LEAST_AFTER_STEP, LEAST_BASELINE)
        stepped = is_known & (worse | better)
        away[first] = latest[0]
        for column in np.flatnonzero(stepped).tolist():
            found.append(Step(cells[column], int(nights[first, column]), 1 + float(np.median(latest[:, column]))))
            start[column] = first
    return sorted(found, key=lambda step: step.night)


def _in_a_row(beyond: np.ndarray, beyond_as_measured: np.ndarray) -> np.ndarray:
    return (beyond | beyond_as_measured).all(axis=0) & (beyond.sum(axis=0) >= IN_A_ROW - 1)


def _median(rows: np.ndarray) -> np.ndarray:
    """Medians of columns, NaN where a column is empty; np.nanmedian is ten times slower."""
    if not len(rows):
        return np.full(rows.shape[1], np.nan)
    ordered = np.sort(rows, axis=0)  # NaN comes last
    count = np.isfinite(rows).sum(axis=0)
    columns = np.arange(rows.shape[1])
    middle = (ordered[np.maximum(count - 1, 0) // 2, columns] + ordered[count // 2 % len(rows), columns]) / 2
    return np.where(count > 0, middle, np.nan)
