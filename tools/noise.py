"""Measure HEAD twice, interleaved with itself, and print how much the identical runs differ.

Two arms measure every timed cell of a selection in turn. An arm is a run of ASV with separate results. The arms
alternate between parts of the selection, so that the rounds of a cell are minutes apart. For stages of compilation
they alternate after every program, because the mean of a stage varies from minute to minute with the host.

Each pair is appended to .asv/noise/MACHINE/ENVIRONMENT.json: the conditions, the provenance, and for each cell the
value of each arm. No pair is ever removed. `--keep NAME` also appends the machine's pairs to data/pairs/NAME.json and
renews the documents. Without MACHINE the command measures nothing and prints the table of data/pairs.

A pair takes twice as long as `make bench`. The exit status is 1 if a cell failed.
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
from tools import documents
from tools.agreement import report
from tools.asv_runs import BENCHMARK_FAILED, ROOT, cell_values, configuration, failed_cells, head, run_asv
from tools.pairs import PAIRS, append, keep, kept_pairs
from tools.provenance import last_sitting

NOISE = ROOT / ".asv" / "noise"
ARMS = ("a", "b")
SLOWED = "slowed"
#: The approximate number of patterns in each part of a selection. The arms measure each part in turn.
GROUPS = 10


def main() -> None:
    """Measure the requested pairs and print the table of all pairs on file; status 1 if a cell failed."""
    options = _options()
    failed: list[str] = []
    if not options.machine:
        print("\n".join(report(kept_pairs())))
        return
    if options.pairs:
        commit = head()
        patterns = timed_patterns(options.selection, options.only, gradients=options.asv_default or options.slowed)
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
        pairs = json.loads(path.read_text(encoding="utf-8"))["pairs"]
        print("\n".join(report(pairs)))
        if options.keep:
            print(f"Added {keep(PAIRS / f'{options.keep}.json', pairs)} pairs to data/pairs/{options.keep}.json")
    if options.keep:
        print("Renewed:", ", ".join(documents.write()) or "no document")
    if failed:
        raise SystemExit("Not measured:\n" + "\n".join(failed))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.noise", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("machine", nargs="?", help="the machine's name in ASV's results")
    parser.add_argument("--pairs", type=int, default=1, help="how many pairs to measure; 0 prints those on file")
    parser.add_argument("--selection", choices=SELECTIONS, default="nightly", help="the default is nightly")
    parser.add_argument("--only", default="", metavar="REGEX", help="measure only the benchmarks that match")
    parser.add_argument("--apart", action="store_true", help="run the arms one after the other, not interleaved")
    parser.add_argument(
        "--load", type=int, default=0, metavar="N", help="measure with N busy processes as background load"
    )
    parser.add_argument(
        "--asv-default", action="store_true", help="measure both arms with ASV's clock and statistics; gradients only"
    )
    parser.add_argument(
        "--slowed", action="store_true", help="add a third arm with 5 %% of extra work in each program; gradients only"
    )
    parser.add_argument("--keep", metavar="NAME", help="append the machine's pairs to data/pairs/NAME.json")
    options = parser.parse_args()
    if not options.machine and (options.keep or options.slowed or options.asv_default):
        parser.error("MACHINE is missing: name the machine whose pairs are measured or kept")
    return options


def timed_patterns(selection: str, only: str, *, gradients: bool = False) -> list[str]:
    """Patterns of the timed cells of a selection that `only` matches; the match ignores backslashes in a pattern.

    About GROUPS patterns of gradients and controls are joined into one; each pattern of stages stays separate.
    `gradients` excludes controls and stages, which the variants lack. Raises SystemExit if nothing matches.
    """
    kinds = re.compile(r"\^gradients" if gradients else r"\^(gradients|controls|stages)")
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
    """Two identical arms, and a slowed one if --slowed asks for it."""
    return (*ARMS, SLOWED) if options.slowed else ARMS


def measure_pair(
    options: argparse.Namespace, commit: str, order: Sequence[tuple[str, str]], conditions: dict[str, Any]
) -> list[str]:
    """Measure arms and patterns in this order, append the pair to those on file, and return the cells that failed."""
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
            failed.append(f"environment {environment} in arm {', '.join(without)}")
            continue
        results = [measured[arm][environment] for arm in arms]
        values = [cell_values(found) for found in results]
        failed += missing_cells(dict(zip(arms, results, strict=True)))
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
    return failed + [f"all cells in arm {arm}" for arm, found in measured.items() if not found]


def missing_cells(results: dict[str, Results]) -> list[str]:
    """Cells with a value in one arm, and with neither a value nor a failure in another arm."""
    known = {arm: {*cell_values(found), *failed_cells(found)} for arm, found in results.items()}
    measured = sorted({cell for found in results.values() for cell in cell_values(found)})
    return [f"{cell} in arm {arm}" for cell in measured for arm, cells in known.items() if cell not in cells]


def _results_folder(arm: str) -> Path:
    return NOISE / "runs" / arm


def _variant(options: argparse.Namespace, arm: str) -> dict[str, str]:
    """The settings in which an arm differs from the suite; see tools/variants."""
    if options.asv_default:
        return {"benchmark_dir": "tools/variants/asv_default"}
    if arm == SLOWED:
        return {"benchmark_dir": "tools/variants/slowed"}
    return {}


def _run(order: Sequence[tuple[str, str]], paths: dict[str, Path], machine: str, commit: str) -> list[str]:
    """Run the steps, print the time left, and return the steps in which ASV itself failed."""
    failed = []
    begin = time.monotonic()
    for done, (arm, pattern) in enumerate(order):
        left = (time.monotonic() - begin) / max(done, 1) * (len(order) - done) / 60
        when = f"{left:.0f} minutes left" if done else "starting"
        print(f"{done + 1} of {len(order)}, {when}: arm {arm} measures a part of the cells", flush=True)
        status = run_asv(paths[arm], machine, commit, pattern, "--record-samples", "--append-samples")
        if status not in (0, BENCHMARK_FAILED):
            failed.append(f"{pattern} in arm {arm}: asv run ended with status {status}")
    return failed


def steps(patterns: Sequence[str], arms: Sequence[str], number: int, *, apart: bool) -> list[tuple[str, str]]:
    """Arms and patterns in the order in which pair `number` measures them."""
    if apart:
        return [(arm, pattern) for arm in arms for pattern in patterns]
    # The first arm changes from part to part and from pair to pair, so that a drift favours no arm.
    first = [(number + index) % len(arms) for index in range(len(patterns))]
    return [(arm, pattern) for k, pattern in zip(first, patterns, strict=True) for arm in (*arms[k:], *arms[:k])]


def _results(folder: Path, machine: str, commit: str) -> Iterator[Results]:
    if (folder / machine).exists():
        yield from iter_results_for_machine_and_hash(str(folder), machine, commit)


@contextlib.contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """Keep `count` processes busy during the block; they end with the block, or with this process."""
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
