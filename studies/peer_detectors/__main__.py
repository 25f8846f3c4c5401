"""Score two published detectors of change points on the synthetic histories, beside ours (`make detectors`).

PELT (Killick 2012, in ruptures) finds the segmentation of a history with the smallest cost. E-divisive with a t test
(Fleming 2023) is what Apache Otava runs in continuous integration; here it reports changes from 5 % on. Both move
change points when they see more nights, so each night computes those of the newest 60 nights again. A change point is
an alarm in the night in which it first appears, if the values after it are larger by at least 5 %.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from studies.documents import add_write_options
from studies.recorded_nights.detectors import Alarms, ours, plain
from studies.synthetic_histories.scoring import Detector, keep, scored

#: The smallest change that is reported, as for Otava's option `min_magnitude`.
FLOOR = 0.05
#: The fewest nights of a segment, and the penalty of a change point: a usual one for a change of the mean.
LEAST_NIGHTS = 3
PENALTY = 3.0
#: The number of nights that are read.
NEWEST = 60
#: Change points that are no farther apart are one.
NIGHTS_APART = 2


def alarms(change_points: Callable[[np.ndarray], Sequence[int]], values: np.ndarray) -> Alarms:
    """The nights on which a slowdown first appears among the change points of the history so far, and the cells."""
    found: Alarms = []
    for column in range(values.shape[1]):
        known: list[int] = []
        for night in range(2 * LEAST_NIGHTS, len(values)):
            first = max(0, night + 1 - NEWEST)
            series = values[first : night + 1, column]
            points = [0, *change_points(series), len(series)]
            for before, point, after in zip(points, points[1:], points[2:], strict=False):
                is_new = all(abs(first + point - other) > NIGHTS_APART for other in known)
                if is_new and series[point:after].mean() >= (1 + FLOOR) * series[before:point].mean():
                    known.append(first + point)
                    found.append((night, column))
    return found


def pelt(series: np.ndarray) -> list[int]:
    """The change points of PELT with a squared cost, and a penalty by the noise of the series."""
    import ruptures  # in the environment of `make detectors` only

    logarithms = np.log(series)
    deviation = 1.4826 * np.median(np.abs(np.diff(logarithms))) / np.sqrt(2)
    penalty = PENALTY * np.log(len(series)) * max(deviation, 1e-6) ** 2
    found = ruptures.Pelt(model="l2", min_size=LEAST_NIGHTS, jump=1).fit(logarithms[:, None]).predict(pen=penalty)
    return [int(point) for point in found[:-1]]


def otava(series: np.ndarray) -> list[int]:
    """The change points of Otava with its usual settings and the floor."""
    from otava.analysis import compute_change_points

    found, _ = compute_change_points(series.tolist(), min_magnitude=FLOOR)
    return sorted(int(point.index) for point in found)


def main() -> None:
    """Print a row for each detector and world."""
    parser = argparse.ArgumentParser(prog="python -m studies.peer_detectors", description=__doc__)
    parser.add_argument("--histories", type=int, default=48, help="histories of a world (default: %(default)s)")
    add_write_options(parser)
    options = parser.parse_args()
    detectors: dict[str, Detector] = {
        "our detector": ours,
        "the plain rule": plain,
        "PELT": partial(alarms, pelt),
        "Otava": partial(alarms, otava),
    }
    table = scored(detectors, options.histories)
    if options.write:
        keep("detector-peers", "make detectors", table, options)


if __name__ == "__main__":
    main()
