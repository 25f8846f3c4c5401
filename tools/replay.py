"""Recorded nights of identical code, replayed in other orders with changes put into some cells.

Of each night, disjoint sets of processes are last night's commit, tonight's, the reference, and what a confirming step
measures, which nobody has seen before.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from asv_verdict.confirming import confirm
from asv_verdict.judging import Limits, Suspicion, suspicions
from asv_verdict.noise import Noise
from asv_verdict.outcome import State
from asv_verdict.settings import Settings
from asv_verdict.sitting import Sitting

#: Processes of which a night's value is the least, as in the suite, and of which one side of a confirming round is,
#: which is fewer than in the suite, so the replay is the harder test.
PROCESSES, PROCESSES_OF_A_ROUND = 4, 1
ENVIRONMENT = "recorded"
OLD, NEW, REFERENCE = "last night", "tonight", "the reference"

#: The least call of each process, by cell.
Night = Mapping[str, np.ndarray]


class Replay:
    """Recorded nights of one kind, judged with the noise that idle ones have, which are those that a user measures."""

    def __init__(self, nights: Sequence[dict[str, Any]], idle: Sequence[dict[str, Any]], seed: int) -> None:
        self.nights = [_night(night) for night in nights]
        self.cells = list(self.nights[0])
        self.random = random.Random(seed)
        self.limits = Limits(Settings(), {ENVIRONMENT: Noise(_differences([_night(night) for night in idle]))})

    def verdict(self, changed: str | None = None, factors: Mapping[str, float] | None = None) -> dict[str, State]:
        """What a night's verdict says of the cells that it suspects, if `factors` slow one down on these commits."""

        def factor(cell: str, commit: str) -> float:
            return (factors or {}).get(commit, 1.0) if cell == changed else 1.0

        shuffled = {cell: self._shuffled(minima) for cell, minima in self.random.choice(self.nights).items()}
        names = (OLD, NEW, REFERENCE)
        sitting = Sitting([OLD, REFERENCE, NEW], {name: {} for name in names})
        for cell, minima in shuffled.items():
            # Processes of the three commits in turn.
            for index, name in enumerate(names):
                least = float(minima[index : len(names) * PROCESSES : len(names)].min())
                sitting.values[name][ENVIRONMENT, cell] = [least * factor(cell, name)]
        suspected: list[Suspicion] = []
        for base in (OLD, REFERENCE):
            known = {one.key for one in suspected}
            suspected += [one for one in suspicions(sitting, base, NEW, base, self.limits) if one.key not in known]
        unseen = {cell: minima[len(names) * PROCESSES :] for cell, minima in shuffled.items()}
        rounds = _Rounds(unseen, factor)
        judged = confirm(suspected, rounds.measure, self.limits, rounds.is_over, tests=2 * len(self.cells))
        return {one.suspicion.key[1]: one.state for one in judged}

    def history(self, nights: int) -> np.ndarray:
        """Values of so many nights in a random order, a row each, as they would be stored."""
        order = [self.random.choice(self.nights) for _ in range(nights)]
        return np.array([[self._shuffled(night[cell])[:PROCESSES].min() for cell in self.cells] for night in order])

    def _shuffled(self, minima: np.ndarray) -> np.ndarray:
        """In a random order, in which processes that ran one after the other stay neighbours: they are interleaved."""
        pairs = minima[: len(minima) // 2 * 2].reshape(-1, 2)
        order = self.random.sample(range(len(pairs)), len(pairs))
        return np.concatenate([pairs[index][:: self.random.choice((1, -1))] for index in order])


def _night(recorded: dict[str, Any]) -> Night:
    return {cell: np.array(minima) for cell, minima in recorded["minima"].items()}


def _differences(nights: Sequence[Night]) -> dict[str, list[float]]:
    """Of identical runs in one night: the logarithms by which the least of two sets of processes differ."""
    found: dict[str, list[float]] = {}
    for night in nights:
        for cell, minima in night.items():
            first, second = (minima[start : 2 * PROCESSES : 2].min() for start in (0, 1))
            found.setdefault(cell, []).append(math.log(second / first))
    return found


class _Rounds:
    """What a confirming step measures, until the recorded processes are used up."""

    def __init__(self, unseen: Night, factor: Any) -> None:
        self.unseen, self.factor = unseen, factor
        self.done: dict[str, list[tuple[float, float]]] = {}
        self.turns = 0

    def measure(self, group: Sequence[Suspicion]) -> list[list[tuple[float, float]]]:
        """A round of each, and all rounds of each so far."""
        start = 2 * PROCESSES_OF_A_ROUND * self.turns
        for one in group:
            cell = one.key[1]
            both = self.unseen[cell][start : start + 2 * PROCESSES_OF_A_ROUND]
            old, new = float(both[::2].min()), float(both[1::2].min())
            rounds = self.done.setdefault(cell, [])
            rounds.append((old * self.factor(cell, one.base), new * self.factor(cell, NEW)))
        self.turns += 1
        return [list(self.done[one.key[1]]) for one in group]

    def is_over(self) -> bool:
        """Whether the next round would find no processes."""
        shortest = min(map(len, self.unseen.values()))
        return 2 * PROCESSES_OF_A_ROUND * (self.turns + 1) > shortest
