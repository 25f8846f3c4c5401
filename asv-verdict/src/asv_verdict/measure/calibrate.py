"""A/A runs: measure one commit in pairs of interleaved runs, to learn how much identical runs differ.

Each pair of runs is appended to MACHINE/ENVIRONMENT.json in the folder of the setting `noise`, from which a night takes
the noise of each cell (records/noise_floors.py).
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from asv_verdict.asv_io.benchmarks import Benchmark
from asv_verdict.asv_io.pairs import read_pairs
from asv_verdict.measure.builds import Builds, MakeRunner
from asv_verdict.measure.commit_runner import CommitRunner, remove_left_configurations
from asv_verdict.measure.environments import expected_environments
from asv_verdict.measure.pair_record import RUNS, Conditions, PairRecord, pairs_file
from asv_verdict.measure.session_runner import SessionRunner
from asv_verdict.project import BadSetting, Project, Settings
from asv_verdict.system.lock import only_run


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
    record = PairRecord(builds, runs, cells, conditions, [one.session for one in sessions], sessions[0].folder)
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
