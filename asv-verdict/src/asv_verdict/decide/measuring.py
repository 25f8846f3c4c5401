"""The first steps of a run: build its commits and measure them in one session."""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeVar

from asv_verdict.asv_io.benchmarks import Benchmark
from asv_verdict.asv_io.decoding import benchmark_of
from asv_verdict.asv_io.results import Unreadable, read_result
from asv_verdict.decide.measurement import Measurement, name_of
from asv_verdict.measure.builds import Builds, saved
from asv_verdict.measure.environments import expected_environments
from asv_verdict.measure.sampling import Sampling, of_compared
from asv_verdict.measure.session import Key, Session, is_number
from asv_verdict.model import Remarks
from asv_verdict.vcs.repository import Repository

#: The name of the session of all commits.
SESSION = "session"

Value = TypeVar("Value")


def noting(remarks: list[Remarks], step: tuple[Value, Remarks]) -> Value:
    """The value of a step; its remarks are appended to `remarks`."""
    value, own = step
    remarks.append(own)
    return value


def built(
    builds: Builds, repository: Repository, head: str, baselines: Mapping[str, str]
) -> tuple[dict[str, str], Remarks]:
    """Build head and its baselines; returns the baselines that build.

    Raises BadSetting if the configuration has no environment to build them in.
    """
    expected_environments(builds.project)
    for commit in dict.fromkeys((head, *baselines.values())):
        builds.say(f"building {commit[:8]} {repository.subject(commit)}")
        builds.build(commit)
    there = {baseline: base for baseline, base in baselines.items() if base in builds.runners}
    nothing = ("no cell was compared: no baseline builds",) if baselines and not there else ()
    return there, Remarks(nothing)


def measured(
    builds: Builds, head: str, baselines: Mapping[str, str], selection: str, seconds: float, *, forks: bool = False
) -> tuple[Measurement, Remarks]:
    """Measure one interleaved round of each cell of head that `selection` matches, on head and its baselines.

    Values that will be stored must not come from forked processes (`forks`). Those that are stored already come from
    fewer processes, since they are only compared.
    """
    benchmarks, remarks = builds.benchmarks(head)
    expected = builds.cells(benchmarks.values(), selection)
    remarks += _of_one_name(expected)
    expected = tuple(dict.fromkeys(expected))
    session = Session([])
    if expected:
        commits = (*baselines.values(), head)
        samplings = {} if forks else _samplings(commits, expected, benchmarks, builds)
        session_runner = builds.session(commits, SESSION, seconds, forks=forks, samplings=samplings)
        session_runner.round(list(dict.fromkeys(cell for _, cell in expected)))
        session, remarks = session_runner.session, remarks + saved(session_runner)
    return Measurement(head, baselines, benchmarks, expected, session), remarks


def _samplings(
    commits: Iterable[str], expected: Iterable[Key], benchmarks: Mapping[str, Benchmark], builds: Builds
) -> dict[tuple[str, str], Sampling]:
    """The sampling of each commit and cell whose values are stored already, in all environments."""
    environments: defaultdict[str, set[str]] = defaultdict(set)
    for environment, cell in expected:
        environments[cell].add(environment)
    found = {}
    for commit in dict.fromkeys(commits):
        stored = _stored(commit, builds)
        for cell, own in environments.items():
            if all((environment, cell) in stored for environment in own):
                found[commit, cell] = of_compared(benchmarks[benchmark_of(cell)])
    return found


def _stored(commit: str, builds: Builds) -> set[Key]:
    """The cells with a stored number of a commit. A result that cannot be read holds none; reading it all says so."""
    found: set[Key] = set()
    for path in (builds.project.results / builds.machine).glob(f"{commit[:8]}-*.json"):
        with contextlib.suppress(Unreadable):
            result = read_result(path)
            if result.commit == commit:
                found |= {(result.environment, cell) for cell, value in result.values.items() if is_number(value)}
    return found


def _of_one_name(cells: Iterable[Key]) -> Remarks:
    """A note for each name that several cells have, because different parameters have one text."""
    return Remarks(
        notes=tuple(
            f"{count} cells have the name {name_of(key)}, and only the last of them is judged"
            for key, count in Counter(cells).items()
            if count > 1
        )
    )
