"""ASV, one commit at a time: an environment of its own for each, so that commits can be measured in turn.

ASV keeps one environment for each point of its matrix and reinstalls in it at each switch of commit. A changed copy of
the configuration with an `env_dir` of its own, which is no part of a series' identity, gives each commit its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asv.config import Config
from asv.environment import (
    Environment,
    EnvironmentUnavailable,
    _parse_matrix_entries,  # ASV has no public way to the names of environments whose Python is missing
    iter_matrix,
)
from asv.util import iter_subclasses

from asv_verdict.settings import BadSetting, Project

#: Minutes after which making the dashboard is given up.
PUBLISH_MINUTES = 15.0
#: Status with which `asv run` ends when a benchmark failed; what did not fail is in the results.
BENCHMARK_FAILED = 2
#: As an expression for benchmarks: build and list, and measure none.
JUST_BUILD = "just-discover"


class AsvFailed(RuntimeError):
    """ASV ended without a result, in a sentence with the end of what it said."""


class OutOfTime(RuntimeError):
    """A run of ASV was ended because its time was over."""


def expected_environments(project: Project) -> dict[str, str]:
    """All environments that the configuration asks for, whether or not their Python is here: name and folder.

    Raises BadSetting where there is none.
    """
    config = Config.from_json({**project.configuration, "version": 1})
    kind = _environment_class(config.environment_type)
    found: dict[str, str] = {}
    with contextlib.chdir(project.root):  # an environment reads which packages building takes
        for entries in iter_matrix(config.environment_type, config.pythons, config):
            environment = _environment(kind, config, *_parse_matrix_entries(entries))
            found[environment.name] = Path(environment._path).name
    if not found:
        raise BadSetting(f"{project.configuration_name}: the matrix is empty, with what it excludes")
    return found


def _environment_class(name: str | None) -> Any:
    """ASV's class of that name. Raises BadSetting where ASV has none, or installs no commit in such an environment."""
    allowed = {one.tool_name: one for one in iter_subclasses(Environment) if one.tool_name not in (None, "existing")}
    if name not in allowed:
        raise BadSetting(
            f"environment_type = {name!r}: to have commits side by side takes one that ASV makes; "
            f"there are: {', '.join(sorted(allowed))}"
        )
    return allowed[name]


def _environment(kind: Any, config: Config, python: str, requirements: Any, variables: Any) -> Environment:
    """What ASV makes of a point of its matrix, also where the Python is missing, which only its folder would need."""
    try:
        made: Environment = kind(config, python, requirements, variables)
    except EnvironmentUnavailable:
        made = object.__new__(kind)
        made._requirements = requirements
        Environment.__init__(made, config, python, requirements, variables)
    return made


@dataclass(frozen=True)
class CommitRunner:
    """Runs ASV on one commit, in environments that no other commit uses."""

    project: Project
    machine: str
    commit: str

    @property
    def environments(self) -> Path:
        """The folder of this commit's environments."""
        return self.project.folder / "env" / self.commit[:12]

    def build(self, results: Path, seconds: float) -> None:
        """Make the environments, install the commit and list its benchmarks in `results`.

        Raises AsvFailed where it builds in no environment, and OutOfTime. Where it builds in some, the cells of the
        others are missed later.
        """
        deadline = time.monotonic() + seconds
        self.run(results, JUST_BUILD, seconds)
        names = {folder: name for name, folder in expected_environments(self.project).items()}
        # ASV has installed it in the first of them whose Python is here, and would in the others while the clock runs.
        for name in names.values() if len(names) > 1 else ():
            with contextlib.suppress(AsvFailed):
                self.run(results, JUST_BUILD, deadline - time.monotonic(), "--environment", name)

    def run(self, results: Path, pattern: str, seconds: float, *options: str) -> None:
        """Measure the cells of `pattern` and add them to the results in `results`.

        Raises AsvFailed and OutOfTime. A benchmark that fails is no failure of ASV; it is missing in the results.
        """
        with self._configuration(results) as configuration:
            command = [sys.executable, "-m", "asv", "run", "--config", str(configuration), "--machine", self.machine]
            command += ["--record-samples", "--append-samples", "--show-stderr", "--bench", pattern, *options]
            status, output = _run_until([*command, f"{self.commit}^!"], self.project.root, seconds)
        if status not in (0, BENCHMARK_FAILED):
            raise AsvFailed(f"asv run of {self.commit[:8]} ended with status {status}: {_last_words(output)}")

    def packages(self, environment: str) -> dict[str, str]:
        """Versions of all packages in one environment of this commit; none where it was not built."""
        code = (
            "import json; from importlib import metadata;"
            "print(json.dumps({d.metadata['Name']: d.version for d in metadata.distributions()}))"
        )
        try:
            done = self._python(environment, code)
            done.check_returncode()
            found: dict[str, str] = json.loads(done.stdout)
        except (OSError, ValueError, subprocess.CalledProcessError):
            return {}
        return found

    def why_not_imported(self, module: str) -> str:
        """Why a module is not imported in an environment of this commit, in the words of Python; "" where it is."""
        for environment in expected_environments(self.project):
            done = self._python(environment, f"import {module}")
            if done.returncode:
                said = done.stderr.strip().splitlines() or [f"its process ended with {done.returncode}"]
                return re.sub(r" ?\(/[^)]*\)", "", said[-1])  # where a file lies says nothing elsewhere
        return ""

    def _python(self, environment: str, code: str) -> subprocess.CompletedProcess[str]:
        """Run code in one environment of this commit. Raises OSError where that was not built."""
        python = self.environments / expected_environments(self.project)[environment] / "bin" / "python"
        return subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False, cwd="/")

    @contextlib.contextmanager
    def _configuration(self, results: Path) -> Iterator[Path]:
        """A changed copy beside the original, since ASV takes the paths in a configuration from where it lies."""
        stem = self.project.configuration_name.removesuffix(".json")
        path = self.project.root / f"{stem}.verdict-{self.commit[:12]}.json"
        changes = {"version": 1, "env_dir": str(self.environments), "results_dir": str(results)}
        path.write_text(json.dumps({**self.project.configuration, **changes}), encoding="utf-8")
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


def own_python_first() -> dict[str, str]:
    """The variables of this process, with this Python first on the path.

    ASV looks there for a Python of its own version, where there may be none, or a starter that does not start it.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path}


def publish(project: Project) -> None:
    """Make the dashboard of all results. Raises AsvFailed and OutOfTime."""
    command = [sys.executable, "-m", "asv", "publish", "--config", str(project.root / project.configuration_name)]
    status, output = _run_until(command, project.root, PUBLISH_MINUTES * 60)
    if status:
        raise AsvFailed(f"asv publish ended with status {status}: {_last_words(output)}")


def remove_environments(project: Project, keep: set[str]) -> None:
    """Remove the environments of all commits but those to keep."""
    names = {commit[:12] for commit in keep}
    for path in (project.folder / "env").glob("*"):
        if path.name not in names:
            shutil.rmtree(path, ignore_errors=True)


def _run_until(command: list[str], root: Path, seconds: float) -> tuple[int, str]:
    """Status and output of a command that is ended, with all that it started, after so many seconds."""
    begin = time.monotonic()
    # Where this process is killed, what it has started must not measure beside the next night.
    ended_with_us = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
    process = subprocess.Popen(
        [*ended_with_us, *command],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env=own_python_first(),
    )
    try:
        output, _ = process.communicate(timeout=max(seconds, 0.0))
    except subprocess.TimeoutExpired:
        raise OutOfTime(f"{' '.join(command[-3:])} was ended after {time.monotonic() - begin:.0f} s") from None
    finally:
        if process.poll() is None:
            _end_group(process)
    return process.returncode, output


def _end_group(process: subprocess.Popen[str]) -> None:
    for kind, patience in ((signal.SIGTERM, 10.0), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, kind)
        try:
            process.wait(patience)
            return
        except subprocess.TimeoutExpired:
            continue


def _last_words(output: str) -> str:
    """The end of what ASV said, without its empty lines and progress."""
    lines = [line.strip() for line in output.splitlines() if line.strip() and not re.match(r"^[·.\s]+$", line)]
    return " | ".join(lines[-6:])
