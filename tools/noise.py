"""How far do two identical runs differ? `python -m tools.noise MACHINE` measures HEAD twice, interleaved with itself.

Every timed cell of a selection is measured by two arms in turn, a few cells at a time, each arm a run of ASV with
results of its own. The pairs are added to .asv/noise/MACHINE/ENVIRONMENT.json, which holds for each the conditions and,
for each cell, the two values that ASV stored. Nothing is ever taken out of it.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import math
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asv.results import Results, iter_results_for_machine_and_hash

from benchmarks.selections import SELECTIONS
from tools import configurations
from tools.agreement import report
from tools.files import replace_whole

NOISE = configurations.ROOT / ".asv" / "noise"
#: What the second arm, or both, do differently from the suite; see tools/variants.
VARIANTS = {"asv-default": "tools/variants/asv_default", "slowed": "tools/variants/slowed"}
ARMS = ("a", "b")


def main() -> None:
    """Measure the pairs that were asked for and print the table of all pairs on file."""
    options = _options()
    if options.pairs:
        commit = head()
        patterns = timed_patterns(options.selection, options.only)
        conditions = {
            "selection": f"{options.selection} {SELECTIONS[options.selection].version}",
            "clock": "ASV's default" if options.asv_default else "protocol",
            "busy_processes": options.load,
            "interleaved": not options.apart,
            "slowed": options.slowed,
        }
        with busy_processes(options.load):
            for number in range(1, options.pairs + 1):
                print(f"Pair {number} of {options.pairs}: {len(patterns)} groups of cells, {conditions}", flush=True)
                measure_pair(options, commit, patterns, conditions)
    for path in sorted((NOISE / options.machine).glob("*.json")):
        print("\n".join(report(json.loads(path.read_text(encoding="utf-8"))["pairs"])))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.noise", description=__doc__)
    parser.add_argument("machine", help="the machine's name in ASV's results")
    parser.add_argument("--pairs", type=int, default=1, help="how many pairs to measure; 0 prints what is on file")
    parser.add_argument("--selection", choices=SELECTIONS, default="nightly")
    parser.add_argument("--only", default="", metavar="REGEX", help="benchmarks of the selection to measure")
    parser.add_argument("--apart", action="store_true", help="one whole run after the other instead of interleaved")
    parser.add_argument("--load", type=int, default=0, metavar="N", help="beside N busy processes")
    parser.add_argument("--asv-default", action="store_true", help="both arms by ASV's own clock and statistics")
    parser.add_argument("--slowed", action="store_true", help="the second arm with 5 %% of extra work in each program")
    return parser.parse_args()


def timed_patterns(selection: str, only: str) -> list[str]:
    """The patterns of a selection that are for timed cells, and match `only` once their escapes are gone."""
    kinds = re.compile(r"\^(gradients|controls|costs.*time_)")
    timed = (pattern for pattern in SELECTIONS[selection].patterns if kinds.match(pattern))
    return [pattern for pattern in timed if re.search(only, pattern.replace("\\", ""))]


def measure_pair(options: argparse.Namespace, commit: str, patterns: list[str], conditions: dict[str, Any]) -> None:
    folders = {arm: NOISE / "runs" / arm for arm in ARMS}
    paths = {}
    for arm, folder in folders.items():
        shutil.rmtree(folder, ignore_errors=True)
        changes = {"results_dir": str(folder)}
        if options.asv_default:
            changes["benchmark_dir"] = VARIANTS["asv-default"]
        elif options.slowed and arm == "b":
            changes["benchmark_dir"] = VARIANTS["slowed"]
        paths[arm] = configurations.write(f"noise-{arm}", **changes)
    order = steps(patterns, apart=options.apart)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    begin = time.monotonic()
    for done, (arm, pattern) in enumerate(order):
        left = (
            f"{(time.monotonic() - begin) / done * (len(order) - done) / 60:.0f} minutes left" if done else "starting"
        )
        print(f"{done + 1} of {len(order)}, {left}: {arm} {pattern[:90]}", flush=True)
        run_asv(paths[arm], options.machine, pattern)
    for path in paths.values():
        path.unlink()
    both = {
        arm: list(iter_results_for_machine_and_hash(str(folder), options.machine, commit))
        for arm, folder in folders.items()
    }
    for first, second in zip(both["a"], both["b"], strict=True):
        found = [dict(cell_values(results)) for results in (first, second)]
        for cell in sorted(found[0].keys() ^ found[1].keys()):
            print(f"measured by one arm only: {cell}")
        pair = {
            "started": started,
            "commit": commit,
            **conditions,
            "values": {cell: [values[cell] for values in found] for cell in sorted(found[0].keys() & found[1].keys())},
        }
        append(NOISE / options.machine / f"{first.env_name}.json", pair)


def steps(patterns: list[str], *, apart: bool) -> list[tuple[str, str]]:
    """Arms and patterns in the order in which they are measured."""
    if apart:
        return [(arm, pattern) for arm in ARMS for pattern in patterns]
    # Who goes first changes, so that a drift favours neither.
    return [
        (arm, pattern) for index, pattern in enumerate(patterns) for arm in (ARMS if index % 2 == 0 else ARMS[::-1])
    ]


def run_asv(configuration: Path, machine: str, pattern: str) -> None:
    """Measure HEAD once, adding to the results of `configuration`; what failed is printed."""
    command = [sys.executable, "-m", "asv", "run", "--config", str(configuration), "--machine", machine]
    command += ["--launch-method", "spawn", "--record-samples", "--append-samples", "--bench", pattern, "HEAD^!"]
    done = subprocess.run(command, cwd=configurations.ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout[-2000:], done.stderr[-2000:], f"asv run ended with status {done.returncode}", sep="\n")


def cell_values(results: Results) -> Iterator[tuple[str, float]]:
    """Each cell of a result file that has a number, by the name that ASV prints."""
    for benchmark in results.get_all_result_keys():
        parameters = results.get_result_params(benchmark)
        values = results.get_result_value(benchmark, parameters)
        for combination, value in zip(itertools.product(*parameters), values, strict=True):
            if value is not None and math.isfinite(value):
                yield f"{benchmark}({', '.join(combination)})", value


def append(path: Path, pair: dict[str, Any]) -> None:
    """Add a pair to a file of pairs, which is made where there is none and never cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pairs = json.loads(path.read_text(encoding="utf-8"))["pairs"] if path.exists() else []
    replace_whole(path, {"version": 1, "pairs": [*pairs, pair]})


@contextlib.contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """Keep `count` processes spinning meanwhile."""
    busy = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def head() -> str:
    """The commit that is checked out."""
    return subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
