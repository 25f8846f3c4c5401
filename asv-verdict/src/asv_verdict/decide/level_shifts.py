"""Level shifts in the stored history that no night has reported."""

from __future__ import annotations

import math

import numpy as np

from asv_verdict.asv_io.results import Unreadable, read_history
from asv_verdict.asv_io.series import Series, series_of
from asv_verdict.decide.measurement import Measurement, Past, name_of
from asv_verdict.decide.screening import Candidate, Thresholds
from asv_verdict.measure.builds import Builds
from asv_verdict.measure.session import Key
from asv_verdict.model import HISTORY, Remarks
from asv_verdict.records.past_nights import decided_before
from asv_verdict.stats.change_points import IN_A_ROW, Detection, Step
from asv_verdict.stats.ratio import Ratio

#: A level shift is examined if it began within this many nights, tonight included.
NEWS = 30
#: The most commits that one night builds in order to measure level shifts again.
BASES = 2


def unexplained_steps(
    measurement: Measurement, builds: Builds, thresholds: Thresholds, past: Past, candidates: set[Key], deadline: float
) -> tuple[list[Candidate], Remarks]:
    """Level shifts of the last NEWS nights that are neither reported nor candidates tonight, as new candidates.

    Each compares head with the last commit before the shift, which has to be built by `deadline`.
    """
    try:
        history = read_history(builds.project.results, builds.machine)
    except Unreadable as error:
        return [], Remarks(problems=(str(error),))
    notes = list(history.notes)
    found: list[Candidate] = []
    for series in series_of(history, past.repository.line(measurement.head)):
        detection = series.detect()
        notes += _of_the_machine(series, detection)
        for step in detection.steps:
            candidate = _candidate(series, step, measurement.head, thresholds, past)
            is_news = step.night >= len(series.commits) - NEWS and candidate.key in measurement.expected
            is_known = candidate.key in candidates or decided_before(
                past.nights, candidate.key, HISTORY, candidate.base
            )
            is_explained = abs(math.log(candidate.ratio.estimate)) <= math.log1p(candidate.threshold)
            if is_news and not is_known and not is_explained:
                found.append(candidate)
    built = _buildable(found, builds, len(measurement.baselines) + 1 + BASES, deadline)
    notes += [_not_built(one) for one in found if one not in built]
    return built, Remarks(problems=tuple(history.problems), notes=tuple(notes))


def _candidate(series: Series, step: Step, head: str, thresholds: Thresholds, past: Past) -> Candidate:
    key = (series.environment, step.cell)
    base = series.commits[step.night - 1]
    explained = past.explained(base, key)
    part = explained.of(step.ratio)
    before = float(np.nanmedian(series.values[: step.night, series.cells.index(step.cell)]))
    seen = step.ratio / part
    threshold = thresholds.of(key, before)
    return Candidate(key, base, head, threshold, HISTORY, Ratio(seen, seen, seen), part, explained.until or base)


def _of_the_machine(series: Series, detection: Detection) -> list[str]:
    """A sentence for each level shift of the common-mode factor, in the night that finds it."""
    newest = len(series.commits) - IN_A_ROW
    return [
        f"all cells of {series.machine} together shifted by {step.ratio - 1:+.1%} at "
        f"{series.commits[step.night][:8]}; the cause is the machine, or a package that all cells use"
        for step in detection.machine
        if step.night == newest
    ]


def _buildable(found: list[Candidate], builds: Builds, most: int, deadline: float) -> list[Candidate]:
    """The candidates whose base can be built, largest level shifts first; a run builds at most `most` commits."""
    allowed = set(builds.runners)
    built = []
    for candidate in sorted(found, key=lambda one: -abs(math.log(one.ratio.estimate))):
        if candidate.base not in allowed and len(allowed) < most:
            allowed.add(candidate.base)
            builds.build(candidate.base, deadline)
        if candidate.base in builds.runners:
            built.append(candidate)
    return built


def _not_built(candidate: Candidate) -> str:
    shift = f"{name_of(candidate.key)} shifted by {candidate.ratio.estimate - 1:+.1%} after {candidate.base[:8]}"
    return f"{shift}; this night did not measure it again"
