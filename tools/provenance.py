"""An ASV plugin that stores the provenance of every result, and refuses results of --quick or of changed sources.

ASV's result file has no place for the versions of libraries or the model of the processor. For each result file
NAME.json, this plugin writes NAME.provenance, a list of entries. If samples are appended with other versions or on
another processor, it adds an entry and keeps the earlier ones.

ASV imports its plugins in every command and offers no hook for a run, so this module wraps four of its functions. `asv
run` and `asv find` fail at once if the result could not be stored, and never interleave rounds. `run_benchmarks`
records the facts. `Results.save` refuses a result if the sources changed during the measurement.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asv.commands import find, run
from asv.console import log
from asv.results import Results, get_filename
from asv.util import ProcessError, UserError

from tools.files import replace_whole

FACTS = Path(__file__).parent.resolve() / "environment_facts.py"
#: Folders in which even a new file can change a measurement.
MEASURED = ("autodiff_kernels/", "benchmarks/", "tools/")


def refusal(*, quick: bool) -> str | None:
    """The reason why a measurement must not be stored, or None."""
    if quick:
        return "--quick takes one sample, and its results would replace better ones"
    changed = _changed_files()
    return f"the working tree differs from its commit in {', '.join(changed[:3])}" if changed else None


def _changed_files() -> list[str]:
    """Files that differ from HEAD, and new files in the folders MEASURED; empty outside a repository."""
    listed = _git("status", "--porcelain", "--no-renames", "--untracked-files=all")
    entries = [(line[:2], line[3:]) for line in listed.splitlines()]
    return [name for state, name in entries if state != "??" or name.startswith(MEASURED)]


def _git(*command: str) -> str:
    """The output of git; empty outside a repository. Raises UserError if git itself fails."""
    try:
        done = subprocess.run(["git", *command], capture_output=True, text=True, check=False)
    except OSError as error:
        raise UserError(f"git does not start ({error}), so changes in the working tree cannot be detected") from error
    if done.returncode and "not a git repository" not in done.stderr:
        raise UserError(f"git {command[0]} failed, so the measured code is unknown: {done.stderr.strip()}")
    return done.stdout


def record_sitting(sidecar: Path, sitting: dict[str, Any], now: str) -> None:
    """Add the entry `sitting` to `sidecar`, or extend its last entry if the facts are the same.

    A file that cannot be read is renamed, with a warning.
    """
    try:
        sittings = json.loads(sidecar.read_text(encoding="utf-8"))["sittings"]
        last = {key: value for key, value in sittings[-1].items() if key not in ("first", "last")} if sittings else {}
    except FileNotFoundError:
        sittings, last = [], {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        aside = sidecar.with_name(f"{sidecar.name}.unreadable-{now.replace(':', '')}")
        sidecar.rename(aside)
        log.warning(f"{sidecar.name} cannot be read ({error!r}) and is renamed to {aside.name}")
        sittings, last = [], {}
    if last == sitting:
        sittings[-1]["last"] = now
    else:
        sittings.append({"first": now, "last": now, **sitting})
    replace_whole(sidecar, {"version": 1, "sittings": sittings})


def last_sitting(folder: Path, commit: str, environment: str) -> dict[str, Any]:
    """The newest entry of a commit and environment in the folder of a machine.

    Raises FileNotFoundError if there is none.
    """
    path = (folder / get_filename("", commit, environment)).with_suffix(".provenance")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["sittings"][-1]
    return found


def _refuse_early(command: type) -> None:
    """Make `asv run` or `asv find` end before it measures something that would not be stored."""
    original = command.run.__func__  # type: ignore[attr-defined]

    @functools.wraps(original)
    def checked(cls: type, *arguments: Any, **options: Any) -> Any:
        keeps_nothing = options.get("dry_run") or options.get("skip_save") or options.get("bench") == ["just-discover"]
        if not keeps_nothing:
            reason = refusal(quick=options.get("quick", False))
            if reason:
                raise UserError(f"{reason}; --dry-run (`asv find`: --skip-save) measures without storing the result")
        # A round reads the earlier rounds of its cell from a folder of the run. With this option each round is a run.
        if options.get("interleave_rounds"):
            raise UserError(
                "--interleave-rounds would store the median of the rounds instead of the shortest call; leave it out"
            )
        if "interleave_rounds" in options:
            options["interleave_rounds"] = False  # None, the default of `asv continuous`, would mean yes
        return original(cls, *arguments, **options)

    command.run = classmethod(checked)  # type: ignore[attr-defined]


def _with_facts(original: Any) -> Any:
    """Wrap `asv.runner.run_benchmarks`: add the provenance to its results, and the reason for a refusal."""

    @functools.wraps(original)
    def measured(benchmarks: Any, env: Any, results: Any = None, *arguments: Any, **options: Any) -> Any:
        before = _benchmarks_tree()
        try:
            facts = json.loads(env.run([str(FACTS)], dots=False, env={**os.environ, **env.env_vars}))
        except (ProcessError, ValueError) as error:
            raise UserError(f"the versions in {env.name} cannot be read, so nothing is measured: {error}") from error
        found = original(benchmarks, env, results, *arguments, **options)
        found.provenance = {"benchmarks": before, **facts}
        found.refusal = refusal(quick=options.get("quick", False))
        if not found.refusal and before != _benchmarks_tree():
            found.refusal = "the committed benchmarks changed during the measurement"
        return found

    return measured


def _benchmarks_tree() -> str:
    """Git's hash of the committed folder benchmarks/, which has the clock and the cells for every measured commit."""
    return _git("rev-parse", "HEAD:benchmarks").strip()


def _save(original: Any) -> Any:
    """Wrap `Results.save`: it writes the provenance first, so that no result is stored without it."""

    @functools.wraps(original)
    def save(self: Any, result_dir: str) -> None:
        if getattr(self, "refusal", None):
            raise UserError(f"this measurement is not stored: {self.refusal}")
        if hasattr(self, "provenance"):
            sidecar = (Path(result_dir) / self._filename).with_suffix(".provenance")
            sidecar.parent.mkdir(parents=True, exist_ok=True)
            record_sitting(sidecar, self.provenance, datetime.now(UTC).isoformat(timespec="seconds"))
        original(self, result_dir)

    return save


for _command in (run, find):
    _command.run_benchmarks = _with_facts(_command.run_benchmarks)
_refuse_early(run.Run)
_refuse_early(find.Find)
Results.save = _save(Results.save)
