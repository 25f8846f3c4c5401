"""The candidates of a run, and the rounds that decide them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from asv_verdict.decide.changes import Judged, judged
from asv_verdict.decide.confirmation import confirm
from asv_verdict.decide.judging import LARGEST_GIVEN_UP, LEAST_TO_CONFIRM, Judgement
from asv_verdict.decide.measurement import Measurement, Past, name_of
from asv_verdict.decide.screening import LEVEL, Candidate, Thresholds, screen
from asv_verdict.measure.builds import Builds, saved
from asv_verdict.measure.sampling import Plan
from asv_verdict.measure.session_runner import SessionRunner
from asv_verdict.model import Remarks, State
from asv_verdict.project import Project
from asv_verdict.records.night_noise import night_noise_file
from asv_verdict.records.noise_floors import read_noise
from asv_verdict.stats.ratio import Rounds
from asv_verdict.system.machine import processor


def thresholds_of(measurement: Measurement, project: Project, machine: str) -> tuple[Thresholds, Remarks]:
    """The thresholds, from the noise floors of each environment and the settings."""
    folder = project.root / project.settings.noise
    versions = {name: benchmark.version for name, benchmark in measurement.benchmarks.items()}
    notes: list[str] = []
    noise = {
        environment: read_noise(
            folder,
            machine,
            environment,
            notes,
            versions,
            processor(),
            night_noise_file(project.folder, machine, environment),
        )
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
    rounds = CandidateRounds(candidates, builds, measurement, deadline)
    thresholds = replace(thresholds, rounds_of_value=rounds.plan.rounds_of_value)
    found = confirm(candidates, rounds, thresholds, tests)
    remarks = _watched(found)
    short = [one for one in found if one.state is State.INCONCLUSIVE and len(one.rounds) < LEAST_TO_CONFIRM]
    if short and not rounds.has_time:
        remarks += Remarks(
            notes=(f"time ran out before {len(short)} of {len(found)} candidates had {LEAST_TO_CONFIRM} rounds",)
        )
    if rounds.session_runner:
        remarks += saved(rounds.session_runner)
    result = Judged(remarks=remarks)
    for one in found:
        # A candidate with fewer than two rounds of its own keeps its ratio from the screening.
        seen, own = one.seen or one.candidate.ratio, one.rounds if one.seen else ()
        if one.seen is None and len(one.rounds) > 1:
            unexplained = [(old * one.candidate.explained, new) for old, new in one.rounds]
            seen, own = thresholds.ratio(one.candidate.key, unexplained, LEVEL), one.rounds
        result += judged(one.candidate, one.state, seen, own, measurement, builds.project.settings, one.rounds)
    return result


def _watched(found: Sequence[Judgement]) -> Remarks:
    """A note that names the cells whose change tonight's rounds could neither confirm nor exclude."""
    cells = list(dict.fromkeys(name_of(one.candidate.key) for one in found if one.is_futile))
    sentence = (
        f"dismissed tonight, watched: they may have changed by less than {LARGEST_GIVEN_UP:.0%}, but no number of "
        f"rounds would have confirmed it: {', '.join(cells)}"
    )
    return Remarks(notes=(sentence,) if cells else ())


class CandidateRounds:
    """The rounds of the candidates: one session, in which head and the bases alternate. It is a `Measurer`."""

    def __init__(
        self, candidates: Sequence[Candidate], builds: Builds, measurement: Measurement, deadline: float
    ) -> None:
        self.builds, self.deadline = builds, deadline
        self.commits = list(dict.fromkeys([*(one.base for one in candidates), measurement.head]))
        self.plan = Plan(measurement.benchmarks)
        self.session_runner: SessionRunner | None = None

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - time.monotonic()

    @property
    def has_time(self) -> bool:
        """Whether there is time for another round of one cell."""
        return self.seconds_left > (self.session_runner.seconds_of("") if self.session_runner else 0.0)

    def seconds_of(self, candidate: Candidate) -> float:
        """Seconds for a round of both commits of a candidate."""
        return 2 * self.session_runner.seconds_of(candidate.key[1]) if self.session_runner else 0.0

    def measure(self, group: Sequence[Candidate]) -> list[Rounds]:
        """Measure one more round of each candidate; returns all rounds of each.

        A cell that is a candidate against several bases is measured once on each of them, and once on head.
        """
        if self.session_runner is None:
            self.session_runner = self.builds.session(
                self.commits, "confirmation", self.seconds_left, forks=True, plan=self.plan
            )
        commits: defaultdict[str, set[str]] = defaultdict(set)
        for one in group:
            commits[one.key[1]] |= {one.base, one.head}
        self.session_runner.round(list(commits), commits)
        return [self.session_runner.session.rounds(one.key, one.base, one.head) for one in group]
