"""Check that deterministic metrics are reproducible: measure HEAD several times and compare every digit.

Each run measures every cell of the nightly selection that uses no clock. The second half of the runs has
background load. The exit status is 1 if a cell differs between runs or is missing in a run.
"""

from __future__ import annotations

import argparse
import shutil
from collections import defaultdict

from asv.results import iter_results_for_machine_and_hash

from benchmarks.selections import SELECTIONS
from studies.background_load import busy_processes
from tools.asv_runs import ROOT, cell_values, configuration, head, run_asv


def main() -> None:
    """Measure all runs and compare them; exit with status 1 if two differ or one fails."""
    parser = argparse.ArgumentParser(prog="python -m studies.repeatability.exact", description=__doc__)
    parser.add_argument("machine", metavar="MACHINE", help="the machine's name in ASV's results")
    parser.add_argument("--runs", type=int, default=10, help="the number of runs; the default is 10")
    parser.add_argument(
        "--load", type=int, default=2, metavar="N", help="busy processes during the second half; the default is 2"
    )
    options = parser.parse_args()
    commit = head()
    found: defaultdict[str, list[float]] = defaultdict(list)
    for number in range(options.runs):
        with busy_processes(options.load if number >= options.runs / 2 else 0):
            for cell, value in counted(options.machine, commit).items():
                found[cell].append(value)
        print(f"run {number + 1} of {options.runs}: {len(differing(found, number + 1))} cells differ", flush=True)
    for cell in differing(found, options.runs):
        print(cell, found[cell])
    print(f"{len(found)} cells, {options.runs} runs: {len(differing(found, options.runs))} differ or are missing")
    raise SystemExit(bool(differing(found, options.runs)))


def differing(found: dict[str, list[float]], runs: int) -> list[str]:
    """Cells that have different values, or no value in one of the runs."""
    return [cell for cell, values in found.items() if len(values) != runs or len(set(values)) > 1]


def exact_pattern() -> str:
    """The expression for the deterministic metrics of the nightly selection: all tracked metrics except peak memory."""
    patterns = SELECTIONS["nightly"].patterns
    return "|".join(
        pattern
        for pattern in patterns
        if pattern.startswith("^fingerprints") or ("track_" in pattern and "track_peak" not in pattern)
    )


def counted(machine: str, commit: str) -> dict[str, float]:
    folder = ROOT / ".asv" / "noise" / "runs" / "exact"
    shutil.rmtree(folder, ignore_errors=True)
    with configuration("exact", results_dir=str(folder)) as path:
        status = run_asv(path, machine, commit, exact_pattern())
    if status:
        raise SystemExit(f"asv run ended with status {status}: not every cell was counted")
    results = iter_results_for_machine_and_hash(str(folder), machine, commit)
    return {cell: value for result in results for cell, value in cell_values(result).items()}


if __name__ == "__main__":
    main()
