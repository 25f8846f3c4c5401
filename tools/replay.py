"""Replay recorded nights of identical code in random orders, with artificial slowdowns of some cells.

Disjoint sets of each night's processes represent the previous commit, head, the reference and the rounds of the
confirmation. So the confirmation uses only processes that screening has not seen.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from asv_verdict import Candidate, Noise, Session, Settings, State, Thresholds, confirm, screen

#: Processes for each value, which is their minimum, in a session or a round of the confirmation. The suite runs more.
PROCESSES = 2
ENVIRONMENT = "recorded"
OLD, NEW, REFERENCE = "last night", "tonight", "the reference"

#: The shortest call of each process, by cell.
Night = Mapping[str, np.ndarray]


class Replay:
    """Recorded nights of one kind. Noise floors come from idle nights: users measure them on an idle machine."""

    def __init__(self, nights: Sequence[dict[str, Any]], idle: Sequence[dict[str, Any]], seed: int) -> None:
        self.nights = [_night(night) for night in nights]
        self.cells = list(self.nights[0])
        self.random = random.Random(seed)
        # The noise floors of a night come from the other idle nights.
        self.thresholds = [_limits([other for other in idle if other is not night]) for night in nights]

    def verdict(self, changed: str | None = None, factors: Mapping[str, float] | None = None) -> dict[str, State]:
        """Judge a random night and return the state of each candidate.

        `factors` gives, for each commit, the factor by which the cell `changed` is slower.
        """

        def factor(cell: str, commit: str) -> float:
            return (factors or {}).get(commit, 1.0) if cell == changed else 1.0

        number = self.random.randrange(len(self.nights))
        shuffled, thresholds = self._shuffled(self.nights[number]), self.thresholds[number]
        names = (OLD, NEW, REFERENCE)
        session = Session([OLD, REFERENCE, NEW], {name: {} for name in names})
        for cell, minima in shuffled.items():
            # The processes of the three commits alternate.
            for index, name in enumerate(names):
                least = float(minima[index : len(names) * PROCESSES : len(names)].min())
                session.values[name][ENVIRONMENT, cell] = [least * factor(cell, name)]
        candidates = [one for base in (OLD, REFERENCE) for one in screen(session, base, NEW, base, thresholds)]
        unseen = {cell: minima[len(names) * PROCESSES :] for cell, minima in shuffled.items()}
        rounds = _Rounds(unseen, factor)
        judged = confirm(candidates, rounds.measure, thresholds, rounds.has_time, tests=2 * len(self.cells))
        worst_last = (State.DISMISSED, State.INCONCLUSIVE, State.CONFIRMED)
        judged.sort(key=lambda one: worst_last.index(one.state))
        return {one.candidate.key[1]: one.state for one in judged}

    def history(self, nights: int) -> np.ndarray:
        """The values that ASV would store for random nights: a row for each night, a column for each cell."""
        order = [self._shuffled(self.random.choice(self.nights)) for _ in range(nights)]
        return np.array([[night[cell][:PROCESSES].min() for cell in self.cells] for night in order])

    def _shuffled(self, night: Night) -> Night:
        """The processes of a night in a random order.

        Pairs of consecutive processes stay together, because a session interleaves its commits. The order is the same
        for all cells, because a disturbance of the machine affects all of them.
        """
        pairs = list(range(min(map(len, night.values())) // 2))
        self.random.shuffle(pairs)
        order = [2 * pair + one for pair in pairs for one in self.random.choice(((0, 1), (1, 0)))]
        return {cell: minima[order] for cell, minima in night.items()}


def _night(recorded: dict[str, Any]) -> Night:
    return {cell: np.array(minima) for cell, minima in recorded["minima"].items()}


def _limits(idle: Sequence[dict[str, Any]]) -> Thresholds:
    return Thresholds(Settings(), {ENVIRONMENT: Noise(_differences([_night(night) for night in idle]))})


def _differences(nights: Sequence[Night]) -> dict[str, list[float]]:
    """For each cell, the logarithms of the ratios of two identical runs: minima of two sets of processes of a night."""
    found: dict[str, list[float]] = {}
    for night in nights:
        for cell, minima in night.items():
            first, second = (minima[start : 2 * PROCESSES : 2].min() for start in (0, 1))
            found.setdefault(cell, []).append(math.log(second / first))
    return found


class _Rounds:
    """The rounds of a confirmation, until the recorded processes are used up."""

    def __init__(self, unseen: Night, factor: Any) -> None:
        self.unseen, self.factor = unseen, factor
        self.done: dict[Candidate, list[tuple[float, float]]] = {}
        #: The number of used processes of each cell.
        self.used = dict.fromkeys(unseen, 0)

    def measure(self, group: Sequence[Candidate]) -> list[list[tuple[float, float]]]:
        """Add a round to each candidate that has unused processes, and return the rounds of every candidate."""
        for one in group:
            cell = one.key[1]
            both = self.unseen[cell][self.used[cell] : self.used[cell] + 2 * PROCESSES]
            rounds = self.done.setdefault(one, [])
            if len(both) < 2 * PROCESSES:
                continue
            self.used[cell] += 2 * PROCESSES
            old, new = float(both[::2].min()), float(both[1::2].min())
            rounds.append((old * self.factor(cell, one.base), new * self.factor(cell, NEW)))
        return [list(self.done[one]) for one in group]

    def has_time(self, rounds: int) -> bool:
        """Whether any cell has enough unused processes for another round; a recorded night has no other time limit."""
        left = (len(minima) - self.used[cell] for cell, minima in self.unseen.items())
        return max(left) >= 2 * PROCESSES
