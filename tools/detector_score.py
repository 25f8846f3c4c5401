"""How good is the verdict? Replay recorded nights with artificial slowdowns, and count how many it finds.

It needs data/nights.json (`python -m tools.record_nights`) and takes about 15 minutes. All recorded nights measured the
same code, so every alarm on an unchanged cell is false. The tables show the share of slowdowns found by the first,
third and seventh night, and the false alarms. They compare the verdict, which measures again, with methods that see
only the stored history: our detector, a plain rule, ASV's report of regressions, and "10 % above the previous night".
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from asv.step_detect import detect_regressions, detect_steps

from asv_verdict import Judgement, State, change_points
from tools.asv_runs import ROOT
from tools.documents import Table, add_write_options, as_line, measured_here, store
from tools.replay import NEW, OLD, REFERENCE, Replay

RECORD = ROOT / "data" / "nights.json"
SLOWDOWNS = (0.05, 0.10, 0.20)
#: Nights before a slowdown, and nights with it.
BEFORE, AFTER = 36, 7
NIGHTS_TO_FIND = (1, 3, 7)
#: The number of processes after which the confirmation of a short night ends, and the slowdown that it looks for.
SHORT, SLOWDOWN_OF_SHORT = 12, 0.05
#: The slowdown that each commit of a drift adds.
DRIFT = 0.01
COLUMNS = (
    *("", "night 1", "night 3", "night 7", "night 1 inconclusive", "night 1 missed"),
    *("false per 1000 cell-nights", "cell-nights"),
)


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


# --- The verdict, which measures again ---


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


# --- Methods that see only the stored history ---

Alarms = list[tuple[int, int]]


def ours(values: np.ndarray, processors: Sequence[str] = ()) -> Alarms:
    """The nights on which our detector of level shifts reports a slowdown, and the cells."""
    names = [str(column) for column in range(values.shape[1])]
    steps = change_points.detect(names, values, processors).steps
    return [(step.night + change_points.IN_A_ROW - 1, int(step.cell)) for step in steps if step.ratio > 1]


def plain(values: np.ndarray) -> Alarms:
    """Alarm after 3 nights in a row that exceed the median of the 30 before by max(3 %, 3 robust deviations)."""
    found = []
    for column in range(values.shape[1]):
        start = 0
        for night in range(2, len(values)):
            before = values[max(start, night - 32) : night - 2, column]
            if len(before) < change_points.LEAST_BASELINE:
                continue
            level = np.median(before)
            deviation = 1.4826 * np.median(np.abs(before - level))
            if (values[night - 2 : night + 1, column] > level + max(0.03 * level, 3 * deviation)).all():
                found.append((night, column))
                start = night - 2  # a reported shift is not reported again
    return found


def over_last_night(values: np.ndarray) -> Alarms:
    """The nights on which a cell is over 10 % slower than on the night before, and the cells."""
    nights, cells = np.nonzero(values[1:] > 1.10 * values[:-1])
    return [(int(night) + 1, int(cell)) for night, cell in zip(nights, cells, strict=True)]


def asv_report(values: np.ndarray) -> Alarms:
    """ASV's list of regressions, recomputed each night: the nights on which it has a new step, and the cells."""
    found = []
    for column in range(values.shape[1]):
        explained: set[int] = set()
        for night in range(2, len(values)):
            series = list(values[: night + 1, column])
            steps = detect_steps(series, [1.0] * len(series))
            _, _, jumps = detect_regressions(steps, 0.05)
            for jump in jumps or ():
                position = jump[1]
                if position is not None and not any(abs(position - other) <= 2 for other in explained):
                    explained.add(position)
                    found.append((night, column))
    return found


DETECTORS: dict[str, Callable[[np.ndarray], Alarms]] = {
    "our detector": ours,
    "the plain rule": plain,
    "ASV's report": asv_report,
    "10 % above the previous night": over_last_night,
}


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


# --- The tables ---


def report(replay: Replay, trials: int, histories: int) -> Iterator[list[str]]:
    """Yield the rows of the table for one kind of night, each as soon as it is computed, and then its notes."""
    silence = score_silence(replay, trials)
    yield silence.row("verdict, no slowdown")
    for size in SLOWDOWNS:
        yield score_slowdown(replay, size, trials).row(f"verdict, +{size:.0%}")
    for keeps in (False, True):
        for size in (0.0, SLOWDOWN_OF_SHORT):
            what = f"short nights, rounds {'kept' if keeps else 'forgotten'}"
            score = score_short_nights(replay, size, trials // 10, keeps=keeps)
            yield score.row(f"verdict, {what}, {f'+{size:.0%}' if size else 'no slowdown'}")
    for size in (0.0, *SLOWDOWNS):
        what = f"+{size:.0%}" if size else "no slowdown"
        for name, score in score_histories(replay, size, histories).items():
            yield score.row(f"{name}, {what}")
    share = f"{silence.inconclusive / trials:.1%} of the {trials} nights without a slowdown have an inconclusive cell"
    yield [f"{share}; the confirmation of a night takes {silence.processes / trials:.0f} processes on average."]
    sums, _ = score_drift(replay, trials // 4)
    reached = f", at a median of {np.median(sums):.1%} and a maximum of {max(sums):.1%}" if sums else ""
    recorded = len(replay.nights) * len(replay.cells)
    bound = f"the 95 % upper bound of the rate is {1000 * 3 / recorded:.1f} in 1000"
    yield [
        f"{len(sums)} of {trials // 4} drifts of {DRIFT:.0%} per commit were confirmed before reaching 10 %{reached}."
    ]
    yield [f"The record has {recorded} cell-nights. If none of them gives a false alarm, {bound}."]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tools.detector_score", description=__doc__)
    parser.add_argument("--record", type=Path, default=RECORD, metavar="FILE", help="the recorded nights")
    parser.add_argument(
        "--trials", type=int, default=2000, help="nights of each kind for the verdict (default: %(default)s)"
    )
    parser.add_argument(
        "--histories",
        type=int,
        default=96,
        help="histories of each kind; each takes about a second (default: %(default)s)",
    )
    add_write_options(parser)
    options = parser.parse_args()
    if not options.record.exists():
        raise SystemExit(
            f"{options.record} does not exist; record it: python -m tools.record_nights {options.record} --nights 20"
        )
    nights = json.loads(options.record.read_text(encoding="utf-8"))["nights"]
    for busy in sorted({night["busy_processes"] for night in nights}):
        of_this_kind = [night for night in nights if night["busy_processes"] == busy]
        replay = Replay(of_this_kind, [night for night in nights if not night["busy_processes"]], seed=0)
        kind = f"background load of {busy} processes" if busy else "idle"
        print(f"\n### {kind}: {len(replay.nights)} nights of {len(replay.cells)} cells\n")
        print("\n".join(Table(COLUMNS, ()).lines()))
        rows: list[list[str]] = []
        notes: list[list[str]] = []
        for row in report(replay, options.trials, options.histories):
            print(as_line(row) if len(row) > 1 else row[0], flush=True)
            (rows if len(row) > 1 else notes).append(row)
        if options.write:
            note = f"{len(replay.nights)} nights, {kind}; replayed {options.trials} times"
            tables = [{"columns": COLUMNS, "rows": rows, "notes": [words for (words,) in notes]}]
            name = "detector-score-busy" if busy else "detector-score-idle"
            store(name, {**measured_here("make detector-score", options.on), "note": note, "tables": tables})


if __name__ == "__main__":
    main()
