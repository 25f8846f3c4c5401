"""How far do two identical runs differ? `python -m tools.noise MACHINE` measures HEAD twice, interleaved with itself.

Every timed cell of a selection is measured by two arms in turn, half of the gradients and controls at a time, so that
the rounds of a cell are minutes apart. The stages of compilation, whose value is a mean and goes with the minute of the
host, are one program at a time, so that the arms are neighbours, as the commits of a night are. Each arm is a run of
ASV with results of its own. The pairs are added to .asv/noise/MACHINE/ENVIRONMENT.json, which holds for each the
conditions, what it was measured with and, for each cell, the values that ASV stored, by arm: two of identical runs, and
a third of slowed programs where that was asked for. Nothing is ever taken out of it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asv.results import Results, iter_results_for_machine_and_hash

from benchmarks.selections import SELECTIONS
from tools.agreement import report
from tools.asv_runs import BENCHMARK_FAILED, ROOT, cell_values, configuration, failed_cells, head, run_asv
from tools.files import replace_whole
from tools.provenance import last_sitting

NOISE = ROOT / ".asv" / "noise"
ARMS = ("a", "b")
SLOWED = "slowed"
#: Groups of cells in each of the parts of a selection that the arms take in turn.
GROUPS = 10


def main() -> None:
    """Measure the pairs that were asked for, print the table of all pairs on file; status 1 where a cell failed."""
    options = _options()
    failed: list[str] = []
    if options.pairs:
        commit = head()
        patterns = timed_patterns(options.selection, options.only)
        conditions = {
            "selection": f"{options.selection} {SELECTIONS[options.selection].version}",
            "clock": "ASV's default" if options.asv_default else "protocol",
            "busy_processes": options.load,
            "interleaved": not options.apart and len(patterns) > 1,
            "slowed": options.slowed,
        }
        with busy_processes(options.load):
            for number in range(1, options.pairs + 1):
                print(f"Pair {number} of {options.pairs}, {conditions}", flush=True)
                failed += measure_pair(
                    options, commit, steps(patterns, arms_of(options), number, apart=options.apart), conditions
                )
    on_file = sorted((NOISE / options.machine).glob("*.json"))
    if not on_file:
        failed.append(f"no pair is on file for the machine {options.machine!r}")
    for path in on_file:
        print("\n".join(report(json.loads(path.read_text(encoding="utf-8"))["pairs"])))
    if failed:
        raise SystemExit("not measured:\n" + "\n".join(failed))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.noise", description=__doc__)
    parser.add_argument("machine", help="the machine's name in ASV's results")
    parser.add_argument("--pairs", type=int, default=1, help="how many pairs to measure; 0 prints what is on file")
    parser.add_argument("--selection", choices=SELECTIONS, default="nightly")
    parser.add_argument("--only", default="", metavar="REGEX", help="benchmarks of the selection to measure")
    parser.add_argument("--apart", action="store_true", help="one whole run after the other instead of interleaved")
    parser.add_argument("--load", type=int, default=0, metavar="N", help="beside N busy processes")
    parser.add_argument("--asv-default", action="store_true", help="both arms by ASV's own clock and statistics")
    parser.add_argument("--slowed", action="store_true", help="a third arm with 5 %% of extra work in each program")
    return parser.parse_args()


def timed_patterns(selection: str, only: str) -> list[str]:
    """Patterns of the timed cells of a selection that match `only` once their escapes are gone.

    GROUPS of gradients and controls are in one, each program's stages in one. SystemExit where none matches.
    """
    kinds = re.compile(r"\^(gradients|controls|stages)")
    timed = [pattern for pattern in SELECTIONS[selection].patterns if kinds.match(pattern)]
    found = [pattern for pattern in timed if re.search(only, pattern.replace("\\", ""))]
    if not found:
        raise SystemExit(
            f"no timed cell of the selection {selection} matches {only!r}; there are:\n" + "\n".join(timed)
        )
    stages = [pattern for pattern in found if pattern.startswith("^stages")]
    others = [pattern for pattern in found if pattern not in stages]
    parts = max(min(2, len(others)), round(len(others) / GROUPS))
    return [*("|".join(others[part::parts]) for part in range(parts)), *stages]


def arms_of(options: argparse.Namespace) -> tuple[str, ...]:
    """Two identical ones, and a slowed one where that was asked for."""
    return (*ARMS, SLOWED) if options.slowed else ARMS


def measure_pair(
    options: argparse.Namespace, commit: str, order: Sequence[tuple[str, str]], conditions: dict[str, Any]
) -> list[str]:
    """Measure arms and patterns in this order, add the pair to what is on file, and return what failed in which arm."""
    started = datetime.now(UTC).isoformat(timespec="seconds")
    arms = arms_of(options)
    with contextlib.ExitStack() as stack:
        paths = {}
        for arm in arms:
            shutil.rmtree(_results_folder(arm), ignore_errors=True)
            changes = {"results_dir": str(_results_folder(arm)), **_variant(options, arm)}
            paths[arm] = stack.enter_context(configuration(f"noise-{arm}", **changes))
        failed = _run(order, paths, options.machine, commit)
    measured = {
        arm: {found.env_name: found for found in _results(_results_folder(arm), options.machine, commit)}
        for arm in arms
    }
    for environment in sorted(set().union(*measured.values())):
        without = [arm for arm, found in measured.items() if environment not in found]
        if without:
            failed.append(f"the environment {environment} in arm {', '.join(without)}")
            continue
        results = [measured[arm][environment] for arm in arms]
        values = [cell_values(found) for found in results]
        pair = {
            "started": started,
            "commit": commit,
            **conditions,
            "measured_with": last_sitting(_results_folder(arms[0]) / options.machine, commit, environment),
            "versions": results[0].benchmark_version,
            "values": {
                cell: [found[cell] for found in values]
                for cell in sorted(values[0])
                if all(cell in found for found in values)
            },
        }
        append(NOISE / options.machine / f"{environment}.json", pair)
        selected = re.compile("|".join(pattern for _, pattern in order))
        for arm, found in zip(arms, results, strict=True):
            failed += [f"{cell} in arm {arm}" for cell in failed_cells(found) if selected.search(cell)]
    return failed + [f"anything in arm {arm}" for arm, found in measured.items() if not found]


def _results_folder(arm: str) -> Path:
    return NOISE / "runs" / arm


def _variant(options: argparse.Namespace, arm: str) -> dict[str, str]:
    """What an arm does differently from the suite: see tools/variants."""
    if options.asv_default:
        return {"benchmark_dir": "tools/variants/asv_default"}
    if arm == SLOWED:
        return {"benchmark_dir": "tools/variants/slowed"}
    return {}


def _run(order: Sequence[tuple[str, str]], paths: dict[str, Path], machine: str, commit: str) -> list[str]:
    """Run the steps, and say what time is left; the steps in which ASV itself failed."""
    failed = []
    begin = time.monotonic()
    for done, (arm, pattern) in enumerate(order):
        left = (time.monotonic() - begin) / max(done, 1) * (len(order) - done) / 60
        when = f"{left:.0f} minutes left" if done else "starting"
        print(f"{done + 1} of {len(order)}, {when}: a part of the cells by arm {arm}", flush=True)
        status = run_asv(paths[arm], machine, commit, pattern, "--record-samples", "--append-samples")
        if status not in (0, BENCHMARK_FAILED):
            failed.append(f"{pattern} in arm {arm}: asv run ended with status {status}")
    return failed


def steps(patterns: Sequence[str], arms: Sequence[str], number: int, *, apart: bool) -> list[tuple[str, str]]:
    """Arms and patterns in the order in which the pair of this number measures them."""
    if apart:
        return [(arm, pattern) for arm in arms for pattern in patterns]
    # Who goes first changes from part to part and from pair to pair, so that a drift favours nobody.
    first = [(number + index) % len(arms) for index in range(len(patterns))]
    return [(arm, pattern) for k, pattern in zip(first, patterns, strict=True) for arm in (*arms[k:], *arms[:k])]


def _results(folder: Path, machine: str, commit: str) -> Iterator[Results]:
    if (folder / machine).exists():
        yield from iter_results_for_machine_and_hash(str(folder), machine, commit)


def append(path: Path, pair: dict[str, Any]) -> None:
    """Add a pair to a file of pairs, which is made where there is none and never cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pairs = json.loads(path.read_text(encoding="utf-8"))["pairs"] if path.exists() else []
    replace_whole(path, {"version": 1, "pairs": [*pairs, pair]})


@contextlib.contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """Keep `count` processes spinning meanwhile, and not a moment longer than this process lives."""
    counting = "while kill -0 $0; do i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; done"
    command = ["sh", "-c", counting, str(os.getpid())]
    busy = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(count)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
