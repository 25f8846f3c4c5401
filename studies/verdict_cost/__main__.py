"""How long does judging a history take? This command writes a synthetic history and judges it.

It takes seconds and prints the time and the peak memory of reading the results and of finding the level shifts.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from pathlib import Path

from asv_verdict import read_history, series_of

COLUMNS = ["result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b"]


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(prog="python -m studies.verdict_cost", description=__doc__)
    parser.add_argument("--commits", type=int, default=500, help="commits of the history (default: %(default)s)")
    parser.add_argument("--cells", type=int, default=500, help="cells of each commit (default: %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _write_history(Path(folder), options.commits, options.cells)
        begin = time.perf_counter()
        (series,) = series_of(read_history(Path(folder)))
        read = time.perf_counter()
        steps = len(series.detect().steps)
        found = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{options.commits} commits × {options.cells} cells: read in {read - begin:.1f} s, "
        f"{steps} level shifts found in {found - read:.1f} s, peak memory {peak:.0f} MiB including Python and NumPy"
    )


def _write_history(folder: Path, commits: int, cells: int) -> None:
    """Write results as ASV does, with ten cells per benchmark and a noise of 1 %."""
    chance = random.Random(0)
    parameters = [[str(number) for number in range(10)]]
    (folder / "machine").mkdir()
    for number in range(commits):
        results = {
            f"module.Class{benchmark}.time_x": [
                [1e-3 * chance.lognormvariate(0, 0.01) for _ in parameters[0]],
                parameters,
                "1",
                0,
                1.0,
                [1e-3] * 10,
                [1e-3] * 10,
            ]
            for benchmark in range(cells // 10)
        }
        content = {
            "version": 2,
            "commit_hash": f"{number:040x}",
            "env_name": "virtualenv-py3.11",
            "date": 1000 * number,
            "params": {"machine": "machine"},
            "python": "3.11",
            "requirements": {},
            "env_vars": {},
            "result_columns": COLUMNS,
            "results": results,
            "durations": {},
        }
        (folder / "machine" / f"{number:08x}-virtualenv-py3.11.json").write_text(json.dumps(content))


if __name__ == "__main__":
    main()
