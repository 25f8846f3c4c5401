"""A/A runs: measure one commit in pairs of interleaved runs, to learn how much identical runs differ.

Each pair of runs is appended to MACHINE/ENVIRONMENT.json in the folder of the setting `noise`, from which a night takes
the noise of each cell (records/noise_floors.py).
"""

from __future__ import annotations

import math
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from asv_verdict.asv_io.benchmarks import Benchmark
from asv_verdict.asv_io.decoding import benchmark_of
from asv_verdict.asv_io.pairs import append_pairs, is_positive, read_pairs
from asv_verdict.asv_io.provenance import last_entry
from asv_verdict.measure.builds import Builds, MakeRunner
from asv_verdict.measure.commit_runner import CommitRunner, remove_left_configurations
from asv_verdict.measure.environments import expected_environments
from asv_verdict.measure.session import Key, Session, is_number
from asv_verdict.measure.session_runner import SessionRunner
from asv_verdict.project import BadSetting, Project, Settings
from asv_verdict.system.lock import only_run
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


def calibrate(
    project: Project,
    machine: str,
    commit: str,
    selection: str,
    *,
    pairs: int,
    minutes: float,
    say: Callable[[str], None] = print,
    make_runner: MakeRunner = CommitRunner,
) -> list[str]:
    """Measure the cells that `selection` matches in pairs of runs, and store each pair; returns what was not measured.

    After `minutes` the measurement stops; what was measured in both runs is kept. Raises Busy if another run holds the
    lock, BadSetting for a wrong `selection` or a commit that does not build, and Unreadable for a damaged pairs file.
    """
    try:
        expression = re.compile(selection)
    except re.error as error:
        raise BadSetting(f"{selection!r}: expected a regular expression for cells: {error}") from error

    def choose(benchmarks: Mapping[str, Benchmark]) -> list[str]:
        cells = [cell for cell in _noisy(benchmarks, project.settings) if expression.search(cell)]
        if not cells:
            raise BadSetting(f"{selection!r} matches no cell of {commit[:8]} that has noise{_some(benchmarks)}")
        return cells

    conditions = Conditions(selection)
    return measure_pairs(
        project, machine, commit, choose, conditions, pairs=pairs, minutes=minutes, say=say, make_runner=make_runner
    )


def measure_pairs(
    project: Project,
    machine: str,
    commit: str,
    choose: Callable[[Mapping[str, Benchmark]], Sequence[str]],
    conditions: Conditions,
    *,
    pairs: int,
    minutes: float,
    say: Callable[[str], None] = print,
    make_runner: MakeRunner = CommitRunner,
    more_runs: Mapping[str, MakeRunner] = MappingProxyType({}),
) -> list[str]:
    """Measure pairs like `calibrate`, of the cells that `choose` picks from the benchmarks.

    `more_runs` adds runs of the same build to the two identical ones: it maps the name of each to the function that
    makes its runner.
    """
    deadline = time.monotonic() + minutes * 60
    with only_run(project.folder / "lock"):
        remove_left_configurations(project)
        for environment in expected_environments(project):
            read_pairs(pairs_file(project, machine, environment))  # a damaged file must not cost hours
        builds = Builds(project, machine, project.folder / "calibration", say, make_runner)
        benchmarks = _built(builds, commit, deadline)
        if benchmarks is None:
            return [f"out of time: {commit[:8]} was not built"]
        cells = choose(benchmarks)
        # Each run has a process of its own, since they take turns.
        first, *others = RUNS
        runs = {first: builds.runners[commit], **{name: make_runner(project, machine, commit) for name in others}}
        runs |= {name: make(project, machine, commit) for name, make in more_runs.items()}
        return _measured(builds, runs, cells, conditions, pairs=pairs, deadline=deadline)


def _built(builds: Builds, commit: str, deadline: float) -> Mapping[str, Benchmark] | None:
    """Build a commit in an empty folder; returns its benchmarks, or None if there is no time.

    Raises BadSetting if it does not build.
    """
    shutil.rmtree(builds.folder, ignore_errors=True)
    builds.say(f"building {commit[:8]}")
    builds.build(commit, deadline)
    if commit in builds.failures:
        raise BadSetting(builds.failures[commit])
    return builds.benchmarks(commit)[0] if commit in builds.runners else None


def _noisy(benchmarks: Mapping[str, Benchmark], settings: Settings) -> Iterator[str]:
    """The cells that can differ between identical runs."""
    for benchmark in benchmarks.values():
        if benchmark.unit != "hash":
            yield from (cell for cell in benchmark.cells if not settings.is_deterministic(cell))


def _some(benchmarks: Mapping[str, Benchmark]) -> str:
    cells = [cell for benchmark in benchmarks.values() for cell in benchmark.cells]
    return f"; the commit has {len(cells)} cells, such as {cells[0]}" if cells else "; the commit has no benchmarks"


def _measured(
    builds: Builds,
    runs: Mapping[str, CommitRunner],
    cells: Sequence[str],
    conditions: Conditions,
    *,
    pairs: int,
    deadline: float,
) -> list[str]:
    """Measure `cells` in all runs of one built commit and store the values, `pairs` times.

    Returns what was not measured. Lack of time is part of it only if no pair is complete. The runs alternate whenever
    ASV visits a cell, so that a drift of the machine favours none of them. If they are not `interleaved`, each run
    measures all cells before the next one begins.
    """
    parts = [list(runs)] if conditions.interleaved else [[name] for name in runs]
    seconds = deadline - time.monotonic()
    sessions = [
        SessionRunner([runs[name] for name in part], builds.folder / "-".join(part), seconds, builds.say, names=part)
        for part in parts
    ]
    record = _Record(builds, runs, cells, conditions, [one.session for one in sessions], sessions[0].folder)
    failed: list[str] = []
    for number in range(pairs):
        builds.say(f"pair {number + 1} of {pairs}")
        started = datetime.now(UTC).isoformat(timespec="seconds")
        is_complete = not [session for session in sessions if not session.round(cells)]
        failed += record.store(number, started)
        if not is_complete:
            sentence = f"out of time: {number} of {pairs} pairs are complete"
            builds.say(sentence)
            failed += [] if number else [sentence]
            break
    shutil.rmtree(builds.folder, ignore_errors=True)
    return list(dict.fromkeys([*failed, *(sentence for one in sessions for sentence in one.session.sentences)]))


@dataclass(frozen=True)
class _Record:
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
                pair = {"started": started, **self._facts(number, environment, values), "values": values}
                append_pairs(pairs_file(self.builds.project, self.builds.machine, environment), [pair])
        return failed

    def _row(self, key: Key, number: int) -> list[float | None]:
        """The value of a cell in each run."""
        values = {name: found for session in self.sessions for name, found in session.values.items()}
        rounds = [values[name].get(key, []) for name in self.runs]
        return [found[number] if number < len(found) else None for found in rounds]

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
