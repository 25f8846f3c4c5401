"""Level shifts in the stored history that no night has reported."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from asv_verdict.asv_io.results import History, Result, Unreadable, measured, read_history
from asv_verdict.decide.screening import Candidate, Thresholds
from asv_verdict.investigation import Investigation
from asv_verdict.measure.session import Key
from asv_verdict.model import HISTORY
from asv_verdict.records.past_nights import decided_before
from asv_verdict.stats.change_points import Detection, Step, detect
from asv_verdict.stats.ratio import Ratio

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
    investigation: Investigation, thresholds: Thresholds, candidates: set[Key], deadline: float
) -> list[Candidate]:
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
    found: list[Candidate] = []
    for series in series_of(history, line):
        detection = series.detect()
        investigation.notes += _of_the_machine(series, detection)
        for step in detection.steps:
            candidate = _suspicion(series, step, investigation, thresholds)
            is_news = step.night >= len(series.commits) - NEWS and candidate.key in investigation.expected
            is_known = candidate.key in candidates or decided_before(
                investigation.nights, candidate.key, HISTORY, candidate.base
            )
            is_explained = abs(math.log(candidate.ratio.estimate)) <= math.log1p(candidate.threshold)
            if is_news and not is_known and not is_explained:
                found.append(candidate)
    return _buildable(found, investigation, deadline)


def _suspicion(series: Series, step: Step, investigation: Investigation, thresholds: Thresholds) -> Candidate:
    key = (series.environment, step.cell)
    base = series.commits[step.night - 1]
    past = investigation.explained(base, key)
    explained = past.of(step.ratio)
    before = float(np.nanmedian(series.values[: step.night, series.cells.index(step.cell)]))
    seen = step.ratio / explained
    return Candidate(
        key,
        base,
        investigation.head,
        thresholds.of(key, before),
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


def _buildable(found: list[Candidate], investigation: Investigation, deadline: float) -> list[Candidate]:
    """The candidates whose base can be built, largest level shifts first. The others become notes."""
    built: list[Candidate] = []
    allowed = set(investigation.runners)
    for candidate in sorted(found, key=lambda one: -abs(math.log(one.ratio.estimate))):
        if candidate.base not in allowed and len(allowed) < len(investigation.baselines) + 1 + BASES:
            allowed.add(candidate.base)
            investigation.built(candidate.base, deadline)
        if candidate.base in investigation.runners:
            built.append(candidate)
        else:
            environment, cell = candidate.key
            investigation.notes.append(
                f"{cell} in {environment} shifted by {candidate.ratio.estimate - 1:+.1%} after {candidate.base[:8]}; "
                "this night did not measure it again"
            )
    return built
