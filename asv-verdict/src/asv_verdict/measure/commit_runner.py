"""Run ASV on one commit in separate environments, so that several commits can be measured in alternation.

ASV keeps one environment for each point of its matrix and reinstalls it at each change of commit. Here every commit
has an `env_dir` of its own, a folder that does not appear in the results.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from asv_verdict.measure.asv_process import AsvProcess
from asv_verdict.measure.asv_process import OutOfTime as OutOfTime
from asv_verdict.measure.environments import expected_environments
from asv_verdict.measure.failures import reasons
from asv_verdict.measure.machine_file import write_machine_file
from asv_verdict.measure.turns import at_once
from asv_verdict.project import Project

#: Time limit for `asv publish`, in minutes.
PUBLISH_MINUTES = 15.0
#: Time limit for a small program in an environment, in seconds.
IMPORT_SECONDS = 120.0
#: Exit status of `asv run` if a benchmark failed; the results hold the others.
BENCHMARK_FAILED = 2
#: With this value of --bench, ASV builds a commit and lists its benchmarks without measuring.
JUST_BUILD = "just-discover"
#: Lines of ASV's output that say nothing.
_MARKS = re.compile(r"[·.\s]+$|(STDOUT|STDERR) -+>$")


class AsvFailed(RuntimeError):
    """ASV failed; the message ends with the last lines of its output."""


class NothingSelected(AsvFailed):
    """The commit has none of the benchmarks that were to be measured."""


@dataclass(frozen=True)
class CommitRunner:
    """Runs ASV on one commit in environments that no other commit uses."""

    project: Project
    machine: str
    commit: str
    #: Values that replace those of ASV's configuration.
    values: Mapping[str, str] = field(default_factory=dict)
    #: Runs ASV. A copy of the runner with other values has the same process.
    process: AsvProcess = field(default_factory=AsvProcess, compare=False)

    def with_benchmarks(self, folder: Path) -> CommitRunner:
        """The same runner with the benchmark files in `folder`."""
        return replace(self, values={**self.values, "benchmark_dir": str(folder)})

    @property
    def environments(self) -> Path:
        """The folder of this commit's environments."""
        return self.project.folder / "env" / self.commit[:12]

    def build(self, results: Path, seconds: float) -> None:
        """Create the environments, install the commit and list its benchmarks in `results`.

        Raises AsvFailed if it builds in no environment, and OutOfTime. If it builds in some of them, the cells of the
        other environments are reported as missing later.
        """
        deadline = time.monotonic() + seconds
        self.run(results, JUST_BUILD, seconds)
        names = {folder: name for name, folder in expected_environments(self.project).items()}
        # ASV has built the first environment only; it would build the others during the measurement.
        for name in names.values() if len(names) > 1 else ():
            with contextlib.suppress(AsvFailed):
                self.run(results, JUST_BUILD, deadline - time.monotonic(), "--environment", name)

    def run(self, results: Path, pattern: str, seconds: float, *options: str) -> dict[str, str]:
        """Measure the cells that match `pattern` and add them to the results in `results`.

        Returns the reasons of those that failed (measure/failures.py).

        Raises AsvFailed, OutOfTime, and BadSetting if ASV does not know the machine. A benchmark that fails is not an
        error here; it has no value in the results.
        """
        return at_once(self.steps(results, pattern, seconds, *options, takes_turns=False))

    def steps(
        self, results: Path, pattern: str, seconds: float, *options: str, takes_turns: bool = True
    ) -> Generator[str, None, dict[str, str]]:
        """Do what `run` does, and yield the name of a cell before each visit."""
        machine_file = write_machine_file(self.project, self.machine)
        values = {**self.values, "env_dir": str(self.environments), "results_dir": str(results)}
        words = ["run", "--machine", self.machine, "--record-samples", "--append-samples", "--show-stderr"]
        words += ["--bench", pattern, *options, f"{self.commit}^!"]
        status, output = yield from self.process.steps(
            self.project, machine_file, values, seconds, *words, takes_turns=takes_turns
        )
        if status not in (0, BENCHMARK_FAILED):
            kind = NothingSelected if "No benchmarks selected" in output else AsvFailed
            raise kind(f"asv run of {self.commit[:8]} exited with status {status}: {last_words(output)}")
        return reasons(output)

    def packages(self, environment: str) -> dict[str, str]:
        """Versions of all packages in one environment of this commit; empty if it was not built."""
        code = (
            "import json; from importlib import metadata;"
            "print(json.dumps({d.metadata['Name']: d.version for d in metadata.distributions()}))"
        )
        try:
            done = self._python(environment, code)
            done.check_returncode()
            found: dict[str, str] = json.loads(done.stdout)
        except (OSError, ValueError, subprocess.SubprocessError):
            return {}
        return found

    def why_not_imported(self, module: str) -> str:
        """Python's error when it imports `module` in an environment of this commit; "" if the import succeeds."""
        for environment in expected_environments(self.project):
            try:
                done = self._python(environment, f"import {module}")
            except subprocess.TimeoutExpired:
                return f"`import {module}` took more than {IMPORT_SECONDS:g} seconds"
            if done.returncode:
                said = done.stderr.strip().splitlines() or [f"the process exited with status {done.returncode}"]
                return re.sub(r" ?\(/[^)]*\)", "", said[-1])  # paths of this machine mean nothing elsewhere
        return ""

    def _python(self, environment: str, code: str) -> subprocess.CompletedProcess[str]:
        """Run code in one environment of this commit. Raises OSError if the environment was not built."""
        python = self.environments / expected_environments(self.project)[environment] / "bin" / "python"
        return subprocess.run(
            [str(python), "-c", code], capture_output=True, text=True, check=False, cwd="/", timeout=IMPORT_SECONDS
        )


def remove_left_configurations(project: Project) -> None:
    """Remove the copies of ASV's configuration that killed runs of version 0.1 left. The caller holds the lock."""
    name = re.compile(rf"{re.escape(Path(project.configuration_name).stem)}\.verdict-[0-9a-f]{{1,12}}\.json")
    for left in project.root.glob("*.verdict-*.json"):
        if name.fullmatch(left.name):
            with contextlib.suppress(OSError):
                left.unlink()


def publish(project: Project) -> None:
    """Publish the dashboard of all results. Raises AsvFailed and OutOfTime."""
    process = AsvProcess()
    try:  # publishing reads no machine file
        status, output = process.run(project, Path(os.devnull), {}, PUBLISH_MINUTES * 60, "publish")
    finally:
        process.close()
    if status:
        raise AsvFailed(f"asv publish exited with status {status}: {last_words(output)}")


def remove_environments(project: Project, keep: set[str]) -> None:
    """Remove the environments of all commits except those in `keep`."""
    names = {commit[:12] for commit in keep}
    for path in (project.folder / "env").glob("*"):
        if path.name not in names:
            shutil.rmtree(path, ignore_errors=True)


def last_words(output: str) -> str:
    """The last lines of ASV's output, without empty lines, progress marks and titles.

    If ASV itself failed, the lines before its traceback say why, such as those of a full disk; only the traceback's
    last line follows them.
    """
    before, _, traceback = output.partition("\nTraceback (most recent call last):\n")
    lines, error = (
        [line.strip() for line in text.splitlines() if line.strip() and not re.match(_MARKS, line.strip())]
        for text in (before, traceback)
    )
    return " | ".join([*lines, *error[-1:]][-6:])
