"""Level shifts in the stored history that no night has reported."""

from __future__ import annotations

import math

import numpy as np

from asv_verdict.asv_io.results import Unreadable, read_history
from asv_verdict.asv_io.series import Series, series_of
from asv_verdict.decide.screening import Candidate, Thresholds
from asv_verdict.investigation import Investigation
from asv_verdict.measure.session import Key
from asv_verdict.model import HISTORY
from asv_verdict.records.past_nights import decided_before
from asv_verdict.stats.change_points import Detection, Step
from asv_verdict.stats.ratio import Ratio

#: The number of nights after a level shift in which it is examined.
NEWS = 30
#: The most commits that one night builds in order to measure level shifts again.
BASES = 2


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
            candidate = _candidate(series, step, investigation, thresholds)
            is_news = step.night >= len(series.commits) - NEWS and candidate.key in investigation.expected
            is_known = candidate.key in candidates or decided_before(
                investigation.nights, candidate.key, HISTORY, candidate.base
            )
            is_explained = abs(math.log(candidate.ratio.estimate)) <= math.log1p(candidate.threshold)
            if is_news and not is_known and not is_explained:
                found.append(candidate)
    return _buildable(found, investigation, deadline)


def _candidate(series: Series, step: Step, investigation: Investigation, thresholds: Thresholds) -> Candidate:
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
