"""Measure HEAD twice, interleaved with itself, and print how much the identical runs differ.

Two arms measure every timed cell of a selection in turn, as `asv-verdict calibrate` does. An arm is a run of ASV with
separate results. The arms take turns whenever ASV visits a cell, which it does in each round.

Each pair is appended to .asv/noise/MACHINE/ENVIRONMENT.json: the conditions, the provenance, and for each cell the
value of each arm. No pair is ever removed. `--keep NAME` also appends the machine's pairs to data/pairs/NAME.json and
updates the documents. Without MACHINE the command measures nothing and prints the table of data/pairs.

A pair takes twice as long as `make bench`. The exit status is 1 if a cell failed.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Mapping

from asv_verdict import (
    BadSetting,
    Benchmark,
    Busy,
    CommitRunner,
    Conditions,
    Project,
    measure_pairs,
    read_pairs,
    read_project,
)
from benchmarks.selections import SELECTIONS
from studies import documents
from studies.background_load import busy_processes
from studies.repeatability.pairs import PAIRS, keep, kept_pairs
from studies.repeatability.tables import report
from tools.asv_runs import ROOT, head

NOISE = ROOT / ".asv" / "noise"
SLOWED = "slowed"
#: A time limit in minutes, so that ASV cannot hang for ever.
LONGEST = 1440.0


def main() -> None:
    """Measure the requested pairs and print the table of all pairs on file; status 1 if a cell failed."""
    options = _options()
    if not options.machine:
        print("\n".join(report(kept_pairs())))
        return
    failed = measured(options) if options.pairs else []
    on_file = sorted((NOISE / options.machine).glob("*.json"))
    if not on_file:
        failed.append(f"no pair is on file for the machine {options.machine!r}")
    for path in on_file:
        pairs = read_pairs(path)
        print("\n".join(report(pairs)))
        if options.keep:
            print(f"Added {keep(PAIRS / f'{options.keep}.json', pairs)} pairs to data/pairs/{options.keep}.json")
    if options.keep:
        print("Updated:", ", ".join(documents.write()) or "no document")
    if failed:
        raise SystemExit("Not measured:\n" + "\n".join(failed))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m studies.repeatability",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("machine", nargs="?", help="the machine's name in ASV's results")
    parser.add_argument("--pairs", type=int, default=1, help="how many pairs to measure; 0 prints those on file")
    parser.add_argument("--selection", choices=SELECTIONS, default="nightly", help="the default is nightly")
    parser.add_argument("--only", default="", metavar="REGEX", help="measure only the cells whose names match")
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


def measured(options: argparse.Namespace) -> list[str]:
    """Measure and store the requested pairs; returns what was not measured. Raises SystemExit if none can start."""
    project, commit = read_project(ROOT / "asv.conf.json"), head()
    conditions = Conditions(
        selection=f"{options.selection} {SELECTIONS[options.selection].version}",
        clock="ASV's default" if options.asv_default else "protocol",
        busy_processes=options.load,
        interleaved=not options.apart,
        slowed=options.slowed,
    )

    def choose(benchmarks: Mapping[str, Benchmark]) -> list[str]:
        cells = (cell for benchmark in benchmarks.values() for cell in benchmark.cells)
        return timed_cells(cells, options.selection, options.only, gradients=options.asv_default or options.slowed)

    try:
        with busy_processes(options.load):
            return measure_pairs(
                project,
                options.machine,
                commit,
                choose,
                conditions,
                pairs=options.pairs,
                minutes=LONGEST,
                make_runner=_runner(_variant("asv_default") if options.asv_default else {}),
                more_runs={SLOWED: _runner(_variant(SLOWED))} if options.slowed else {},
            )
    except (BadSetting, Busy) as error:
        raise SystemExit(str(error)) from error


def _runner(values: Mapping[str, str]) -> Callable[[Project, str, str], CommitRunner]:
    return lambda project, machine, commit: CommitRunner(project, machine, commit, values)


def _variant(name: str) -> dict[str, str]:
    """The values of ASV's configuration for a variant of the benchmarks (a folder beside this file)."""
    return {"benchmark_dir": f"studies/repeatability/{name}"}


def timed_cells(cells: Iterable[str], selection: str, only: str, *, gradients: bool = False) -> list[str]:
    """The timed cells of a selection whose names match the expression `only`.

    `gradients` excludes controls and stages, which the variants lack. Raises SystemExit if nothing matches.
    """
    kinds = re.compile(r"\^gradients" if gradients else r"\^(gradients|controls|stages)")
    patterns = "|".join(pattern for pattern in SELECTIONS[selection].patterns if kinds.match(pattern))
    timed = [cell for cell in cells if re.search(patterns, cell)]
    found = [cell for cell in timed if re.search(only, cell)]
    if not found:
        raise SystemExit(
            f"no timed cell of the selection {selection} matches {only!r}; there are:\n" + "\n".join(timed)
        )
    return found


if __name__ == "__main__":
    main()
