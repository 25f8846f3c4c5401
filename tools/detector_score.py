"""How good is the verdict? `python -m tools.detector_score` replays recorded nights with slowdowns put into some cells.

The record holds nights of identical code (tools/record_nights.py), so every alarm on it is false, and every slowdown is
ours. Nights are drawn in random orders; of each, disjoint sets of processes are last night's commit, tonight's, the
reference, and what a confirming step measures, which nobody has seen before. The tables say what share of slowdowns is
found by the first, third and seventh night, and how many alarms are false, for our verdict, for ASV's own report of
regressions and for "10 % over last night"; then the same for detectors that see the stored history alone.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from asv.step_detect import detect_regressions, detect_steps

from asv_verdict import detector
from asv_verdict.confirming import confirm, without_chance
from asv_verdict.judging import Limits, Suspicion, suspicions
from asv_verdict.noise import Noise
from asv_verdict.outcome import State
from asv_verdict.settings import Settings
from asv_verdict.sitting import Sitting
from tools.asv_runs import ROOT

RECORD = ROOT / "data" / "nights.json"
#: Processes of which a night's value is the least, and of which one round of a confirming step is.
PROCESSES, PROCESSES_OF_A_ROUND = 6, 2
#: Nights before a slowdown, and from it on.
BEFORE, AFTER = 36, 7
NIGHTS_TO_FIND = (1, 3, 7)
ENVIRONMENT = "recorded"
OLD, NEW, REFERENCE = "old", "new", "reference"


@dataclass
class Score:
    """Slowdowns by the night on which they were found, and alarms where there was nothing to find."""

    tries: int = 0
    found: list[int] = field(default_factory=list)
    inconclusive: int = 0
    cell_nights: int = 0
    false_alarms: int = 0

    def row(self, name: str) -> str:
        """A row of the table."""
        shares = " | ".join(
            f"{sum(night <= limit for night in self.found) / self.tries:.1%}" if self.tries else ""
            for limit in NIGHTS_TO_FIND
        )
        false = f"{1000 * self.false_alarms / self.cell_nights:.2f}" if self.cell_nights else ""
        return f"| {name} | {shares} | {self.inconclusive / self.tries if self.tries else 0:.1%} | {false} |"


HEADER = [
    "| | night 1 | night 3 | night 7 | inconclusive on night 1 | false per 1000 cell-nights |",
    "|---|---|---|---|---|---|",
]


class Replay:
    """Recorded nights of one kind, and the floors that they have."""

    def __init__(self, nights: Sequence[dict[str, Any]], seed: int) -> None:
        self.nights = [{cell: np.array(minima) for cell, minima in night["minima"].items()} for night in nights]
        self.cells = list(self.nights[0])
        self.random = random.Random(seed)
        self.limits = Limits(Settings(), {ENVIRONMENT: Noise(self._differences())})

    def _differences(self) -> dict[str, list[float]]:
        """Of identical runs in one night: the logarithms by which the least of two sets of processes differ."""
        found: dict[str, list[float]] = {}
        for night in self.nights:
            for cell, minima in night.items():
                first, second = (minima[start : 2 * PROCESSES : 2].min() for start in (0, 1))
                found.setdefault(cell, []).append(math.log(second / first))
        return found

    # --- Our verdict ---

    def verdict(self, night: dict[str, np.ndarray], slower: dict[str, float], nights_slower: int) -> dict[str, State]:
        """What one night's verdict says of each cell, on which the `slower` ones are so for the n-th night.

        From the second on, last night's commit is as slow as tonight's, and only the reference tells.
        """
        slow_commits = {NEW} if nights_slower == 1 else {NEW, OLD}

        def factor(cell: str, commit: str) -> float:
            return slower.get(cell, 1.0) if commit in slow_commits else 1.0

        shuffled = {cell: self._shuffled(minima) for cell, minima in night.items()}
        values: dict[str, dict[tuple[str, str], list[float | None]]] = {name: {} for name in (OLD, NEW, REFERENCE)}
        for cell, minima in shuffled.items():
            for index, name in enumerate((OLD, NEW, REFERENCE)):
                least = float(minima[index * PROCESSES : (index + 1) * PROCESSES].min())
                values[name][ENVIRONMENT, cell] = [least * factor(cell, name)]
        sitting = Sitting([OLD, REFERENCE, NEW], values)
        suspected: list[Suspicion] = []
        for base in (OLD, REFERENCE):
            known = {one.key for one in suspected}
            suspected += [one for one in suspicions(sitting, base, NEW, base, self.limits) if one.key not in known]
        unseen = {cell: minima[3 * PROCESSES :] for cell, minima in shuffled.items()}
        done: dict[tuple[str, str], list[tuple[float, float]]] = {one.key: [] for one in suspected}

        def measure(group: Sequence[Suspicion]) -> list[list[tuple[float, float]]]:
            for one in group:
                rounds = done[one.key]
                start = 2 * PROCESSES_OF_A_ROUND * len(rounds)
                both = unseen[one.key[1]][start : start + 2 * PROCESSES_OF_A_ROUND]
                if len(both) == 2 * PROCESSES_OF_A_ROUND:
                    old, new = both[::2].min(), both[1::2].min()
                    cell = one.key[1]
                    rounds.append((float(old) * factor(cell, one.base), float(new) * factor(cell, NEW)))
            return [list(done[one.key]) for one in group]

        longest = max((len(minima) for minima in unseen.values()), default=0) // (2 * PROCESSES_OF_A_ROUND)
        rounds_done = [0]

        def out_of_time() -> bool:
            rounds_done[0] += 1
            return rounds_done[0] > longest

        judged = confirm(suspected, measure, self.limits, out_of_time)
        tests = 2 * len(self.cells)
        return {one.key[1]: state for one, state, *_ in without_chance(judged, max(tests, len(judged)), self.limits)}

    def _shuffled(self, minima: np.ndarray) -> np.ndarray:
        # Pairs stay together: two processes that ran one after the other are interleaved.
        pairs = minima[: len(minima) // 2 * 2].reshape(-1, 2)
        order = list(range(len(pairs)))
        self.random.shuffle(order)
        flipped = [pairs[index][:: self.random.choice((1, -1))] for index in order]
        return np.concatenate(flipped)

    def score_verdict(self, slowdown: float, trials: int) -> Score:
        """One cell slower from a night on, the others not."""
        score = Score()
        for trial in range(trials):
            cell = self.cells[trial % len(self.cells)]
            slower = {cell: 1 + slowdown} if slowdown else {}
            if slowdown:
                score.tries += 1
            for number in range(1, AFTER + 1 if slowdown else 2):
                states = self.verdict(self.random.choice(self.nights), slower, number)
                score.false_alarms += sum(
                    state is State.CONFIRMED for other, state in states.items() if other not in slower
                )
                score.cell_nights += len(self.cells) - len(slower)
                if slowdown and number == 1 and states.get(cell) is State.INCONCLUSIVE:
                    score.inconclusive += 1
                if slowdown and states.get(cell) is State.CONFIRMED:
                    score.found.append(number)
                    break
        return score

    # --- What sees the stored history alone ---

    def history(self, slowdown: float) -> tuple[np.ndarray, str | None]:
        """Nights in a random order, a row each: the least of PROCESSES; one cell slower from BEFORE on."""
        order = [self.random.randrange(len(self.nights)) for _ in range(BEFORE + AFTER)]
        rows = [
            [float(self._shuffled(self.nights[night][cell])[:PROCESSES].min()) for cell in self.cells]
            for night in order
        ]
        values = np.array(rows)
        slower = self.random.choice(self.cells) if slowdown else None
        if slower:
            values[BEFORE:, self.cells.index(slower)] *= 1 + slowdown
        return values, slower

    def score_histories(self, slowdown: float, trials: int) -> dict[str, Score]:
        """Every detector on the same histories."""
        scores = {name: Score() for name in DETECTORS}
        for _ in range(trials):
            values, slower = self.history(slowdown)
            for name, alarms in DETECTORS.items():
                score = scores[name]
                found = alarms(values)
                score.tries += slower is not None
                score.cell_nights += values.size - (AFTER if slower else 0)
                column = self.cells.index(slower) if slower else None
                hits = [night - BEFORE + 1 for night, cell in found if cell == column and night >= BEFORE]
                score.found += [min(hits)] if hits else []
                score.false_alarms += sum(cell != column or night < BEFORE for night, cell in found)
        return scores


Alarms = list[tuple[int, int]]


def ours(values: np.ndarray) -> Alarms:
    """The nights on which our detector of the history speaks, and the cells."""
    names = [str(column) for column in range(values.shape[1])]
    return [
        (step.night + detector.IN_A_ROW - 1, int(step.cell))
        for step in detector.detect(names, values).steps
        if step.ratio > 1
    ]


def plain(values: np.ndarray) -> Alarms:
    """Three nights in a row above the median of the thirty before by max(3 %, 3 robust standard deviations)."""
    names = [str(column) for column in range(values.shape[1])]
    steps = detector._steps(names, np.log(values))
    return [(step.night + 2, int(step.cell)) for step in steps if step.ratio > 1]


def over_last_night(values: np.ndarray) -> Alarms:
    """10 % over last night."""
    nights, cells = np.nonzero(values[1:] > 1.10 * values[:-1])
    return [(int(night) + 1, int(cell)) for night, cell in zip(nights, cells, strict=True)]


def asv_report(values: np.ndarray) -> Alarms:
    """ASV's list of regressions, recomputed each night: the nights on which a step is new in it."""
    found = []
    for column in range(values.shape[1]):
        known: set[int] = set()
        for night in range(2, len(values)):
            series = list(values[: night + 1, column])
            steps = detect_steps(series, [1.0] * len(series))
            _, _, jumps = detect_regressions(steps, 0.05)
            for jump in jumps or ():
                position = jump[1]
                if position is not None and not any(abs(position - other) <= 2 for other in known):
                    known.add(position)
                    found.append((night, column))
    return found


DETECTORS: dict[str, Callable[[np.ndarray], Alarms]] = {
    "our detector": ours,
    "three nights in a row, the plain rule": plain,
    "ASV's report of regressions, 5 %": asv_report,
    "10 % over last night": over_last_night,
}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tools.detector_score", description=__doc__)
    parser.add_argument("--record", type=Path, default=RECORD)
    parser.add_argument("--trials", type=int, default=600, help="slowdowns of each size")
    parser.add_argument("--histories", type=int, default=120, help="histories of each kind")
    options = parser.parse_args()
    nights = json.loads(options.record.read_text(encoding="utf-8"))["nights"]
    for busy in sorted({night["busy_processes"] for night in nights}):
        replay = Replay([night for night in nights if night["busy_processes"] == busy], seed=0)
        recorded = len(replay.nights) * len(replay.cells)
        kind = f"{busy} busy processes" if busy else "idle"
        print(f"\n### {kind}: {len(replay.nights)} nights of {len(replay.cells)} cells\n")
        print("\n".join(HEADER))
        for slowdown in (0.0, 0.05, 0.10, 0.20):
            score = replay.score_verdict(slowdown, options.trials)
            print(score.row(f"verdict, {f'+{slowdown:.0%}' if slowdown else 'nothing slower'}"), flush=True)
        for slowdown in (0.0, 0.05, 0.10, 0.20):
            for name, score in replay.score_histories(slowdown, options.histories).items():
                print(score.row(f"{name}, {f'+{slowdown:.0%}' if slowdown else 'nothing slower'}"), flush=True)
        print(
            f"\nThe record has {recorded} cell-nights: were none of them a false alarm in truth, fewer than "
            f"{1000 * 3 / recorded:.1f} in 1000 would be, at 95 % confidence."
        )


if __name__ == "__main__":
    main()
