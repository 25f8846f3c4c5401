"""Scores: the slowdowns that a method finds in replayed nights, and its false alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from asv_verdict import Judgement, State
from studies.recorded_nights.detectors import DETECTORS, Alarms
from studies.recorded_nights.replay import NEW, OLD, REFERENCE, Replay

#: Nights before a slowdown, and nights with it.
BEFORE, AFTER = 36, 7
NIGHTS_TO_FIND = (1, 3, 7)
#: The number of processes after which the confirmation of a short night ends, and the slowdown that it looks for.
SHORT, SLOWDOWN_OF_SHORT = 12, 0.05
#: The slowdown that each commit of a drift adds.
DRIFT = 0.01


@dataclass
class Score:
    """The night on which each slowdown was found, and the number of false alarms."""

    tries: int = 0
    found: list[int] = field(default_factory=list)
    inconclusive: int = 0
    processes: int = 0
    cell_nights: int = 0
    false_alarms: int = 0

    def row(self, name: str) -> list[str]:
        """A row of the table."""
        counts = [sum(night <= threshold for night in self.found) for threshold in NIGHTS_TO_FIND]
        shares = [f"{count / self.tries:.1%}" if self.tries else "" for count in (*counts, *self._not_found)]
        return [name, *shares, f"{1000 * self.false_alarms / self.cell_nights:.2f}", str(self.cell_nights)]

    @property
    def _not_found(self) -> tuple[int, int]:
        """How many slowdowns the first night left inconclusive, and how many it missed."""
        return self.inconclusive, self.tries - self.inconclusive - sum(night == 1 for night in self.found)


def score_silence(replay: Replay, trials: int) -> Score:
    """Score nights on which no cell is slower."""
    score = Score()
    for _ in range(trials):
        states = replay.verdict()
        score.inconclusive += State.INCONCLUSIVE in states.values()
        score.processes += replay.used
        score.false_alarms += sum(state is State.CONFIRMED for state in states.values())
        score.cell_nights += len(replay.cells)
    return score


def score_slowdown(replay: Replay, slowdown: float, trials: int) -> Score:
    """Score a lasting slowdown of one cell. From the second night on, previous is slow and only reference is fast."""
    score = Score(tries=trials)
    for trial in range(trials):
        cell = replay.cells[trial % len(replay.cells)]
        for night in range(1, AFTER + 1):
            last = 1.0 if night == 1 else 1 + slowdown
            states = replay.verdict(cell, {OLD: last, NEW: 1 + slowdown, REFERENCE: 1.0})
            _count_others(score, states, cell, len(replay.cells))
            score.inconclusive += night == 1 and states.get(cell) is State.INCONCLUSIVE
            if states.get(cell) is State.CONFIRMED:
                score.found.append(night)
                break
    return score


def score_short_nights(replay: Replay, slowdown: float, trials: int, *, keeps: bool) -> Score:
    """Score nights without time to decide: AFTER nights with a slowdown of one cell, or with none.

    The rounds of an undecided candidate count in the next night if it `keeps` them; else the next night begins anew.
    """
    score = Score(tries=trials if slowdown else 0)
    for trial in range(trials):
        cell = replay.cells[trial % len(replay.cells)]
        left: Sequence[Judgement] = ()
        for night in range(1, AFTER + 1):
            last = 1.0 if night == 1 else 1 + slowdown
            factors = {OLD: last, NEW: 1 + slowdown, REFERENCE: 1.0}
            states = replay.verdict(cell, factors, processes=SHORT, undecided=left)
            left = replay.undecided if keeps else ()
            wrong = [other for other, state in states.items() if state is State.CONFIRMED]
            score.false_alarms += sum(not slowdown or other != cell for other in wrong)
            score.cell_nights += len(replay.cells) - bool(slowdown)
            score.inconclusive += bool(slowdown) and night == 1 and states.get(cell) is State.INCONCLUSIVE
            if slowdown and states.get(cell) is State.CONFIRMED:
                score.found.append(night)
                break
    return score


def score_drift(replay: Replay, trials: int) -> tuple[list[float], int]:
    """Slow a cell by DRIFT each night; return the sizes of confirmed drifts, and how many reach 10 % unconfirmed."""
    sums = []
    for trial in range(trials):
        cell = replay.cells[trial % len(replay.cells)]
        commits = 0
        while (1 + DRIFT) ** (commits + 1) <= 1.10:
            commits += 1
            now = (1 + DRIFT) ** commits
            states = replay.verdict(cell, {OLD: now / (1 + DRIFT), NEW: now, REFERENCE: 1.0})
            if states.get(cell) is State.CONFIRMED:
                sums.append(now - 1)
                break
    return sums, trials - len(sums)


def _count_others(score: Score, states: dict[str, State], cell: str, cells: int) -> None:
    score.false_alarms += sum(state is State.CONFIRMED for other, state in states.items() if other != cell)
    score.cell_nights += cells - 1


def score_histories(replay: Replay, slowdown: float, trials: int) -> dict[str, Score]:
    """Score every detector on the same histories, in which one cell is slower from night BEFORE on."""
    scores = {name: Score() for name in DETECTORS}
    for trial in range(trials):
        values = replay.history(BEFORE + AFTER)
        slower = trial % len(replay.cells) if slowdown else None
        if slower is not None:
            values[BEFORE:, slower] *= 1 + slowdown
        for name, alarms in DETECTORS.items():
            _add(scores[name], alarms(values), slower, values.size)
    return scores


def _add(score: Score, alarms: Alarms, slower: int | None, cell_nights: int) -> None:
    hits = [night - BEFORE + 1 for night, cell in alarms if cell == slower and night >= BEFORE]
    score.tries += slower is not None
    score.found += hits[:1] and [min(hits)]
    score.cell_nights += cell_nights - (AFTER if slower is not None else 0)
    score.false_alarms += sum(cell != slower or night < BEFORE for night, cell in alarms)
