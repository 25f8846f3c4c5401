"""What a night learns about the noise of its machine, for the nights after it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from asv_verdict.asv_io.pairs import Pair, stored_adjacent
from asv_verdict.asv_io.results import Unreadable
from asv_verdict.decide.measurement import Measurement
from asv_verdict.measure.session import Key, is_number
from asv_verdict.model import Remarks
from asv_verdict.project import Project
from asv_verdict.records.night_noise import add_night_noise, night_noise_file
from asv_verdict.system.machine import processor


def learned(
    measurement: Measurement, changed: Collection[Key], project: Project, machine: str, started: str
) -> Remarks:
    """Store both values of each cell that did not change between a baseline and head; returns the problems.

    `changed` holds the cells with a confirmed or undecided change. Those that were candidates and dismissed count:
    without them, the noise would look too small.
    """
    if not measurement.baselines:
        return Remarks()
    base = next(iter(measurement.baselines.values()))
    found: defaultdict[str, dict[str, list[float]]] = defaultdict(dict)
    adjacent: defaultdict[str, dict[str, list[list[float]]]] = defaultdict(dict)
    for key in measurement.expected:
        environment, cell = key
        values = [measurement.session.latest(commit, key) for commit in (base, measurement.head)]
        positive = [value for value in values if is_number(value) and value > 0]
        if len(positive) == len(values) and key not in changed and not project.settings.is_deterministic(cell):
            found[environment][cell] = positive
            rounds = measurement.session.adjacent(key, base, measurement.head)
            adjacent[environment][cell] = stored_adjacent(rounds)
    problems = []
    for environment, by_cell in found.items():
        pair: Pair = {
            "started": started,
            "commits": [base, measurement.head],
            "versions": {name: benchmark.version for name, benchmark in measurement.benchmarks.items()},
            "measured_with": {"cpu": processor()},
            "values": by_cell,
            "adjacent": {cell: rounds for cell, rounds in adjacent[environment].items() if rounds},
        }
        try:
            add_night_noise(night_noise_file(project.folder, machine, environment), [pair])
        except (Unreadable, OSError) as error:
            problems.append(f"the noise of this night was not stored: {error}")
    return Remarks(problems=tuple(problems))
