"""An ASV plugin: what every result was measured with, and no result of a quick or unclean measurement.

ASV's result file has no place for versions of libraries or the model of a processor. Beside each result file,
NAME.json, this writes NAME.provenance: a list of sittings, so that samples which are appended on another day, or on
another processor, add to the list and change nothing in it.

ASV imports a plugin in every command and offers no hook for a run, so three of its functions are wrapped.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asv.commands import run
from asv.console import log
from asv.results import Results
from asv.util import ProcessError, UserError

from tools.files import replace_whole

FACTS = Path(__file__).parent.resolve() / "environment_facts.py"


def refusal(*, quick: bool, dry_run: bool) -> str | None:
    """Why a run with these options must not keep its results, or None."""
    if dry_run:
        return None
    advice = "; add --dry-run to measure without keeping the result"
    if quick:
        return "--quick takes one sample, and its results would replace good ones" + advice
    changed = _changed_files()
    if changed:
        return f"the working tree differs from its commit in {', '.join(changed[:3])}" + advice
    return None


def _changed_files() -> list[str]:
    """Files that differ from HEAD, and new ones that ASV would import; none where git or a repository is missing."""
    try:
        command = ["git", "status", "--porcelain", "--no-renames", "--untracked-files=all"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    entries = [(line[:2], line[3:]) for line in listed.splitlines()]
    return [name for state, name in entries if state != "??" or name.startswith("benchmarks/")]


def record_sitting(sidecar: Path, sitting: dict[str, Any], now: str) -> None:
    """Add `sitting` to `sidecar`, or move the end of its last sitting where nothing has changed since."""
    try:
        sittings = json.loads(sidecar.read_text(encoding="utf-8"))["sittings"]
    except FileNotFoundError:
        sittings = []
    last = {key: value for key, value in sittings[-1].items() if key not in ("first", "last")} if sittings else None
    if last == sitting:
        sittings[-1]["last"] = now
    else:
        sittings.append({"first": now, "last": now, **sitting})
    replace_whole(sidecar, {"version": 1, "sittings": sittings})


def _wrap_run() -> None:
    original = run.Run.run.__func__

    @functools.wraps(original)
    def checked(cls: type, *arguments: Any, **options: Any) -> Any:
        reason = refusal(quick=options.get("quick", False), dry_run=options.get("dry_run", False))
        if reason:
            raise UserError(reason)
        return original(cls, *arguments, **options)

    run.Run.run = classmethod(checked)


def _wrap_run_benchmarks() -> None:
    original = run.run_benchmarks

    @functools.wraps(original)
    def with_facts(benchmarks: Any, env: Any, results: Any = None, *arguments: Any, **options: Any) -> Any:
        measured = original(benchmarks, env, results, *arguments, **options)
        try:
            measured.provenance = json.loads(env.run([str(FACTS)], dots=False, env={**os.environ, **env.env_vars}))
        except (ProcessError, ValueError) as error:
            log.error(f"no record of what this was measured with: {error}")
        return measured

    run.run_benchmarks = with_facts


def _wrap_save() -> None:
    original = Results.save

    @functools.wraps(original)
    def save(self: Any, result_dir: str) -> None:
        original(self, result_dir)
        if not hasattr(self, "provenance"):
            return
        sidecar = (Path(result_dir) / self._filename).with_suffix(".provenance")
        try:
            record_sitting(sidecar, self.provenance, datetime.now(UTC).isoformat(timespec="seconds"))
        except (OSError, ValueError, KeyError) as error:
            log.error(f"no record of what this was measured with: {sidecar}: {error!r}")

    Results.save = save


_wrap_run()
_wrap_run_benchmarks()
_wrap_save()
