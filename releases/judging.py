"""Judge each release against the one before, and the newest against the first and the fastest, by the nightly rules."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from asv_verdict.asv_io.benchmarks import Benchmark
from asv_verdict.asv_io.decoding import benchmark_of
from asv_verdict.decide.confirmation import confirm
from asv_verdict.decide.judging import Judgement
from asv_verdict.decide.screening import Candidate, DeterministicChange, Thresholds, counted_changes, screen
from asv_verdict.measure.session import Key, Session
from asv_verdict.model import Change
from asv_verdict.project import Project
from asv_verdict.stats.ratio import Rounds, positive
from releases.measuring import Piece, Record, in_turn
from releases.rounds import better_half, numbers

#: Processes of each cell in a round of the confirmation. The rules of the confirmation were chosen with the minimum of
#: two (docs/decisions/how-good-the-verdict-is.md), and a round with all processes takes at least twice as long.
CONFIRMING_PROCESSES = 2


@dataclass
class Judging:
    """The rounds of all releases, and their judgement. `commits` are those of the releases, oldest first."""

    project: Project
    record: Record
    commits: Sequence[str]
    names: Mapping[str, str]
    cells: Sequence[str]
    benchmarks: Mapping[str, Benchmark]
    thresholds: Thresholds
    rounds: int
    #: Whether a cell is a control.
    is_control: Callable[[str], bool] = lambda cell: False
    #: The rounds by which each change was judged, by its cell and both commits.
    judged_by: dict[tuple[Key, str, str], Rounds] = field(default_factory=dict)

    def first_rounds(self) -> list[list[Piece]]:
        """The rounds in which every cell of every release is measured."""
        return [in_turn(f"round-{number}", self.cells, self.commits) for number in range(self.rounds)]

    def session(self) -> Session:
        """The values of the first rounds."""
        return self.record.session(self.first_rounds(), self.commits)

    def screen(self, session: Session) -> list[Candidate]:
        """Candidates: cells that differ between neighbouring releases by more than their threshold."""
        return [
            candidate
            for base, head in pairwise(self.commits)
            for candidate in screen(session, base, head, self.names[base], self.thresholds)
        ]

    def suspect_in_all(self, session: Session, baselines: Mapping[Key, str]) -> list[Candidate]:
        """Candidates: cells of the newest release that differ from their baselines, since small steps may add up."""
        newest = self.commits[-1]
        return [
            candidate
            for base in dict.fromkeys(baselines.values())
            if base not in self.commits[-2:]  # `screen` already compares the last two releases
            for candidate in screen(session, base, newest, self.names[base], self.thresholds)
            if baselines.get(candidate.key) == base
        ]

    def fastest(self, session: Session) -> dict[Key, str]:
        """For each cell, the commit of the fastest release, unless that is the first release."""
        found = {}
        for key in session.values[self.commits[-1]]:
            values = {commit: numbers(session.values[commit].get(key, ())) for commit in self.commits}
            times = {commit: better_half(rounds) for commit, rounds in values.items() if rounds and min(rounds) > 0}
            if times and (best := min(times, key=times.__getitem__)) != self.commits[0]:
                found[key] = best
        return found

    def deterministic_changes(self, session: Session) -> list[tuple[str, str, DeterministicChange]]:
        """Deterministic metrics that differ between neighbouring releases: base, head, and the values."""
        return [
            (base, head, change)
            for base, head in pairwise(self.commits)
            for change in counted_changes(session, base, head, self.project.settings)
        ]

    def decide(self, session: Session, deadline: float) -> list[Change]:
        """Measure each candidate again until it is decided or `deadline` (monotonic) is reached; return the changes.

        Each release is compared with the one before; then the newest with the first and with the fastest, since steps
        that are each too small to confirm may add up. Controls are decided before all other cells, in at most half of
        the time, because no change within their largest difference is confirmed.
        """
        timed = sum(not self.project.settings.is_deterministic(cell) for cell in self.cells)
        tests = timed * (len(self.commits) + 1)
        of_first = dict.fromkeys(session.values[self.commits[-1]], self.commits[0])
        candidates = {
            "again": self.screen(session),
            "first": self.suspect_in_all(session, of_first),
            "best": self.suspect_in_all(session, self.fastest(session)),
        }
        changes: list[Change] = []
        for prefix, are_controls, part in (("control-", True, 0.5), ("", False, 1.0)):
            chosen = {
                prefix + name: [one for one in found if self.is_control(one.key[1]) == are_controls]
                for name, found in candidates.items()
            }
            now = time.monotonic()
            changes += self._confirm_lists(chosen, now + (deadline - now) * part, tests)
        return changes

    def _confirm_lists(
        self, candidates: Mapping[str, Sequence[Candidate]], deadline: float, tests: int
    ) -> list[Change]:
        """Confirm one list of candidates after the other, each in its own rounds."""
        changes: list[Change] = []
        waiting = sum(map(len, candidates.values()))
        for name, found in candidates.items():
            now = time.monotonic()
            # Each list gets a share of the remaining time in proportion to its length.
            share = now + (deadline - now) * len(found) / waiting if found else now
            changes += self.confirm(found, name, share, tests)
            waiting -= len(found)
        return changes

    def confirm(self, candidates: Sequence[Candidate], name: str, deadline: float, tests: int) -> list[Change]:
        """Measure the candidates again until they are decided or `deadline` (monotonic) is reached.

        These rounds are stored like all others. The same candidates and values lead to the same rounds, so a run that
        was killed or ran out of time resumes without measuring anything twice.
        """
        rounds = _Rounds(self, name, deadline)
        judged = confirm(candidates, rounds, self.thresholds, tests) if candidates else []
        return [self.change_of(one) for one in judged]

    def pieces(self, round_: str, group: Sequence[Candidate]) -> list[Piece]:
        """Each cell on the commits of its candidates; a commit that two candidates share is measured once."""
        commits: dict[str, set[str]] = {}
        for one in group:
            commits.setdefault(one.key[1], set()).update((one.base, one.head))
        return [
            piece
            for number, (cell, of_cell) in enumerate(commits.items())
            for piece in in_turn(
                round_,
                [cell],
                [commit for commit in self.commits[:: 1 - 2 * (number % 2)] if commit in of_cell],
                CONFIRMING_PROCESSES,
            )
        ]

    def change_of(self, judged: Judgement) -> Change:
        one = judged.candidate
        environment, cell = one.key
        benchmark = self.benchmarks.get(benchmark_of(cell))
        seen = judged.seen or one.ratio
        # If no round of the confirmation was judged, the first rounds describe the change.
        rounds = judged.rounds if judged.seen else positive(self.session().rounds(one.key, one.base, one.head))
        self.judged_by[one.key, one.base, one.head] = rounds
        return Change(
            cell=cell,
            environment=environment,
            baseline=one.baseline,
            effect=self.project.settings.direction(cell, benchmark).effect(seen.estimate),
            state=judged.state,
            ratio=seen.estimate,
            interval=(seen.low, seen.high),
            threshold=one.threshold,
            before=min(old for old, _ in rounds),
            after=min(new for _, new in rounds),
            unit=benchmark.unit if benchmark else "",
            base=one.base,
            commits=tuple(self.commits[self.commits.index(one.base) + 1 : self.commits.index(one.head) + 1]),
        )


class _Rounds:
    """The rounds of a list of candidates, which are stored. It is a `Measurer`."""

    def __init__(self, judging: Judging, name: str, deadline: float) -> None:
        self.judging, self.name, self.deadline = judging, name, deadline
        self.begin, self.measured, self.taken = time.monotonic(), 0, 0

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline; rounds that are stored already take none."""
        is_stored = self.judging.record.has_some_of(self._round(self.taken))
        return math.inf if is_stored else self.deadline - time.monotonic()

    def seconds_of(self, candidate: Candidate) -> float:
        """The mean of all rounds of all candidates."""
        return (time.monotonic() - self.begin) / self.measured if self.measured else 0.0

    def measure(self, group: Sequence[Candidate]) -> list[Rounds]:
        """Measure one more round of each candidate; returns all rounds of each."""
        judging, record = self.judging, self.judging.record
        pieces = judging.pieces(self._round(self.taken), group)
        if all(map(record.has, pieces)):
            self.begin = time.monotonic()  # stored rounds say nothing about the pace
        else:
            record.measure(pieces, self.deadline)
            self.measured += len(group)
        self.taken += 1
        # In a run with less time than an earlier one, a candidate may get other rounds; all stored rounds count.
        there = itertools.takewhile(record.has_some_of, map(self._round, itertools.count()))
        session = record.session([judging.pieces(one, group) for one in there], judging.commits)
        return [session.rounds(one.key, one.base, one.head) for one in group]

    def _round(self, number: int) -> str:
        return f"{self.name}-{number}"
