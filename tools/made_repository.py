"""A made ASV repository with results, which ASV itself publishes: for tests of the site, and to see what it costs."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ENVIRONMENT = "virtualenv-py3.11"
COLUMNS = ["result", "params", "version", "started_at", "duration"]


def begin(root: Path, settings: str, **configuration: object) -> None:
    """Git, ASV's configuration and our settings in a folder, without a commit."""
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
    """A benchmark: its unit, its parameters by name, and a function of them that gives the value; None has failed."""

    unit: str
    parameters: dict[str, list[Any]]
    value: Callable[..., float | None]
    kind: str = "time"


@dataclass
class Made:
    """The repository."""

    root: Path
    benchmarks: dict[str, Bench] = field(default_factory=dict)
    settings: str = ""
    commit_url: str = "https://example.org/commit/"

    def start(self) -> Made:
        """The repository, and what ASV knows of the benchmarks."""
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
        """ASV's results."""
        return self.root / ".asv" / "results"

    @property
    def html(self) -> Path:
        """The published site."""
        return self.root / ".asv" / "html"

    def git(self, *command: str) -> str:
        """What git prints."""
        return subprocess.run(
            ["git", *command], cwd=self.root, check=True, capture_output=True, text=True
        ).stdout.strip()

    def commit(self, message: str = "Change nothing") -> str:
        """A new commit."""
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
        """A result file of a commit, as ASV writes it; `variables` are those of the environment."""
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
        """The report of a night."""
        folder = self.root / ".asv" / "verdict" / "reports" / f"{number:06}-{head[:8]}"
        folder.mkdir(parents=True)
        whole = {
            "schema": 1,
            "kind": "nightly",
            "verdict": "pass",
            "status": 0,
            "expected": 3,
            "measured": 3,
            "machine": "desk",
            "cpu": "a CPU",
            "started": "2026-01-01T02:17:00+00:00",
            "seconds": 60.0,
            "commits": {"tonight": head},
            "subjects": {},
            "changes": [],
            **{name: [] for name in ("missing", "undecided", "left_out", "problems", "notes")},
            **content,
        }
        (folder / "report.json").write_text(json.dumps(whole))
        (folder / "report.md").write_text("the report\n")
        return folder

    def publish(self) -> str:
        """Run `asv publish`; returns what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "asv", "publish", "--no-pull"],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.root), "PYTHONPATH": str(ROOT)},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


def with_assets(made: Made, assets: Path) -> Made:
    """The same with the installed scripts of the pages."""
    shutil.copytree(assets, made.root / ".asv" / "verdict" / "assets", symlinks=True)
    return made


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address under which this machine alone can read a folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Say nothing of each request."""
