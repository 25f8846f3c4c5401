"""An ASV plugin: what every result was measured with, and no result of a quick or unclean measurement.

ASV's result file has no place for versions of libraries or the model of a processor. Beside each result file,
NAME.json, this writes NAME.provenance: a list of sittings, so that samples which are appended on another day, or on
another processor, add to the list and change nothing in it.

ASV imports a plugin in every command and offers no hook for a run, so some of its functions are wrapped: the commands
that measure, to refuse at once and to keep the rounds of a cell together; what they measure with, to write down the
facts; and the saving of a result, to refuse what was changed meanwhile.
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
#: Folders of which a new file, too, may be part of what is measured.
MEASURED = ("autodiff_kernels/", "benchmarks/", "tools/")


def refusal(*, quick: bool) -> str | None:
    """Why a measurement must not be kept, or None."""
    if quick:
        return "--quick takes one sample, and its results would replace good ones"
    changed = _changed_files()
    return f"the working tree differs from its commit in {', '.join(changed[:3])}" if changed else None


def _changed_files() -> list[str]:
    """Files that differ from HEAD, and new ones in the folders that are measured; none outside a repository."""
    listed = _git("status", "--porcelain", "--no-renames", "--untracked-files=all")
    entries = [(line[:2], line[3:]) for line in listed.splitlines()]
    return [name for state, name in entries if state != "??" or name.startswith(MEASURED)]


def _git(*command: str) -> str:
    """What git prints, or nothing outside a repository; UserError where git itself fails."""
    try:
        done = subprocess.run(["git", *command], capture_output=True, text=True, check=False)
    except OSError as error:
        raise UserError(f"git does not start ({error}), so nobody knows whether the working tree is clean") from error
    if done.returncode and "not a git repository" not in done.stderr:
        raise UserError(f"git {command[0]} failed, so nobody knows what is measured: {done.stderr.strip()}")
    return done.stdout


def record_sitting(sidecar: Path, sitting: dict[str, Any], now: str) -> None:
    """Add `sitting` to `sidecar`, or move the end of its last sitting where nothing has changed since.

    A file that cannot be read is set aside under a name of its own, with a word of it.
    """
    try:
        sittings = json.loads(sidecar.read_text(encoding="utf-8"))["sittings"]
        last = {key: value for key, value in sittings[-1].items() if key not in ("first", "last")} if sittings else {}
    except FileNotFoundError:
        sittings, last = [], {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        aside = sidecar.with_name(f"{sidecar.name}.unreadable-{now.replace(':', '')}")
        sidecar.rename(aside)
        log.warning(f"{sidecar.name} cannot be read ({error!r}); it is kept as {aside.name}")
        sittings, last = [], {}
    if last == sitting:
        sittings[-1]["last"] = now
    else:
        sittings.append({"first": now, "last": now, **sitting})
    replace_whole(sidecar, {"version": 1, "sittings": sittings})


def last_sitting(folder: Path, commit: str, environment: str) -> dict[str, Any]:
    """What the newest sitting of a commit in a machine's folder was measured with, in one environment.

    Raises FileNotFoundError where there is none.
    """
    path = (folder / get_filename("", commit, environment)).with_suffix(".provenance")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["sittings"][-1]
    return found


def _refuse_early(command: type) -> None:
    """Have `asv run` or `asv find` end before it measures what would not be kept."""
    original = command.run.__func__  # type: ignore[attr-defined]

    @functools.wraps(original)
    def checked(cls: type, *arguments: Any, **options: Any) -> Any:
        keeps_nothing = options.get("dry_run") or options.get("skip_save") or options.get("bench") == ["just-discover"]
        if not keeps_nothing:
            reason = refusal(quick=options.get("quick", False))
            if reason:
                raise UserError(f"{reason}; --dry-run (--skip-save of `asv find`) measures without keeping the result")
        # The last round of a cell knows the others by a folder of their run, and interleaved rounds are a run each.
        if options.get("interleave_rounds"):
            raise UserError("--interleave-rounds would store the median of the rounds and not the shortest call")
        if "interleave_rounds" in options:
            options["interleave_rounds"] = False  # None, the default of `asv continuous`, would mean yes
        return original(cls, *arguments, **options)

    command.run = classmethod(checked)  # type: ignore[attr-defined]


def _with_facts(original: Any) -> Any:
    """`asv.runner.run_benchmarks`, whose results know what they were measured with and whether they may be kept."""

    @functools.wraps(original)
    def measured(benchmarks: Any, env: Any, results: Any = None, *arguments: Any, **options: Any) -> Any:
        before = _benchmarks_tree()
        try:
            facts = json.loads(env.run([str(FACTS)], dots=False, env={**os.environ, **env.env_vars}))
        except (ProcessError, ValueError) as error:
            raise UserError(
                f"what {env.name} would measure with is unknown, so nothing is measured: {error}"
            ) from error
        found = original(benchmarks, env, results, *arguments, **options)
        found.provenance = {"benchmarks": before, **facts}
        found.refusal = refusal(quick=options.get("quick", False))
        if not found.refusal and before != _benchmarks_tree():
            found.refusal = "the benchmarks are those of another commit than when the measurement began"
        return found

    return measured


def _benchmarks_tree() -> str:
    """Git's name for what is committed in benchmarks/: the clock and the cells, whatever commit they measure."""
    return _git("rev-parse", "HEAD:benchmarks").strip()


def _save(original: Any) -> Any:
    """`Results.save`, which writes the provenance first: a result without it would be worth less than none."""

    @functools.wraps(original)
    def save(self: Any, result_dir: str) -> None:
        if getattr(self, "refusal", None):
            raise UserError(f"this measurement is not kept: {self.refusal}")
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
