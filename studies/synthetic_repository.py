"""A synthetic ASV repository with results: ASV publishes it in `studies.site_cost` and in tests of the site."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ENVIRONMENT = "virtualenv-py3.11"
COLUMNS = ["result", "params", "version", "started_at", "duration"]


def begin(root: Path, settings: str, **configuration: object) -> None:
    """Write ASV's configuration and the settings of asv_verdict into a new git repository without a commit."""
    root.mkdir(parents=True, exist_ok=True)
    whole = {
        "version": 1,
        "project": "kernels",
        "repo": ".",
        "branches": ["main"],
        "environment_type": "virtualenv",
        "pythons": ["3.11"],
        "results_dir": ".asv/results",
        **configuration,
    }
    (root / "asv.conf.json").write_text(json.dumps(whole))
    (root / "asv_verdict.toml").write_text(settings)
    for command in (
        ["init", "--quiet", "--initial-branch", "main"],
        ["config", "user.email", "a@b.c"],
        ["config", "user.name", "a"],
    ):
        subprocess.run(["git", *command], cwd=root, check=True)


@dataclass
class Bench:
    """A benchmark: unit, parameters by name, and a function from parameters to a value; None stands for a failure."""

    unit: str
    parameters: dict[str, list[Any]]
    value: Callable[..., float | None]
    kind: str = "time"


@dataclass
class SyntheticRepository:
    """A git repository with ASV's files, which ASV can publish."""

    root: Path
    benchmarks: dict[str, Bench] = field(default_factory=dict)
    settings: str = ""
    commit_url: str = "https://example.org/commit/"

    def start(self) -> SyntheticRepository:
        """Create the repository and ASV's list of benchmarks."""
        begin(
            self.root,
            self.settings,
            html_dir=".asv/html",
            show_commit_url=self.commit_url,
            plugins=[".asv_verdict.plugin"],
        )
        listed = {
            name: {
                "code": "",
                "name": name,
                "type": bench.kind,
                "unit": bench.unit,
                "param_names": list(bench.parameters),
                "params": [[repr(value) for value in values] for values in bench.parameters.values()],
                "version": "1",
            }
            for name, bench in self.benchmarks.items()
        }
        self.results.mkdir(parents=True)
        (self.results / "benchmarks.json").write_text(json.dumps({**listed, "version": 2}))
        return self

    @property
    def results(self) -> Path:
        """The folder of ASV's results."""
        return self.root / ".asv" / "results"

    @property
    def html(self) -> Path:
        """The folder of the published site."""
        return self.root / ".asv" / "html"

    def git(self, *command: str) -> str:
        """Run git; returns its output."""
        return subprocess.run(
            ["git", *command], cwd=self.root, check=True, capture_output=True, text=True
        ).stdout.strip()

    def commit(self, message: str = "Change nothing") -> str:
        """Make an empty commit; returns its hash."""
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def measure(
        self,
        commit: str,
        machine: str = "desk",
        factor: float = 1.0,
        now: float | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Path:
        """Write the result file of a commit in ASV's format; `variables` are the environment variables."""
        folder = self.results / machine
        folder.mkdir(exist_ok=True)
        facts = {"machine": machine, "os": "Linux", "arch": "x86_64", "cpu": "a CPU", "num_cpu": "2", "ram": "8"}
        (folder / "machine.json").write_text(json.dumps({**facts, "version": 1}))
        started = 1000 * (time.time() if now is None else now)
        rows = {}
        for name, bench in self.benchmarks.items():
            combinations = itertools.product(*bench.parameters.values())
            values = [bench.value(*combination) for combination in combinations]
            values = [value if value is None else value * factor for value in values]
            parameters = [[repr(value) for value in listed] for listed in bench.parameters.values()]
            rows[name] = [values, parameters, "1", started, 1.0]
        date = 1000 * int(self.git("show", "-s", "--format=%ct", commit))
        variables = dict(variables or {})
        environment = "-".join((ENVIRONMENT, *(f"{name}{value}" for name, value in variables.items())))
        content = {
            "commit_hash": commit,
            "env_name": environment,
            "date": date,
            "params": {**facts, "python": "3.11"},
            "python": "3.11",
            "requirements": {},
            "env_vars": variables,
            "result_columns": COLUMNS,
            "results": rows,
            "durations": {},
            "version": 2,
        }
        path = folder / f"{commit[:8]}-{environment}.json"
        path.write_text(json.dumps(content))
        return path

    def report(self, number: int, head: str, **content: object) -> Path:
        """Write the report of a night; returns its folder."""
        folder = self.root / ".asv" / "verdict" / "reports" / f"{number:06}-{head[:8]}"
        folder.mkdir(parents=True)
        whole = {
            "schema": 2,
            "kind": "nightly",
            "verdict": "pass",
            "status": 0,
            "expected": 3,
            "measured": 3,
            "machine": "desk",
            "cpu": "a CPU",
            "started": "2026-01-01T02:17:00+00:00",
            "seconds": 60.0,
            "commits": {"head": head},
            "subjects": {},
            "changes": [],
            **{name: [] for name in ("missing", "undecided", "left_out", "problems", "notes")},
            **content,
        }
        (folder / "report.json").write_text(json.dumps(whole))
        (folder / "report.md").write_text("the report\n")
        return folder

    def publish(self) -> str:
        """Run `asv publish`; returns its output."""
        done = subprocess.run(
            [sys.executable, "-m", "asv", "publish", "--no-pull"],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": str(self.root),
                "PYTHONPATH": f"{ROOT}:{ROOT / 'asv-verdict' / 'src'}",
            },
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


def with_assets(repository: SyntheticRepository, assets: Path) -> SyntheticRepository:
    """Copy the installed scripts of the pages into the repository."""
    shutil.copytree(assets, repository.root / ".asv" / "verdict" / "assets", symlinks=True)
    return repository
