"""An ASV repository with real commits and a home directory of its own, in which asv-verdict runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from studies.drills.suite import COMMON

#: The machine in ASV's results.
MACHINE = "drill"
#: A variable in the environment of each night, by which all its processes are found.
MARK = "ASV_VERDICT_DRILL"


class Ended(NamedTuple):
    """A command of asv-verdict that has ended; `report` is the content of the newest report.json, if there is one."""

    status: int
    output: str
    errors: str
    report: dict[str, Any]

    @property
    def word(self) -> str:
        """The verdict: the first word of the output."""
        return self.output.partition(":")[0].strip()

    @property
    def confirmed(self) -> dict[str, list[str]]:
        """The commits to which each confirmed change of the report is attributed, by cell."""
        return {change["cell"]: change["commits"] for change in self._changes if change["state"] == "confirmed"}

    @property
    def inconclusive(self) -> set[str]:
        """The cells of the report that noise left undecided."""
        return {change["cell"] for change in self._changes if change["state"] == "inconclusive"}

    @property
    def _changes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.report.get("changes", [])
        return found


@dataclass
class Project:
    """An ASV repository and the account that measures it, whose home is `folder`."""

    folder: Path
    configuration: str = "asv.conf.json"

    @property
    def root(self) -> Path:
        """The work tree."""
        return self.folder / "project"

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of a command: its own home directory, but the user's configuration and caches."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        caches = {"XDG_CONFIG_HOME": ".config", "XDG_CACHE_HOME": ".cache"}
        kept |= {name: os.environ.get(name, str(Path.home() / folder)) for name, folder in caches.items()}
        return {**kept, "HOME": str(self.folder)}

    @property
    def user_file(self) -> Path:
        """The machine file of the account, which ASV shares between all projects."""
        return self.folder / ".asv-machine.json"

    @property
    def reports(self) -> Path:
        """The folder of the reports."""
        return (self.root / self.configuration).parent / ".asv" / "verdict" / "reports"

    def begin(self) -> Project:
        """Create the repository without a commit."""
        self.root.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.write(COMMON)
        return self.ready()

    def ready(self) -> Project:
        """Name the author of commits, and let ASV record the machine."""
        self.git("config", "user.email", "drill@example.org")
        self.git("config", "user.name", "drill")
        command = [sys.executable, "-m", "asv", "machine", "--config", self.configuration, "--yes"]
        subprocess.run(
            [*command, "--machine", MACHINE], cwd=self.root, env=self.environment, capture_output=True, check=True
        )
        return self

    def write(self, files: Mapping[str, str]) -> None:
        """Write files of the work tree."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def commit(self, message: str, files: Mapping[str, str]) -> str:
        """Commit the work tree with these files; returns the hash."""
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def git(self, *words: str) -> str:
        """The output of a git command."""
        return subprocess.run(["git", *words], cwd=self.root, capture_output=True, text=True, check=True).stdout.strip()

    def start(self, mark: str, *words: str) -> subprocess.Popen[str]:
        """Start a command of asv-verdict; `mark` is in the environment of all its processes."""
        command = [sys.executable, "-m", "asv_verdict", *words]
        command += ["--config", self.configuration, "--machine", MACHINE]
        return subprocess.Popen(
            command,
            cwd=self.root,
            env={**self.environment, MARK: mark},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def verdict(self, *words: str) -> Ended:
        """Run a command of asv-verdict to its end."""
        process = self.start(uuid.uuid4().hex, *words)
        output, errors = process.communicate()
        reports = sorted(self.reports.glob("*/report.json"))
        report = json.loads(reports[-1].read_text(encoding="utf-8")) if reports else {}
        return Ended(process.returncode, output, errors, report)


def clone(source: str, target: Path) -> None:
    """Clone a repository, from a path or an address. Raises CalledProcessError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    command = ["git", "clone", "--quiet", "--", source, str(target)]
    subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
