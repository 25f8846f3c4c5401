"""Where does the time of a night go? Print the share of each session that ASV spends in timed samples and warm-up.

It reads the folder of a report, `.asv/verdict/reports/NUMBER-COMMIT`, as a night leaves it. The rest of the time goes
into `setup`, processes, imports and ASV itself.

The samples of this repository's own suite are not the time of a call, but the shortest of many. With `--protocol`, each
of its processes counts as the time for which it calls the program (benchmarks/protocol.py); the stages of compilation
count as the rest.

`--write PROJECT` stores the table as that of a project, beside those of other projects.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks import protocol
from studies import documents
from studies.registry import BLOCKS
from studies.time_split import BLOCK

COLUMNS = ("session", "rounds", "cells measured", "seconds", "samples", "warm-up", "the rest")
COMMAND = "python -m studies.time_split"
#: Seconds for which ASV warms up each process, if the benchmark does not say.
WARM_UP = 0.1


@dataclass
class Split:
    """The seconds of a session, and those that its processes spent in samples and in warm-up."""

    name: str
    rounds: int
    seconds: float
    cells: int = 0
    samples: float = 0.0
    warm_up: float = 0.0

    def row(self) -> list[str]:
        """A row of the table."""
        rest = self.seconds - self.samples - self.warm_up
        shares = (f"{part / self.seconds:.1%}" for part in (self.samples, self.warm_up, rest))
        return [self.name, str(self.rounds), str(self.cells), f"{self.seconds:.0f}", *shares]


def splits(report: Path, *, protocol: bool = False) -> Iterator[Split]:
    """The sessions of a report, by name; `protocol` says that the suite measures with benchmarks/protocol.py."""
    for path in sorted(report.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if path.name == "report.json" or not content.get("seconds"):
            continue
        split = Split(path.stem, len(content["seconds"]), sum(content["seconds"]))
        for result in sorted(path.with_suffix("").glob("round-*/*/*-*.json")):
            content = json.loads(result.read_text(encoding="utf-8"))
            if protocol:
                _add_processes(split, content)
            else:
                _add(split, content, _listed(result.parent.parent))
        yield split


def _listed(folder: Path) -> Mapping[str, Any]:
    listed: Mapping[str, Any] = json.loads((folder / "benchmarks.json").read_text(encoding="utf-8"))
    return listed


def _add(split: Split, content: Mapping[str, Any], benchmarks: Mapping[str, Any]) -> None:
    """Add the benchmarks of a result file. A benchmark that is not timed has no samples."""
    for name, row in content["results"].items():
        columns = dict(zip(content["result_columns"], row, strict=False))
        own = benchmarks.get(name, {})
        for samples, number in zip(columns.get("samples") or (), columns.get("stats_number") or (), strict=False):
            if samples and number:
                split.cells += 1
                split.samples += sum(samples) * number
                warm_up = own.get("warmup_time", -1)
                # ASV takes the same number of samples in each process.
                processes = max(1, len(samples) // max(1, _samples_of_a_process(own, len(samples))))
                split.warm_up += processes * (WARM_UP if warm_up < 0 else warm_up)


def _add_processes(split: Split, content: Mapping[str, Any]) -> None:
    """Add the benchmarks of a result file whose samples the protocol has measured."""
    column = content["result_columns"].index("samples")
    for name, row in content["results"].items():
        if name.startswith(("gradients.", "controls.")):
            for given in filter(None, row[column] if len(row) > column else ()):
                split.cells += 1
                split.samples += _processes(len(given)) * protocol.PROCESS_SECONDS


def _processes(count: int) -> int:
    """After how many processes, one in each round, the protocol has given this number of samples to ASV."""
    given = itertools.accumulate(len(protocol.samples([[1.0]] * rounds)) for rounds in range(1, protocol.ROUNDS + 1))
    return next(rounds for rounds, total in enumerate(given, 1) if total >= count)


def _samples_of_a_process(benchmark: Mapping[str, Any], samples: int) -> int:
    """The number of samples in each process: all of them, unless the benchmark's own number tells."""
    repeat = benchmark.get("repeat", 0)
    least = repeat if isinstance(repeat, int) else repeat[1]
    usual = least or (5 if benchmark.get("rounds", 2) > 1 else 10)
    return min(int(usual), samples)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m studies.time_split", description=__doc__)
    parser.add_argument("report", type=Path, nargs="+", help="the folder of a report")
    parser.add_argument("--protocol", action="store_true", help="the report is of this repository's suite")
    parser.add_argument("--write", metavar="PROJECT", help="store the table as that of a project, such as networkx")
    parser.add_argument("--note", action="append", default=[], help="a sentence below the stored table")
    parser.add_argument("--on", metavar="WORDS", help="the machine in words for the caption")
    options = parser.parse_args()
    if not options.write and (options.note or options.on):
        parser.error("--note and --on belong to a stored table: name its project with --write")
    rows = [split.row() for folder in options.report for split in splits(folder, protocol=options.protocol)]
    print("\n".join(documents.Table(COLUMNS, rows).lines()))
    if options.write:
        documents.store(BLOCK, stored(options.write, rows, options.note, options.on))


def shape() -> tuple[tuple[int, int], ...]:
    """Rows and columns of the table of each stored project: a row for each of its sessions."""
    tables = documents.load(BLOCKS[BLOCK].data)["tables"]
    return tuple((len(table["rows"]), len(COLUMNS)) for table in tables)


def stored(project: str, rows: Sequence[Sequence[str]], notes: Sequence[str], machine: str | None) -> dict[str, object]:
    """The data of the block: the table of a project, which says when and where, and the stored ones of the others."""
    path = documents.ROOT / BLOCKS[BLOCK].data
    earlier = documents.load(BLOCKS[BLOCK].data, documents.ROOT)["tables"] if path.exists() else []
    here = documents.measured_here(COMMAND, machine, f"ASV {metadata.version('asv')}")
    when = f"Measured on {here['date']} on {here['machine']}."
    table = {"title": project, "columns": COLUMNS, "rows": rows, "notes": [*notes, when]}
    by_project = {one["title"]: one for one in earlier} | {project: table}
    return {**here, "tables": [by_project[name] for name in sorted(by_project)]}


if __name__ == "__main__":
    main()
