"""The history of each machine and environment as one array."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from asv_verdict.asv_io.provenance import newest_entry
from asv_verdict.asv_io.results import History, Result
from asv_verdict.stats.change_points import BASELINE, Detection, detect


@dataclass(frozen=True)
class Series:
    """The history of one environment of one machine: a row for each commit, oldest first, a column for each cell."""

    machine: str
    environment: str
    commits: list[str]
    cells: list[str]
    values: np.ndarray
    #: Date of each commit, in seconds since 1970.
    dates: list[float] = field(default_factory=list)
    #: The processor of each commit's result, None where no file tells.
    processors: list[str | None] = field(default_factory=list)

    def detect(self) -> Detection:
        """Its level shifts."""
        return detect(self.cells, self.values, self.processors)


@dataclass(frozen=True)
class ChangePoint:
    """A level shift of a series. A shift of all cells together, the common-mode factor, has no cell and no levels."""

    machine: str
    environment: str
    cell: str | None
    #: The first commit at the new level, and the last one before it.
    commit: str
    before: str
    #: New level over old level.
    ratio: float
    #: Date of `commit`, in seconds since 1970.
    date: float
    #: The levels before and after the shift: a median, and that median times `ratio`.
    old: float | None = None
    new: float | None = None


def series_of(history: History, line: Sequence[str] | None = None) -> list[Series]:
    """A series for each machine and environment, in the order of `line`; without `line`, by date of the commits."""
    found = []

    def by_series(result: Result) -> tuple[str, str]:
        return result.machine, result.environment

    for (machine, environment), group in itertools.groupby(sorted(history.results, key=by_series), key=by_series):
        results = {result.commit: result for result in group}
        if line is None:
            commits = sorted(results, key=lambda commit: (results[commit].date, commit))
        else:
            commits = [commit for commit in line if commit in results]
        cells, values = _table([results[commit] for commit in commits])
        dates = [results[commit].date for commit in commits]
        processors = [_processor(results[commit]) for commit in commits]
        found.append(Series(machine, environment, commits, cells, values, dates, processors))
    return found


def _processor(result: Result) -> str | None:
    """The processor on which a result was measured last, if its provenance tells."""
    try:
        name = newest_entry(result.path.with_suffix(".provenance")).get("cpu")
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        return None  # without such a file, or with a damaged one, the factor tells
    return name if isinstance(name, str) else None


def _table(results: Sequence[Result]) -> tuple[list[str], np.ndarray]:
    """The cells that have a number in one of the results, and a row of values for each result."""
    layouts = {id(result.values.columns): result.values.columns for result in results}
    every = sorted(set().union(*layouts.values()))
    columns = {cell: column for column, cell in enumerate(every)}
    places = {
        key: (np.array([columns[cell] for cell in layout], int), np.array(list(layout.values()), int))
        for key, layout in layouts.items()
    }
    values = np.full((len(results), len(every)), np.nan)
    for row, result in enumerate(results):
        to, from_ = places[id(result.values.columns)]
        values[row, to] = result.values.numbers[from_]
    values[np.isinf(values)] = np.nan
    kept = np.flatnonzero(np.isfinite(values).any(axis=0))
    return [every[column] for column in kept.tolist()], values[:, kept]


def change_points(series: Series) -> list[ChangePoint]:
    """The level shifts of a series: first those of all cells together, then those of cells, by commit."""
    detection = series.detect()
    columns = {cell: column for column, cell in enumerate(series.cells)}
    start: dict[str, int] = {}  # of the present level
    found = []
    for cell, step in [*((None, step) for step in detection.machine), *((step.cell, step) for step in detection.steps)]:
        old = None
        if cell is not None:
            past = series.values[start.get(cell, 0) : step.night, columns[cell]]
            start[cell] = step.night
            old = median(past[np.isfinite(past)][-BASELINE:].tolist())
        found.append(
            ChangePoint(
                series.machine,
                series.environment,
                cell,
                series.commits[step.night],
                series.commits[step.night - 1],
                step.ratio,
                series.dates[step.night],
                old,
                None if old is None else old * step.ratio,
            )
        )
    return found
