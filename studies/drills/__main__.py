"""Run the drills: `python -m studies.drills` runs all of them and prints one row for each.

A drill runs asv-verdict with ASV itself on small repositories, kills it at random moments, or runs it on the suite or
the results of another project. It takes minutes. The exit status is 1 if a drill fails. `--write` stores the rows
and updates docs/decisions/drills.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from studies import documents
from studies.drills import BLOCKS, autograd_suite, kills, nights, scipy_results
from studies.drills.row import Outcome, Task, Unavailable

BLOCK = "drills"
DRILLS: dict[str, Callable[[Task], Outcome]] = {
    "nights": nights.run,
    "kills": kills.run,
    "autograd": autograd_suite.run,
    "scipy": scipy_results.run,
}
COLUMNS = ("drill", "what was tried", "result", "seconds", "date")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run drills and print their rows; returns 1 if one failed."""
    options = _parser().parse_args(arguments)
    clones = dict(options.clone)
    failed, rows = False, []
    for name in options.names or DRILLS:
        with tempfile.TemporaryDirectory(prefix="drill-") as folder:
            begin = time.monotonic()
            outcome = attempt(name, Task(Path(folder), options.small, clones))
            seconds = time.monotonic() - begin
        failed |= bool(outcome.failures)
        verdict = "failed" if outcome.failures else "passed"
        print(f"{name}: {outcome.tried}: {outcome.result}: {verdict}, {seconds:.0f} s", flush=True)
        for sentence in outcome.failures:
            print(f"  {sentence}", flush=True)
        result = f"{verdict}: {outcome.result}"
        rows.append([name, outcome.tried, result, f"{seconds:.0f}", str(datetime.now(UTC).date())])
    if options.write:
        documents.store(BLOCK, stored(rows, options.on))
    return int(failed)


def attempt(name: str, task: Task) -> Outcome:
    """The outcome of a drill; a failure if a repository that it needs cannot be cloned."""
    try:
        return DRILLS[name](task)
    except Unavailable as error:
        return Outcome(
            "nothing was tried", "the drill could not begin", (f"{error}; name a copy: --clone {name}=PATH",)
        )


def stored(rows: Sequence[Sequence[str]], machine: str | None) -> dict[str, object]:
    """The data of the table: these rows, and the stored ones of the other drills."""
    path = documents.ROOT / BLOCKS[BLOCK].data
    before = documents.load(BLOCKS[BLOCK].data)["tables"][0]["rows"] if path.exists() else []
    by_name = {row[0]: list(row) for row in [*before, *rows]}
    versions = f"ASV {metadata.version('asv')}"
    return {
        **documents.measured_here("make drills", machine, versions),
        "tables": [{"columns": COLUMNS, "rows": [by_name[name] for name in DRILLS if name in by_name]}],
    }


def shape() -> tuple[tuple[int, int], ...]:
    """Rows and columns of the table: a row for each drill."""
    return ((len(DRILLS), len(COLUMNS)),)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m studies.drills", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", type=_drill, help=f"the drills: {', '.join(DRILLS)} (default: all)"
    )
    parser.add_argument("--small", action="store_true", help="run the smallest form of each drill")
    parser.add_argument(
        "--clone",
        action="append",
        default=[],
        type=_clone,
        metavar="NAME=PATH",
        help="for the drill autograd or scipy, the repository to clone; default: the one on GitHub",
    )
    documents.add_write_options(parser)
    return parser


def _drill(text: str) -> str:
    if text not in DRILLS:
        raise argparse.ArgumentTypeError(f"{text!r}: expected one of {', '.join(DRILLS)}")
    return text


def _clone(text: str) -> tuple[str, str]:
    name, _, path = text.partition("=")
    if name not in ("autograd", "scipy") or not path:
        raise argparse.ArgumentTypeError(f"{text!r}: expected autograd=PATH or scipy=PATH")
    return name, str(Path(path).resolve())


if __name__ == "__main__":
    sys.exit(main())
