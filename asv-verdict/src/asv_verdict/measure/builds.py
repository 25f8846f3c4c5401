"""The commits of a run: each is built once, in environments of its own, and measured in sessions with others."""

from __future__ import annotations

import itertools
import math
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asv_verdict.asv_io.benchmarks import Benchmark
from asv_verdict.asv_io.results import read_history
from asv_verdict.measure.commit_runner import AsvFailed, CommitRunner, OutOfTime
from asv_verdict.measure.environments import expected_environments
from asv_verdict.measure.session import Key
from asv_verdict.measure.session_runner import SessionRunner
from asv_verdict.model import Remarks
from asv_verdict.project import Project
from asv_verdict.stats.bisection import changed_packages

#: Time limit for one build, in minutes.
BUILD_MINUTES = 30.0
#: Makes the runner of a commit on a machine.
MakeRunner = Callable[[Project, str, str], CommitRunner]


@dataclass
class Builds:
    """The commits that were built so far, in `folder`, which also holds the sessions of the run."""

    project: Project
    machine: str
    folder: Path
    say: Callable[[str], None] = print
    make_runner: MakeRunner = CommitRunner
    runners: dict[str, CommitRunner] = field(default_factory=dict)
    #: Why a commit does not build, and which commits were not built for lack of time.
    failures: dict[str, str] = field(default_factory=dict)
    late: dict[str, str] = field(default_factory=dict)

    def build(self, commit: str, deadline: float = math.inf) -> CommitRunner | None:
        """The runner of a commit, which is built first unless it was tried before; None if it does not build.

        A build that is not complete at `deadline` (monotonic) fails.
        """
        if commit not in {**self.runners, **self.failures, **self.late}:
            runner = self.make_runner(self.project, self.machine, commit)
            seconds = min(BUILD_MINUTES * 60, deadline - time.monotonic())
            try:
                runner.build(self._built(commit), seconds)
            except (AsvFailed, OSError) as error:
                self.failures[commit] = f"{commit[:8]} does not build: {error}"
            except OutOfTime as error:
                if seconds < BUILD_MINUTES * 60:
                    self.late[commit] = f"{commit[:8]} was not built: the time for confirmation had run out"
                else:
                    self.failures[commit] = f"{commit[:8]} does not build: {error}"
            else:
                self.runners[commit] = runner
        return self.runners.get(commit)

    def list_benchmarks(self, commit: str) -> None:
        """List the benchmarks of a built commit again, after its benchmark files changed.

        If ASV fails, `remarks` names the problem.
        """
        try:
            self.runners[commit].build(self._built(commit), BUILD_MINUTES * 60)
        except (AsvFailed, OutOfTime) as error:
            self.failures[commit] = f"the benchmarks of {commit[:8]} cannot be listed: {error}"

    def _built(self, commit: str) -> Path:
        return self.folder / "built" / commit[:12]

    @property
    def remarks(self) -> Remarks:
        """A problem for each commit that does not build, and a note for each that was not built for lack of time."""
        return Remarks(problems=tuple(self.failures.values()), notes=tuple(self.late.values()))

    def list_of_benchmarks(self, commit: str) -> Path:
        """The file in which ASV listed the benchmarks of a built commit."""
        return self._built(commit) / "benchmarks.json"

    def benchmarks(self, commit: str) -> tuple[Mapping[str, Benchmark], Remarks]:
        """The benchmarks of a built commit by name."""
        history = read_history(self._built(commit))
        return history.benchmarks, Remarks(problems=tuple(history.problems))

    def cells(self, benchmarks: Iterable[Benchmark], selection: str) -> tuple[Key, ...]:
        """The cells that `selection` matches, in every configured environment."""
        cells = [cell for benchmark in benchmarks for cell in benchmark.cells if re.search(selection, cell)]
        return tuple(itertools.product(expected_environments(self.project), cells))

    def session(self, commits: Iterable[str], name: str, seconds: float, **options: Any) -> SessionRunner:
        """A new session of built commits. Takes the `options` of a SessionRunner.

        Raises FileExistsError if the run has one of this name.
        """
        folder = self.folder / name
        if folder.exists():
            raise FileExistsError(f"{folder} exists already: it belongs to another run; remove it to measure again")
        runners = [self.runners[commit] for commit in dict.fromkeys(commits)]
        return SessionRunner(runners, folder, seconds, self.say, **options)

    def end_processes(self, commits: Iterable[str]) -> None:
        """End the processes that run ASV on these commits. They start again when they are needed."""
        for commit in commits:
            if commit in self.runners:
                self.runners[commit].process.close()

    def changed_packages(self, before: str, after: str, environment: str) -> tuple[str, ...]:
        """The packages that differ between the environments of two built commits."""
        own = self.project.configuration.get("project", "")
        old, new = (self.runners[commit].packages(environment) for commit in (before, after))
        return changed_packages(old, new, own)


def saved(session_runner: SessionRunner) -> Remarks:
    """Write the values of a session for people to read; a full disk does not prevent the verdict.

    Returns the problems of the session, and its background load.
    """
    problems = tuple(session_runner.session.sentences)
    path = session_runner.folder.with_suffix(".json")
    try:
        session_runner.write(path)
    except OSError as error:
        problems += (f"cannot write {path.name}: {error}",)
    return Remarks(problems=problems, loads=tuple(session_runner.session.loads))
