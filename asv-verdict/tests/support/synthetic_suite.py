"""A synthetic ASV repository: real commits, and a runner that writes the results that ASV would have measured."""

from __future__ import annotations

import itertools
import json
import math
import random
import re
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path

from asv_verdict.measure.asv_process import AsvProcess
from asv_verdict.measure.commit_runner import AsvFailed
from asv_verdict.nightly import nightly
from asv_verdict.project import read_project
from synthetic_results import ENVIRONMENT, listed, listed_without, result_file

BENCHMARKS = {
    "kernels.Fast.time_call": ("time", "seconds", [["1", "2", "3", "4", "5", "6"], ["'a'", "'b'"]], 1e-4),
    "kernels.Slow.time_call": ("time", "seconds", [["10", "20"]], 2e-2),
    "counts.Work.track_equations": ("track", "equations", [["1", "2"]], 40.0),
}
#: The standard deviation of the logarithm of one round.
NOISE = 0.004


@dataclass
class Commit:
    """The effect of a commit on the cells, relative to the previous commit, and its packages."""

    hash: str
    factors: dict[str, float]
    packages: dict[str, str]
    builds: bool = True
    failing: frozenset[str] = frozenset()
    #: Those of `failing` that fail for another reason than the benchmark files of the work tree.
    failing_with_any_files: frozenset[str] = frozenset()
    not_applicable: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    values: dict[str, float] = field(default_factory=dict)
    #: Seconds since 1970.
    date: int = 0


@dataclass
class Suite:
    """The repository, its commits and the noise of its machine."""

    root: Path
    commits: dict[str, Commit] = field(default_factory=dict)
    noise: float = NOISE
    #: The speeds of the machine relative to an idle one; each measurement has one of them by chance.
    speeds: tuple[float, ...] = (1.0,)
    benchmarks: dict = field(default_factory=lambda: dict(BENCHMARKS))
    version: str = "1"
    #: The number of processes that ASV starts for a value.
    processes: int = 1
    runs: list[tuple[str, str]] = field(default_factory=list)
    random: random.Random = field(default_factory=lambda: random.Random(0))

    @property
    def cells(self) -> list[str]:
        """The names of all cells."""
        return [
            f"{name}({', '.join(combination)})"
            for name, (_, _, params, _) in self.benchmarks.items()
            for combination in itertools.product(*params)
        ]

    def commit(
        self,
        message="Change nothing",
        factors=None,
        packages=None,
        *,
        builds=True,
        failing=(),
        failing_with_any_files=(),
        not_applicable=(),
        without=(),
        values=None,
        files=None,
    ) -> str:
        """Commit to the branch. `factors` multiplies cells by expression; `values` sets cells by name.

        `without` names benchmarks that ASV does not list for this commit.
        """
        for name, text in (files or {}).items():
            path = self.root / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            self.git("add", name)
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        name, date, *parents = self.git("show", "--no-patch", "--format=%H %ct %P", "HEAD").split()
        last = self.commits[parents[0]] if parents else None
        cumulated = dict(last.factors) if last else {}
        for expression, factor in (factors or {}).items():
            for cell in self.cells:
                if re.search(expression, cell):
                    cumulated[cell] = cumulated.get(cell, 1.0) * factor
        installed = {**(last.packages if last else {"numpy": "2.0"}), **(packages or {})}
        self.commits[name] = Commit(
            name,
            cumulated,
            installed,
            builds,
            frozenset(failing),
            frozenset(failing_with_any_files),
            frozenset(not_applicable),
            frozenset(without),
            values or {},
            int(date),
        )
        return name

    def night(self, tell=lambda report: None, bench=None):
        """Run a night, of the cells that `bench` matches; returns its report. `tell` prints it."""
        return nightly(
            self.project,
            "desk",
            bench=bench,
            say=lambda sentence: None,
            make_runner=self.runner,
            make_dashboard=self.dashboard,
            tell=tell,
        )

    def dashboard(self, project):
        """Stands in for `asv publish`."""
        assert project.results.exists()

    @property
    def project(self):
        """The project, read from its files."""
        return read_project(self.root / "asv.conf.json")

    def runner(self, project, machine, commit):
        """Stands in for ASV."""
        return FakeRunner(self, project, machine, commit)

    def value(self, cell: str, commit: Commit):
        """The value of a cell in one round."""
        if cell in commit.failing:
            return None
        if cell in commit.not_applicable:
            return math.nan
        if cell in commit.values:
            return commit.values[cell]
        kind, _, _, usual = self.benchmarks[cell.partition("(")[0]]
        exact = usual * commit.factors.get(cell, 1.0)
        if kind == "track":
            return exact
        speed = self.random.choice(self.speeds) if len(self.speeds) > 1 else self.speeds[0]
        return exact * speed * math.exp(self.random.gauss(0, self.noise))

    def git(self, *command):
        """The output of a git command."""
        done = subprocess.run(["git", *command], cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout.strip()


class WholeRuns:
    """The method `steps` of a runner that passes no turn on within a run."""

    def steps(self, *arguments, takes_turns=True):
        """Run without a break."""
        yield from ()
        return self.run(*arguments)


class FakeRunner(WholeRuns):
    """Acts as CommitRunner, with values from the commits of the suite."""

    def __init__(self, suite, project, machine, commit):
        self.suite, self.project, self.machine, self.commit = suite, project, machine, commit
        self.state = suite.commits[commit]
        self.without = self.state.without
        self.process = AsvProcess()

    def with_benchmarks(self, folder):
        """A runner with these benchmark files: it lists the benchmarks in them, whose imports then work."""
        runner = FakeRunner(self.suite, self.project, self.machine, self.commit)
        runner.state = replace(self.state, failing=self.state.failing_with_any_files)
        words = set(re.findall(r"\w+", " ".join(f"{path.stem} {path.read_text()}" for path in folder.rglob("*.py"))))
        runner.without = {name for name in self.suite.benchmarks if not words.issuperset(name.split("."))}
        return runner

    def build(self, results, seconds):
        if not self.state.builds:
            raise AsvFailed(f"asv run of {self.commit[:8]} exited with status 1: no matching distribution")
        self._write(results / "benchmarks.json", listed_without(self.suite, self.without))

    def run(self, results, pattern, seconds, *options):
        self.suite.runs.append((self.commit, pattern))
        path = results / self.machine / f"{self.commit[:8]}-{ENVIRONMENT}.json"
        self._write(results / self.machine / "machine.json", {"version": 1, "machine": self.machine})
        self._write(results / "benchmarks.json", listed(self.suite))
        old = json.loads(path.read_text())["results"] if path.exists() else {}
        new = {}
        for name, (_, _, params, _) in self.suite.benchmarks.items():
            cells = [f"{name}({', '.join(combination)})" for combination in itertools.product(*params)]
            if any(re.search(pattern, cell) for cell in cells):
                kept = old.get(name, [[math.nan] * len(cells)])[0]
                new[name] = [
                    [
                        self.suite.value(cell, self.state) if re.search(pattern, cell) else before
                        for cell, before in zip(cells, kept, strict=True)
                    ],
                    params,
                    self.suite.version,
                ]
        date = self.state.date or int(self.suite.git("show", "--no-patch", "--format=%ct", self.commit))
        content = result_file(self.commit, date * 1000, {**old, **new}, self.machine)
        self._write(path, content)
        return {}

    def packages(self, environment):
        return self.state.packages

    @staticmethod
    def _write(path, content):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))


def write_noise(suite: Suite, machine: str) -> None:
    """Write pairs of identical runs with NOISE between them, from which the noise floors of a machine come."""
    path = suite.root / ".asv" / "noise" / machine / f"{ENVIRONMENT}.json"
    path.parent.mkdir(parents=True)
    timed = [cell for cell in suite.cells if "time_" in cell]
    pairs = [{"values": {cell: [1.0, 1.0 + sign * NOISE] for cell in timed}} for sign in (1, -1, 2, -2)]
    path.write_text(json.dumps({"version": 1, "pairs": pairs}))
