"""Store the pairs of identical runs that `calibrate` measures, with their conditions and provenance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from asv_verdict.asv_io.decoding import benchmark_of
from asv_verdict.asv_io.pairs import append_pairs, is_positive, stored_adjacent
from asv_verdict.asv_io.provenance import last_entry
from asv_verdict.measure.builds import Builds
from asv_verdict.measure.commit_runner import CommitRunner
from asv_verdict.measure.environments import expected_environments
from asv_verdict.measure.session import Key, Session, is_number
from asv_verdict.project import Project
from asv_verdict.system.machine import processor

#: The names of the two identical runs.
RUNS = ("a", "b")


@dataclass(frozen=True)
class Conditions:
    """The conditions of a pair. A night takes its noise from pairs with these defaults only."""

    selection: str
    clock: str = "protocol"
    busy_processes: int = 0
    interleaved: bool = True
    slowed: bool = False


@dataclass(frozen=True)
class PairRecord:
    """Stores the pairs that are measured in `sessions`."""

    builds: Builds
    runs: Mapping[str, CommitRunner]
    cells: Sequence[str]
    conditions: Conditions
    sessions: Sequence[Session]
    #: The folder of the session with the first run.
    folder: Path

    def store(self, number: int, started: str) -> list[str]:
        """Append round `number` to the file of pairs of each environment; returns what was not measured."""
        left_out = {cell for session in self.sessions for cell in session.left_out}
        failed = []
        for environment in expected_environments(self.builds.project):
            rows = {cell: self._row((environment, cell), number) for cell in self.cells}
            if all(value is None for row in rows.values() for value in row):
                failed += [] if left_out else [f"all cells in {environment}"]
                continue
            for cell in (cell for cell in rows if cell not in left_out):
                failed += [
                    f"{cell} in run {name} of {environment}{self._why(name, cell)}"
                    for name in _lacking(self.runs, rows[cell])
                ]
            # Two runs that measure zero have no ratio.
            values = {cell: row for cell, row in rows.items() if all(is_positive(one) for one in row)}
            if values:
                facts = self._facts(number, environment, values)
                adjacent = self._adjacent(environment, values)
                pair = {"started": started, **facts, "values": values, "adjacent": adjacent}
                append_pairs(pairs_file(self.builds.project, self.builds.machine, environment), [pair])
        return failed

    def _row(self, key: Key, number: int) -> list[float | None]:
        """The value of a cell in each run."""
        values = {name: found for session in self.sessions for name, found in session.values.items()}
        rounds = [values[name].get(key, []) for name in self.runs]
        return [found[number] if number < len(found) else None for found in rounds]

    def _adjacent(self, environment: str, cells: Iterable[str]) -> dict[str, list[list[float]]]:
        """The adjacent processes of the two identical runs, by cell, if one session has measured both."""
        (session, *others), names = self.sessions, list(self.runs)[: len(RUNS)]
        if others:
            return {}
        found = {cell: stored_adjacent(session.adjacent((environment, cell), *names)) for cell in cells}
        return {cell: rounds for cell, rounds in found.items() if rounds}

    def _why(self, name: str, cell: str) -> str:
        return next(filter(None, (session.why(name, cell) for session in self.sessions)), "")

    def _facts(self, number: int, environment: str, cells: Iterable[str]) -> dict[str, Any]:
        """The conditions of a pair, the versions of its benchmarks, and what it was measured with."""
        name, runner = next(iter(self.runs.items()))
        benchmarks = self.builds.benchmarks(runner.commit)[0]
        folder = self.folder / f"round-{number}" / name / self.builds.machine
        try:
            measured_with = last_entry(folder, runner.commit, environment)
        except FileNotFoundError:  # the suite does not use the plugin that records the provenance
            measured_with = {"cpu": processor()}
        return {
            "commit": runner.commit,
            **asdict(self.conditions),
            "background_load": [self.sessions[0].loads[number][0], self.sessions[-1].loads[number][1]],
            "measured_with": measured_with,
            "versions": {name: benchmarks[name].version for name in sorted(set(map(benchmark_of, cells)))},
        }


def _lacking(names: Iterable[str], row: Sequence[float | None]) -> Iterator[str]:
    """The runs without a number for a cell; none if the suite skips the cell in all runs."""
    if not all(value is not None and math.isnan(value) for value in row):
        yield from (name for name, value in zip(names, row, strict=True) if not is_number(value))


def pairs_file(project: Project, machine: str, environment: str) -> Path:
    """The file of pairs of an environment."""
    return project.root / project.settings.noise / machine / f"{environment}.json"
