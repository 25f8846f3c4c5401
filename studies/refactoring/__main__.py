"""Does a refactoring keep the numbers? Measure two commits, each with its own benchmarks, interleaved.

For each gradient of the nightly selection, the two commits take turns: one forked process of each, as the suite
measures, in each of eight rounds. Counts, errors and peak memory are measured once. A cell has moved if the difference
exceeds the largest one between identical runs in data/pairs. It takes half an hour on two cores.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from asv_verdict import agreement
from benchmarks import gradients
from benchmarks.protocol import ROUNDS, second_shortest
from benchmarks.selections import expression
from studies.documents import Table
from studies.one_thread import VARIABLES
from studies.repeatability.pairs import kept_pairs
from tools.asv_runs import ROOT

COLUMNS = ("cell", "before", "after", "after ÷ before", "noise floor")
#: The noise floor of a cell without pairs on file.
USUAL_FLOOR = 0.05
#: Peak memory varies by some pages, other counts not at all.
MEMORY_TOLERANCE = 0.05


def nightly_cases() -> Iterator[tuple[str, str]]:
    """The gradients of the nightly selection: the name of the cell in ASV, and the text of its case."""
    selected = re.compile(expression("nightly"))
    classes: Mapping[str, Any] = gradients.CLASSES
    for name, benchmark in classes.items():
        for cell in itertools.product(*benchmark.params):
            words = f"gradients.{name}.{benchmark.row.method}({', '.join(map(repr, cell))})"
            if selected.search(words):
                yield words, str(benchmark.row.case(*cell))


class Side:
    """A process that measures the code of a commit in a folder. Raises SystemExit if the commit is too old for it."""

    def __init__(self, folder: Path, commit: str) -> None:
        variables = {**os.environ, **VARIABLES, "JAX_PLATFORMS": "cpu", "PYTHONHASHSEED": "0"}
        command = [sys.executable, str(Path(__file__).parent / "side.py"), str(folder)]
        self.process = subprocess.Popen(
            command, env=variables, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            self.ask(what="hello")
        except RuntimeError as error:
            self.end()
            raise SystemExit(
                f"{commit} cannot be measured: {error}; it may be older than what side.py imports"
            ) from None

    def ask(self, **asked: object) -> Any:
        """The answer to one line. Raises RuntimeError with the reason if there is none."""
        assert self.process.stdin
        assert self.process.stdout
        with suppress(BrokenPipeError):  # the process has ended, and there is no answer
            print(json.dumps(asked), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"failed": "its process ended"}
        if "failed" in answer:
            raise RuntimeError(answer["failed"])
        return answer["found"]

    def end(self) -> None:
        """End the process, and close the pipes to it."""
        self.process.kill()
        self.process.communicate()


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """A folder with the files of a commit."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", folder, commit], cwd=ROOT, check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", folder], cwd=ROOT, check=True)


def times(sides: Sequence[Side], cells: Sequence[tuple[str, str]], rounds: int) -> dict[str, list[float]]:
    """The time of a call on each side, by the name of the cell."""
    found: dict[str, list[list[float]]] = {name: [[] for _ in sides] for name, _ in cells}
    for number in range(rounds):
        for name, case in cells:
            for place in range(len(sides))[:: 1 - 2 * (number % 2)]:
                found[name][place].append(sides[place].ask(what="time", case=case, core=number))
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    return {name: [second_shortest(each) for each in both] for name, both in found.items()}


def moved_counts(before: dict[str, float], after: dict[str, float]) -> Iterator[str]:
    """A sentence for each count that differs."""
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        close = name == "peak_bytes" and old and new and abs(new / old - 1) <= MEMORY_TOLERANCE
        if old != new and not close:
            yield f"{name}: {old} became {new}"


def main() -> None:
    """Print a row for each cell that moved, and how many did not."""
    parser = argparse.ArgumentParser(prog="python -m studies.refactoring", description=__doc__)
    parser.add_argument("before", metavar="COMMIT", help="the commit before; HEAD is the one after")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds (default: %(default)s)")
    parser.add_argument("--only", default="", metavar="REGEX", help="measure only the cells whose names match")
    options = parser.parse_args()
    cells = [cell for cell in nightly_cases() if re.search(options.only, cell[0])]
    floors = agreement.noise_floors(kept_pairs())
    with ExitStack() as stack:
        sides = []
        for commit in (options.before, "HEAD"):
            sides.append(Side(stack.enter_context(checked_out(commit)), commit))
            stack.callback(sides[-1].end)
        on_both = [cell for cell in cells if all(side.ask(what="is known", case=cell[1]) for side in sides)]
        for name, _ in (cell for cell in cells if cell not in on_both):
            print(f"{name} does not run on both commits.", flush=True)
        cells = on_both
        print("\n".join(Table(COLUMNS, ()).lines()), flush=True)
        found = times(sides, cells, options.rounds)
        moved = 0
        for name, (before, after) in found.items():
            floor = floors.get(name, USUAL_FLOOR)
            if agreement.difference((before, after)) > floor:
                moved += 1
                print(f"| {name} | {before:.4g} s | {after:.4g} s | {after / before:.3f} | {floor:.1%} |", flush=True)
        print(f"\n{moved} of {len(found)} times moved beyond the noise floor.\n", flush=True)
        for name, case in cells:
            counts = [side.ask(what="counts", case=case) for side in sides]
            for sentence in moved_counts(*counts):
                print(f"{name}: {sentence}", flush=True)
    print(f"The counts, errors and peak memory of {len(cells)} cells were compared.")


if __name__ == "__main__":
    main()
