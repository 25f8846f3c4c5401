"""The candidates of a run, and the rounds that decide them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from asv_verdict.decide.changes import Judged, judged
from asv_verdict.decide.confirmation import LEAST_TO_CONFIRM, confirm
from asv_verdict.decide.measurement import Measurement, Past
from asv_verdict.decide.screening import LEVEL, Candidate, Thresholds, screen
from asv_verdict.measure.builds import Builds, saved
from asv_verdict.measure.session import SessionRunner
from asv_verdict.model import Remarks, State
from asv_verdict.project import Project
from asv_verdict.records.noise_floors import read_noise
from asv_verdict.stats.ratio import Rounds
from asv_verdict.system.machine import processor


def thresholds_of(measurement: Measurement, project: Project, machine: str) -> tuple[Thresholds, Remarks]:
    """The thresholds, from the noise floors of each environment and the settings."""
    folder = project.root / project.settings.noise
    versions = {name: benchmark.version for name, benchmark in measurement.benchmarks.items()}
    notes: list[str] = []
    noise = {
        environment: read_noise(folder, machine, environment, notes, versions, processor())
        for environment in measurement.environments
    }
    return Thresholds(project.settings, noise, measurement.benchmarks), Remarks(notes=tuple(notes))


def candidates_of(measurement: Measurement, thresholds: Thresholds, past: Past) -> list[Candidate]:
    """The candidates for each baseline, from the first round."""
    head, session = measurement.head, measurement.session
    return [
        candidate
        for baseline, base in measurement.baselines.items()
        for candidate in screen(session, base, head, baseline, thresholds, partial(past.explained, base))
    ]


def decided(
    candidates: Sequence[Candidate],
    measurement: Measurement,
    builds: Builds,
    thresholds: Thresholds,
    deadline: float,
    tests: int,
) -> Judged:
    """Measure the candidates again until each is decided or `deadline` (monotonic) is reached.

    `tests` is the number of comparisons in the screening.
    """
    if not candidates:
        return Judged()
    rounds = _Rounds(builds, measurement.head, deadline)
    found = confirm(candidates, rounds.measure, thresholds, rounds.has_time, tests)
    remarks = Remarks()
    short = [one for one in found if one.state is State.INCONCLUSIVE and len(one.rounds) < LEAST_TO_CONFIRM]
    if short and not rounds.has_time(1):
        remarks += Remarks(
            notes=(f"time ran out before {len(short)} of {len(found)} candidates had {LEAST_TO_CONFIRM} rounds",)
        )
    for session_runner in rounds.session_runners.values():
        remarks += saved(session_runner)
    result = Judged(remarks=remarks)
    for one in found:
        # A candidate with fewer than two rounds of its own keeps its ratio from the screening.
        seen, own = one.seen or one.candidate.ratio, one.rounds if one.seen else ()
        if one.seen is None and len(one.rounds) > 1:
            unexplained = [(old * one.candidate.explained, new) for old, new in one.rounds]
            seen, own = thresholds.ratio(one.candidate.key, unexplained, LEVEL), one.rounds
        result += judged(one.candidate, one.state, seen, own, measurement, builds.project.settings)
    return result


class _Rounds:
    """The rounds of the candidates: one session for each base, in which base and head alternate."""

    def __init__(self, builds: Builds, head: str, deadline: float) -> None:
        self.builds, self.head, self.deadline = builds, head, deadline
        self.session_runners: dict[str, SessionRunner] = {}
        self.begin, self.measured = time.monotonic(), 0

    def has_time(self, rounds: int) -> bool:
        """Whether there is time for this number of rounds of one candidate."""
        now = time.monotonic()
        pace = (now - self.begin) / self.measured if self.measured else 0.0
        return now + pace * rounds <= self.deadline

    def measure(self, group: Sequence[Candidate]) -> list[Rounds]:
        """Measure a round of each candidate; returns all its rounds so far."""
        self.measured += len(group)
        for base in dict.fromkeys(one.base for one in group):
            if base not in self.session_runners:
                seconds = self.deadline - time.monotonic()
                name = f"confirmation-{base[:12]}"
                self.session_runners[base] = self.builds.session((base, self.head), name, seconds, forks=True)
            self.session_runners[base].round(list(dict.fromkeys(one.key[1] for one in group if one.base == base)))
        return [self.session_runners[one.base].session.rounds(one.key, one.base, self.head) for one in group]
