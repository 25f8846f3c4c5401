"""How good is the verdict? Replay recorded nights with artificial slowdowns, and count how many it finds.

It needs data/nights.json and data/long-nights.json (`python -m studies.recorded_nights.record`) and takes ten minutes
for each kind of night; `--kind` replays one. All recorded nights measured the same code, so every alarm on an
unchanged cell is false. The tables show the share of slowdowns found by the first, third and seventh night, and the
false alarms. They compare the verdict, which measures again, with methods that see only the stored history: our
detector, a plain rule, ASV's report of regressions, and "10 % above the previous night".
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from studies.documents import Table, add_write_options, as_line, measured_here, store
from studies.recorded_nights.joining import long_enough
from studies.recorded_nights.replay import Replay
from studies.recorded_nights.scores import (
    DRIFT,
    SLOWDOWN_OF_SHORT,
    score_drift,
    score_histories,
    score_short_nights,
    score_silence,
    score_slowdown,
)
from tools.asv_runs import ROOT

RECORDS = [ROOT / "data" / name for name in ("nights.json", "long-nights.json")]
#: The processes of a value. The record has more nights that are long enough for four than for eight.
OF_VALUE = 4
SLOWDOWNS = (0.05, 0.10, 0.20)
COLUMNS = (
    *("", "night 1", "night 3", "night 7", "night 1 inconclusive", "night 1 missed"),
    *("false per 1000 cell-nights", "cell-nights"),
)


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


def nights_of(records: Sequence[Path]) -> list[dict[str, Any]]:
    """The nights of all files. Raises SystemExit if one does not exist."""
    return [night for path in records for night in _read(path)]


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        raise SystemExit(
            f"{path} does not exist; record it: python -m studies.recorded_nights.record {path} --nights 20"
        )
    nights: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["nights"]
    return nights


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m studies.recorded_nights", description=__doc__)
    parser.add_argument(
        "--records", type=Path, nargs="+", default=RECORDS, metavar="FILE", help="files of recorded nights"
    )
    parser.add_argument("--kind", choices=("idle", "busy"), help="replay only nights of this kind")
    parser.add_argument(
        "--trials", type=int, default=2000, help="nights of each kind for the verdict (default: %(default)s)"
    )
    parser.add_argument(
        "--histories",
        type=int,
        default=96,
        help="histories of each kind; each takes about a second (default: %(default)s)",
    )
    parser.add_argument(
        "--processes",
        type=int,
        default=OF_VALUE,
        help="processes of a value in a session; ASV's default is 2, and this suite has 8 (default: %(default)s)",
    )
    add_write_options(parser)
    options = parser.parse_args()
    nights = nights_of(options.records)
    idle = [night for night in nights if not night["busy_processes"]]
    for busy in sorted({night["busy_processes"] for night in nights}):
        if options.kind not in (None, "busy" if busy else "idle"):
            continue
        of_this_kind = long_enough([night for night in nights if night["busy_processes"] == busy], options.processes)
        replay = Replay(of_this_kind, idle, 0, options.processes)
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
