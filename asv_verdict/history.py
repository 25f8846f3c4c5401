"""Level shifts in the stored history that no night has reported."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from asv_verdict.detector import Detection, Step, detect
from asv_verdict.investigation import Investigation
from asv_verdict.judging import Limits, Suspicion
from asv_verdict.ratios import Ratio
from asv_verdict.reports import looked_into
from asv_verdict.results import History, Result, Unreadable, measured, read_history
from asv_verdict.sitting import Key

HISTORY = "the history"
#: A level shift is examined in the nights that follow it, up to so many.
NEWS = 30
#: Commits that one night builds in order to measure level shifts again.
BASES = 2


@dataclass(frozen=True)
class Series:
    """The history of one environment of one machine: a row for each commit, oldest first, a column for each cell."""

    machine: str
    environment: str
    commits: list[str]
    cells: list[str]
    values: np.ndarray

    def detect(self) -> Detection:
        """Its level shifts."""
        return detect(self.cells, self.values)


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
        cells = sorted({cell for commit in commits for cell, _ in measured(results[commit].values)})
        columns = {cell: column for column, cell in enumerate(cells)}
        values = np.full((len(commits), len(cells)), np.nan)
        for row, commit in enumerate(commits):
            for cell, value in measured(results[commit].values):
                values[row, columns[cell]] = value
        found.append(Series(machine, environment, commits, cells, values))
    return found


def change_points(series: Series) -> list[dict[str, Any]]:
    """The level shifts of a series: the first commit at the new level, the last before it, and new over old.

    A level shift of the common-mode factor has no cell.
    """
    detection = series.detect()
    steps = [*((None, step) for step in detection.machine), *((step.cell, step) for step in detection.steps)]
    return [
        {
            "machine": series.machine,
            "environment": series.environment,
            "cell": cell,
            "commit": series.commits[step.night],
            "before": series.commits[step.night - 1],
            "ratio": step.ratio,
        }
        for cell, step in steps
    ]


def unexplained_steps(
    investigation: Investigation, limits: Limits, suspected: set[Key], deadline: float
) -> list[Suspicion]:
    """Level shifts of the last NEWS nights that are neither reported nor candidates tonight, as new candidates.

    Each compares head with the last commit before the shift, which has to be built by `deadline`.
    """
    project = investigation.project
    try:
        history = read_history(project.results, investigation.machine)
    except Unreadable as error:
        investigation.problems.append(str(error))
        return []
    investigation.problems += history.problems
    investigation.notes += history.notes
    line = investigation.repository.line(investigation.head)
    found: list[Suspicion] = []
    for series in series_of(history, line):
        detection = series.detect()
        investigation.notes += _of_the_machine(series, detection)
        for step in detection.steps:
            suspicion = _suspicion(series, step, investigation, limits)
            is_news = step.night >= len(series.commits) - NEWS and suspicion.key in investigation.expected
            is_known = suspicion.key in suspected or looked_into(
                investigation.nights, suspicion.key, HISTORY, suspicion.base
            )
            is_explained = abs(math.log(suspicion.ratio.estimate)) <= math.log1p(suspicion.limit)
            if is_news and not is_known and not is_explained:
                found.append(suspicion)
    return _buildable(found, investigation, deadline)


def _suspicion(series: Series, step: Step, investigation: Investigation, limits: Limits) -> Suspicion:
    key = (series.environment, step.cell)
    base = series.commits[step.night - 1]
    past = investigation.known(base, key)
    explained = past.of(step.ratio)
    before = float(np.nanmedian(series.values[: step.night, series.cells.index(step.cell)]))
    seen = step.ratio / explained
    return Suspicion(
        key,
        base,
        investigation.head,
        limits.of(key, before),
        HISTORY,
        Ratio(seen, seen, seen),
        explained,
        past.until or base,
    )


def _of_the_machine(series: Series, detection: Detection) -> list[str]:
    """A sentence for each level shift of the common-mode factor, in the night that finds it."""
    newest = len(series.commits) - 3
    return [
        f"all cells of {series.machine} together shifted by {step.ratio - 1:+.1%} at "
        f"{series.commits[step.night][:8]}; the cause is the machine, or a package that all cells use"
        for step in detection.machine
        if step.night == newest
    ]


def _buildable(found: list[Suspicion], investigation: Investigation, deadline: float) -> list[Suspicion]:
    """The candidates whose base can be built, largest level shifts first. The others become notes."""
    built: list[Suspicion] = []
    allowed = set(investigation.runners)
    for suspicion in sorted(found, key=lambda one: -abs(math.log(one.ratio.estimate))):
        if suspicion.base not in allowed and len(allowed) < len(investigation.bases) + 1 + BASES:
            allowed.add(suspicion.base)
            investigation.built(suspicion.base, deadline)
        if suspicion.base in investigation.runners:
            built.append(suspicion)
        else:
            environment, cell = suspicion.key
            investigation.notes.append(
                f"{cell} in {environment} shifted by {suspicion.ratio.estimate - 1:+.1%} after {suspicion.base[:8]}; "
                "this night did not measure it again"
            )
    return built
