"""Replay recorded nights of identical code in random orders, with artificial slowdowns of some cells.

Disjoint sets of each night's processes represent the previous commit, head, the reference and the rounds of the
confirmation. So the confirmation uses only processes that screening has not seen.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from asv_verdict import (
    LEAST_ADJACENT,
    Candidate,
    Judgement,
    Noise,
    Session,
    Settings,
    State,
    Thresholds,
    Visit,
    adjacent_change,
    confirm,
    screen,
)
from benchmarks.protocol import second_shortest

#: Processes for each value in a session, unless told otherwise. Two are ASV's default; this suite has eight.
PROCESSES = 2
#: The most processes of a value that is only compared (asv_verdict.measure.sampling).
MOST_COMPARED = 4
#: The most rounds of one night (asv_verdict.decide.judging).
MOST_ROUNDS = 32
#: Consecutive processes that stay together.
BLOCK = 6
ENVIRONMENT = "recorded"
OLD, NEW, REFERENCE = "last night", "tonight", "the reference"
#: What `OLD` was in a night that left a candidate against it inconclusive.
EARLIER = "an earlier night"

#: The shortest call of each process, by cell.
Night = Mapping[str, np.ndarray]


class Replay:
    """Recorded nights of one kind. Noise floors come from idle nights: users measure them on an idle machine.

    A value of a session comes from a number of `processes`, a round of the confirmation from a quarter of them, at
    least one (asv_verdict.measure.sampling). Its number is the statistic of benchmarks/protocol.py.
    """

    def __init__(
        self, nights: Sequence[dict[str, Any]], idle: Sequence[dict[str, Any]], seed: int, processes: int = PROCESSES
    ) -> None:
        self.processes, self.of_round = processes, _of_round(processes)
        self.places = _places(processes)
        self.nights = [_night(night) for night in nights]
        #: The processor of each night, which stands for its machine.
        self.machines = [night["measured_with"]["cpu"] for night in nights]
        self.cells = list(self.nights[0])
        self.random = random.Random(seed)
        self.thresholds = [_limits(_others(idle, night), processes) for night in nights]
        #: The number of processes of the last confirmation, and the judgements that it left inconclusive.
        self.used = 0
        self.undecided: list[Judgement] = []

    def verdict(
        self,
        changed: str | None = None,
        factors: Mapping[str, float] | None = None,
        *,
        processes: float = math.inf,
        undecided: Sequence[Judgement] = (),
    ) -> dict[str, State]:
        """Judge a random night and return the state of each candidate.

        `factors` gives, for each commit, the factor by which the cell `changed` is slower. The confirmation ends after
        a number of `processes`. It takes up what the night before left `undecided`.
        """

        def factor(cell: str, commit: str) -> float:
            return (factors or {}).get(commit, 1.0) if cell == changed else 1.0

        number = self.random.randrange(len(self.nights))
        shuffled, thresholds = self._shuffled(self.nights[number]), self.thresholds[number]
        session = Session([OLD, REFERENCE, NEW], {name: {} for name in self.places}, {name: {} for name in self.places})
        for cell, minima in shuffled.items():
            for name, places in self.places.items():
                times = (minima[places] * factor(cell, name)).tolist()
                session.values[name][ENVIRONMENT, cell] = [second_shortest(times)]
                session.visits[name][ENVIRONMENT, cell] = list(map(Visit, places, times))
        candidates = [one for base in (OLD, REFERENCE) for one in screen(session, base, NEW, base, thresholds)]
        candidates = _with_evidence(candidates, undecided)
        seen = sum(map(len, self.places.values()))
        unseen = {cell: minima[seen:] for cell, minima in shuffled.items()}
        rounds = _Rounds(unseen, factor, processes, self.of_round)
        thresholds = replace(thresholds, rounds_of_value=lambda benchmark: self.processes / self.of_round)
        judged = confirm(candidates, rounds, thresholds, tests=2 * len(self.cells))
        self.used = sum(rounds.used.values())
        self.undecided = [one for one in judged if one.state is State.INCONCLUSIVE]
        worst_last = (State.DISMISSED, State.INCONCLUSIVE, State.CONFIRMED)
        judged.sort(key=lambda one: worst_last.index(one.state))
        return {one.candidate.key[1]: one.state for one in judged}

    def history(self, nights: int) -> np.ndarray:
        """The values that ASV would store for random nights: a row for each night, a column for each cell.

        All nights of a history are of one machine, since ASV stores its results by machine.
        """
        machine = self.random.choice(self.machines)
        of_machine = [night for night, own in zip(self.nights, self.machines, strict=True) if own == machine]
        order = [self._shuffled(self.random.choice(of_machine)) for _ in range(nights)]
        return np.array(
            [[second_shortest(night[cell][: self.processes].tolist()) for cell in self.cells] for night in order]
        )

    def _shuffled(self, night: Night) -> Night:
        """The processes of a night in a random order.

        Consecutive processes stay together in blocks, because a session interleaves its commits and a disturbance may
        last for minutes. A block is large enough for a round of two or three commits. The order is the same for all
        cells, because a disturbance of the machine affects all of them.
        """
        blocks = list(range(min(map(len, night.values())) // BLOCK))
        self.random.shuffle(blocks)
        order = [BLOCK * block + one for block in blocks for one in self.random.sample(range(BLOCK), BLOCK)]
        return {cell: minima[order] for cell, minima in night.items()}


def _places(processes: int) -> dict[str, list[int]]:
    """The places of the processes of each commit in a session: NEW has so many, and the others at most MOST_COMPARED.

    The commits take turns, and one with half of the processes takes part in every second turn.
    """
    compared = min(processes, MOST_COMPARED)
    turns = [
        name
        for turn in range(processes)
        for name in (OLD, NEW, REFERENCE)
        if name == NEW or turn * compared % processes < compared
    ]
    return {name: [place for place, other in enumerate(turns) if other == name] for name in (OLD, NEW, REFERENCE)}


def most_processes(processes: int) -> int:
    """The most processes of a cell that a night takes: the session, and all rounds of three commits."""
    places = _places(processes)
    return sum(map(len, places.values())) + MOST_ROUNDS * len(places) * _of_round(processes)


def _of_round(processes: int) -> int:
    """The processes of a round (asv_verdict.measure.sampling)."""
    return max(1, processes // 4)


def _others(idle: Sequence[dict[str, Any]], night: dict[str, Any]) -> list[dict[str, Any]]:
    """The idle nights of the same machine from which the noise floors of a night come: all but its own recordings."""
    own = list(map(id, night.get("parts", [night])))
    machine = night["measured_with"]["cpu"]
    return [other for other in idle if id(other) not in own and other["measured_with"]["cpu"] == machine]


def _night(recorded: dict[str, Any]) -> Night:
    return {cell: np.array(minima) for cell, minima in recorded["minima"].items()}


def _limits(idle: Sequence[dict[str, Any]], processes: int) -> Thresholds:
    return Thresholds(Settings(), {ENVIRONMENT: _noise([_night(night) for night in idle], processes)})


def _noise(nights: Sequence[Night], processes: int) -> Noise:
    """The noise of each cell, from two identical runs a night: values of two sets of processes."""
    differences: dict[str, list[float]] = {}
    of_adjacent: dict[str, list[float]] = {}
    for night in nights:
        for cell, minima in night.items():
            runs = [minima[start : 2 * processes : 2].tolist() for start in (0, 1)]
            first, second = map(second_shortest, runs)
            differences.setdefault(cell, []).append(math.log(second / first))
            if processes >= LEAST_ADJACENT:
                adjacent = list(zip(*runs, strict=True))
                of_adjacent.setdefault(cell, []).append(adjacent_change(adjacent))
    return Noise(differences, of_adjacent)


def _with_evidence(candidates: Sequence[Candidate], undecided: Sequence[Judgement]) -> list[Candidate]:
    """Tonight's candidates and those of last night that it left inconclusive, with their rounds."""
    found = {(one.key, one.base): one for one in candidates}
    since_then = {one.key for one in candidates if one.base == OLD}
    for one in undecided:
        candidate = one.candidate
        base = EARLIER if candidate.base == OLD else candidate.base
        own = found.get((candidate.key, base)) or replace(candidate, base=base, ratio=one.seen or candidate.ratio)
        evidence = () if candidate.key in since_then else tuple(one.rounds)
        found[candidate.key, base] = replace(own, evidence=evidence)
    return list(found.values())


class _Rounds:
    """The rounds of a confirmation, until a number of processes or the recorded ones are used up."""

    def __init__(self, unseen: Night, factor: Any, processes: float, of_round: int) -> None:
        self.unseen, self.factor, self.processes, self.of_round = unseen, factor, processes, of_round
        self.done: dict[Candidate, list[tuple[float, float]]] = {}
        #: The number of used processes of each cell.
        self.used = dict.fromkeys(unseen, 0)

    @property
    def seconds_left(self) -> float:
        """Whether any cell has unused processes for another round: endless time or none."""
        if sum(self.used.values()) >= self.processes:
            return 0.0
        left = (len(minima) - self.used[cell] for cell, minima in self.unseen.items())
        return math.inf if max(left) >= 2 * self.of_round else 0.0

    def seconds_of(self, candidate: Candidate) -> float:
        """The same for all, since time is endless."""
        return 1.0

    def measure(self, group: Sequence[Candidate]) -> list[list[tuple[float, float]]]:
        """Add a round to each candidate that has unused processes, and return the rounds of every candidate.

        The commits of a cell take turns, and candidates of one cell share the processes of head.
        """
        for cell in dict.fromkeys(one.key[1] for one in group):
            bases = [one.base for one in group if one.key[1] == cell]
            of_cell = self.unseen[cell][self.used[cell] :][: (len(bases) + 1) * self.of_round]
            if len(of_cell) < (len(bases) + 1) * self.of_round:
                continue
            self.used[cell] += len(of_cell)
            least = {
                commit: float(of_cell[index :: len(bases) + 1].min()) * self.factor(cell, commit)
                for index, commit in enumerate((*bases, NEW))
            }
            for one in (one for one in group if one.key[1] == cell):
                self.done.setdefault(one, []).append((least[one.base], least[NEW]))
        return [list(self.done.get(one, ())) for one in group]
