"""Make ASV store the provenance of every result, and refuse results of --quick or of changed sources.

ASV's result file has no place for the versions of libraries or the model of the processor. With this module, ASV also
writes a file NAME.provenance, a list of entries, for each result file NAME.json. If samples are appended with other
versions or on another processor, it adds an entry and keeps the earlier ones.

ASV imports its plugins in every command and offers no hook for a run, so `Provenance.start` wraps four functions. `asv
run` and `asv find` fail at once if the result could not be stored. `run_benchmarks` records the facts. `Results.save`
refuses a result if the sources changed during the measurement.

Plugins import this module, so it needs only ASV and the standard library.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asv.commands import find, run
from asv.results import Results
from asv.util import ProcessError, UserError

from asv_verdict.asv_io.provenance import record_entry
from asv_verdict.system import environment_facts


@dataclass(frozen=True)
class Provenance:
    """What is recorded, and which changed files forbid a measurement."""

    #: A script with a function `facts`, whose facts are added; it runs with the environment's own Python.
    more_facts: Path | None = None
    #: The folder whose hash in git is recorded, because today's benchmarks measure every commit. The default is ASV's
    #: benchmark_dir.
    benchmarks: str = ""
    #: Other folders in which even a new file can change a measurement.
    measured: tuple[str, ...] = ()
    #: Why the rounds of a cell have to be in one run; "" if ASV may interleave the rounds.
    one_run: str = ""

    def start(self) -> None:
        """Wrap the functions of ASV."""
        for command in (run, find):
            command.run_benchmarks = self.with_facts(command.run_benchmarks)
        self.refuse_early(run.Run)
        self.refuse_early(find.Find)
        Results.save = saving(Results.save)

    def refusal(self, benchmark_dir: str, *, quick: bool) -> str | None:
        """The reason why a measurement must not be stored, or None."""
        if quick:
            return "--quick takes one sample, and its results would replace better ones"
        changed = _changed_files((os.path.relpath(benchmark_dir), *self.measured))
        return f"the working tree differs from its commit in {', '.join(changed[:3])}" if changed else None

    def refuse_early(self, command: type) -> None:
        """Make `asv run` or `asv find` end before it measures something that would not be stored."""
        original = command.run.__func__  # type: ignore[attr-defined]

        @functools.wraps(original)
        def checked(cls: type, conf: Any, *arguments: Any, **options: Any) -> Any:
            keeps_nothing = (
                options.get("dry_run") or options.get("skip_save") or options.get("bench") == ["just-discover"]
            )
            if not keeps_nothing:
                reason = self.refusal(conf.benchmark_dir, quick=options.get("quick", False))
                if reason:
                    raise UserError(
                        f"{reason}; --dry-run (`asv find`: --skip-save) measures without storing the result"
                    )
            if self.one_run and options.get("interleave_rounds"):
                raise UserError(f"--interleave-rounds {self.one_run}; leave it out")
            if self.one_run and "interleave_rounds" in options:
                options["interleave_rounds"] = False  # None, the default of `asv continuous`, would mean yes
            return original(cls, conf, *arguments, **options)

        command.run = classmethod(checked)  # type: ignore[attr-defined]

    def with_facts(self, original: Any) -> Any:
        """Wrap `asv.runner.run_benchmarks`: add the provenance to its results, and the reason for a refusal."""
        scripts = [environment_facts.__file__, *([str(self.more_facts)] if self.more_facts else [])]
        known: dict[tuple[Any, ...], dict[str, Any]] = {}  # the same process may measure an environment many times

        @functools.wraps(original)
        def measured(benchmarks: Any, env: Any, results: Any = None, *arguments: Any, **options: Any) -> Any:
            folder = self.benchmarks or os.path.relpath(benchmarks.benchmark_dir)
            before = _tree(folder)
            environment = (env.name, env.installed_commit_hash)
            try:
                if environment not in known:
                    known[environment] = json.loads(env.run(scripts, dots=False, env={**os.environ, **env.env_vars}))
                facts = known[environment]
            except (ProcessError, ValueError) as error:
                raise UserError(
                    f"the versions in {env.name} cannot be read, so nothing is measured: {error}"
                ) from error
            found = original(benchmarks, env, results, *arguments, **options)
            found.provenance = {"benchmarks": before, **facts}
            found.refusal = self.refusal(benchmarks.benchmark_dir, quick=options.get("quick", False))
            if not found.refusal and before != _tree(folder):
                found.refusal = "the committed benchmarks changed during the measurement"
            return found

        return measured


def _changed_files(measured: tuple[str, ...]) -> list[str]:
    """Files that differ from HEAD, and new files in the folders `measured`; empty outside a repository."""
    listed = _git("status", "--porcelain", "--no-renames", "--untracked-files=all")
    entries = [(line[:2], line[3:]) for line in listed.splitlines()]
    here = _git("rev-parse", "--show-prefix").strip()  # git names files from the root of the repository
    folders = tuple(f"{os.path.normpath(here + folder)}/" for folder in measured)
    return [name for state, name in entries if state != "??" or name.startswith(folders)]


def _tree(folder: str) -> str:
    """Git's hash of a committed folder; empty outside a repository."""
    return _git("rev-parse", f"HEAD:./{folder}").strip()


def _git(*command: str) -> str:
    """The output of git; empty outside a repository. Raises UserError if git itself fails."""
    try:
        done = subprocess.run(["git", *command], capture_output=True, text=True, check=False)
    except OSError as error:
        raise UserError(f"git does not start ({error}), so changes in the working tree cannot be detected") from error
    if done.returncode and "not a git repository" not in done.stderr:
        raise UserError(f"git {command[0]} failed, so the measured code is unknown: {done.stderr.strip()}")
    return done.stdout


def saving(original: Any) -> Any:
    """Wrap `Results.save`: it writes the provenance first, so that no result is stored without it."""

    @functools.wraps(original)
    def save(self: Any, result_dir: str) -> None:
        if getattr(self, "refusal", None):
            raise UserError(f"this measurement is not stored: {self.refusal}")
        if hasattr(self, "provenance"):
            sidecar = (Path(result_dir) / self._filename).with_suffix(".provenance")
            sidecar.parent.mkdir(parents=True, exist_ok=True)
            record_entry(sidecar, self.provenance, datetime.now(UTC).isoformat(timespec="seconds"))
        original(self, result_dir)

    return save
