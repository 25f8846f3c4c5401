"""What has a release done? Each against the one before, and the newest against the first and the best, as by night."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from asv_verdict.confirming import Judgement, confirm
from asv_verdict.judging import Counted, Limits, Suspicion, counted_changes, suspicions
from asv_verdict.outcome import Change
from asv_verdict.ratios import Rounds, positive
from asv_verdict.results import Benchmark, benchmark_of
from asv_verdict.settings import Project
from asv_verdict.sitting import Key, Sitting
from tools.releases.measuring import Piece, Record, in_turn
from tools.releases.rounds import better_half, numbers

#: Of each cell in a round that confirms. By rounds of the least of two the rules of confirming were chosen
#: (docs/decisions/how-good-the-verdict-is.md), and a round of all processes takes twice as long or more.
CONFIRMING_PROCESSES = 2


@dataclass
class Judging:
    """The rounds of all releases, and what is made of them. `commits` are those of the releases, oldest first."""

    project: Project
    record: Record
    commits: Sequence[str]
    names: Mapping[str, str]
    cells: Sequence[str]
    benchmarks: Mapping[str, Benchmark]
    limits: Limits
    rounds: int
    #: Whether nothing can have moved a cell.
    is_control: Callable[[str], bool] = lambda cell: False
    #: By which each change was judged, by its cell and both commits.
    judged_by: dict[tuple[Key, str, str], Rounds] = field(default_factory=dict)

    def first_rounds(self) -> list[list[Piece]]:
        """Those in which everything is measured."""
        return [in_turn(f"round-{number}", self.cells, self.commits) for number in range(self.rounds)]

    def sitting(self) -> Sitting:
        """What they have measured."""
        return self.record.sitting(self.first_rounds(), self.commits)

    def suspect(self, sitting: Sitting) -> list[Suspicion]:
        """Cells that differ from one release to the next by more than identical runs do."""
        return [
            suspicion
            for base, head in pairwise(self.commits)
            for suspicion in suspicions(sitting, base, head, self.names[base], self.limits)
        ]

    def suspect_in_all(self, sitting: Sitting, bases: Mapping[Key, str]) -> list[Suspicion]:
        """Cells whose newest release differs from the one in `bases`, by steps that may each have been too small."""
        newest = self.commits[-1]
        return [
            suspicion
            for base in dict.fromkeys(bases.values())
            if base not in self.commits[-2:]  # the last pair is judged as a pair
            for suspicion in suspicions(sitting, base, newest, self.names[base], self.limits)
            if bases.get(suspicion.key) == base
        ]

    def fastest(self, sitting: Sitting) -> dict[Key, str]:
        """The release on which each cell took the least time, where that is not the first."""
        found = {}
        for key in sitting.values[self.commits[-1]]:
            values = {commit: numbers(sitting.values[commit].get(key, ())) for commit in self.commits}
            known = {commit: better_half(rounds) for commit, rounds in values.items() if rounds and min(rounds) > 0}
            if known and (best := min(known, key=known.__getitem__)) != self.commits[0]:
                found[key] = best
        return found

    def counted(self, sitting: Sitting) -> list[tuple[str, str, Counted]]:
        """What has no noise and differs from one release to the next: base, head, and the values."""
        return [
            (base, head, counted)
            for base, head in pairwise(self.commits)
            for counted in counted_changes(sitting, base, head, self.project.settings)
        ]

    def decide(self, sitting: Sitting, deadline: float) -> list[Change]:
        """What has changed, measured again until it is decided or `deadline` (monotonic) is reached.

        Each release against the one before; then the newest against the first and against the best there was, since
        steps that are each too small to tell may add up. So are the controls, before all others and in half of the time
        at most: what they differ by is the least that can be claimed.
        """
        timed = sum(not self.project.settings.is_exact(cell) for cell in self.cells)
        tests = timed * (len(self.commits) + 1)
        of_first = dict.fromkeys(sitting.values[self.commits[-1]], self.commits[0])
        suspected = {
            "again": self.suspect(sitting),
            "first": self.suspect_in_all(sitting, of_first),
            "best": self.suspect_in_all(sitting, self.fastest(sitting)),
        }
        changes: list[Change] = []
        for prefix, are_controls, part in (("control-", True, 0.5), ("", False, 1.0)):
            chosen = {
                prefix + name: [one for one in found if self.is_control(one.key[1]) == are_controls]
                for name, found in suspected.items()
            }
            now = time.monotonic()
            changes += self._confirm_lists(chosen, now + (deadline - now) * part, tests)
        return changes

    def _confirm_lists(self, suspected: Mapping[str, Sequence[Suspicion]], deadline: float, tests: int) -> list[Change]:
        """One list of suspicions after the other, each by rounds of its own."""
        changes: list[Change] = []
        waiting = sum(map(len, suspected.values()))
        for name, found in suspected.items():
            now = time.monotonic()
            # Each list has its share of the time that is left, by how many are in it.
            share = now + (deadline - now) * len(found) / waiting if found else now
            changes += self.confirm(found, name, share, tests)
            waiting -= len(found)
        return changes

    def confirm(self, suspected: Sequence[Suspicion], name: str, deadline: float, tests: int) -> list[Change]:
        """Measure what is suspected again until it is decided or `deadline` (monotonic) is reached.

        The rounds are on disk like all others: the same suspicions and numbers lead to the same rounds, so a run that
        was killed, or whose time was over, comes to where it was without measuring.
        """
        begin, done, taken = time.monotonic(), 0, 0

        def round_name(number: int) -> str:
            return f"{name}-{number}"

        def has_time(rounds: int) -> bool:
            now = time.monotonic()
            pace = (now - begin) / done if done else 0.0
            return self.record.has_some_of(round_name(taken)) or now + pace * rounds <= deadline

        def measure(group: Sequence[Suspicion]) -> list[Rounds]:
            nonlocal done, begin, taken
            pieces = self._pieces(round_name(taken), group)
            if all(map(self.record.has, pieces)):
                begin = time.monotonic()  # what was measured before says nothing of how long it takes
            else:
                self.record.measure(pieces, deadline)
                done += len(group)
            taken += 1
            # With less time than a run before, a suspicion has its turn in other rounds; all that are there count.
            there = itertools.takewhile(self.record.has_some_of, map(round_name, itertools.count()))
            sitting = self.record.sitting([self._pieces(one, group) for one in there], self.commits)
            return [sitting.rounds(one.key, one.base, one.head) for one in group]

        judged = confirm(suspected, measure, self.limits, has_time, tests) if suspected else []
        return [self._change(one) for one in judged]

    def _pieces(self, round_: str, group: Sequence[Suspicion]) -> list[Piece]:
        """Each cell on the commits of its suspicions, a commit between two of them once."""
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

    def _change(self, judged: Judgement) -> Change:
        one = judged.suspicion
        environment, cell = one.key
        benchmark = self.benchmarks.get(benchmark_of(cell))
        seen = judged.seen or one.ratio
        # What is said of it is by the first rounds where none that confirm have been judged.
        rounds = judged.rounds if judged.seen else positive(self.sitting().rounds(one.key, one.base, one.head))
        self.judged_by[one.key, one.base, one.head] = rounds
        return Change(
            cell=cell,
            environment=environment,
            look=one.look,
            effect=self.project.settings.direction(cell, benchmark).effect(seen.estimate),
            state=judged.state,
            ratio=seen.estimate,
            interval=(seen.low, seen.high),
            limit=one.limit,
            before=min(old for old, _ in rounds),
            after=min(new for _, new in rounds),
            unit=benchmark.unit if benchmark else "",
            base=one.base,
            commits=tuple(self.commits[self.commits.index(one.base) + 1 : self.commits.index(one.head) + 1]),
        )
