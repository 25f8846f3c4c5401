"""Methods that see only the stored history: the nights on which each reports a slowdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from asv.step_detect import detect_regressions, detect_steps

from asv_verdict import change_points

#: Pairs of a night and a cell.
Alarms = list[tuple[int, int]]


def ours(values: np.ndarray, processors: Sequence[str] = ()) -> Alarms:
    """The nights on which our detector of level shifts reports a slowdown, and the cells."""
    names = [str(column) for column in range(values.shape[1])]
    steps = change_points.detect(names, values, processors).steps
    return [(step.night + change_points.IN_A_ROW - 1, int(step.cell)) for step in steps if step.ratio > 1]


def plain(values: np.ndarray) -> Alarms:
    """Alarm after 3 nights in a row that exceed the median of the 30 before by max(3 %, 3 robust deviations)."""
    found = []
    for column in range(values.shape[1]):
        start = 0
        for night in range(2, len(values)):
            before = values[max(start, night - 32) : night - 2, column]
            if len(before) < change_points.LEAST_BASELINE:
                continue
            level = np.median(before)
            deviation = 1.4826 * np.median(np.abs(before - level))
            if (values[night - 2 : night + 1, column] > level + max(0.03 * level, 3 * deviation)).all():
                found.append((night, column))
                start = night - 2  # a reported shift is not reported again
    return found


def over_last_night(values: np.ndarray) -> Alarms:
    """The nights on which a cell is over 10 % slower than on the night before, and the cells."""
    nights, cells = np.nonzero(values[1:] > 1.10 * values[:-1])
    return [(int(night) + 1, int(cell)) for night, cell in zip(nights, cells, strict=True)]


def asv_report(values: np.ndarray) -> Alarms:
    """ASV's list of regressions, recomputed each night: the nights on which it has a new step, and the cells."""
    found = []
    for column in range(values.shape[1]):
        explained: set[int] = set()
        for night in range(2, len(values)):
            series = list(values[: night + 1, column])
            steps = detect_steps(series, [1.0] * len(series))
            _, _, jumps = detect_regressions(steps, 0.05)
            for jump in jumps or ():
                position = jump[1]
                if position is not None and not any(abs(position - other) <= 2 for other in explained):
                    explained.add(position)
                    found.append((night, column))
    return found


DETECTORS: dict[str, Callable[[np.ndarray], Alarms]] = {
    "our detector": ours,
    "the plain rule": plain,
    "ASV's report": asv_report,
    "10 % above the previous night": over_last_night,
}
