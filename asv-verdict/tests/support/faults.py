"""Faults at chosen points of a night: a death of the process, an interruption, a disk that is full or read-only."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import signal
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from asv_verdict import __main__ as commands
from asv_verdict.records import results_branch
from asv_verdict.records.untold import MARK
from asv_verdict.vcs import branch_files

#: Files that a night writes; `branch` stands for those of the results branch.
WRITTEN = ("results", "manifest", "report.md", "report.json", MARK, "branch")
#: The steps of a night at which it can be interrupted.
STEPS = (*WRITTEN, "told", "say", "tell", "build", "run", "dashboard", "update-ref", "push", "commit-tree")

#: The steps between the report and the end of a night.
ENDS = ("report.json", "tell", "told")


@dataclass(frozen=True)
class Fault:
    """A fault before or after the step that is the `number`-th of its name.

    `kind` is `kill`, `interrupt`, `exit` or `disk`; a disk refuses all writes of the name.
    """

    kind: str
    step: str
    number: int = 0
    is_after: bool = False


@dataclass
class Ended:
    """How a command ended: its exit status, None if it did not finish, and what it printed."""

    status: int | None
    output: str
    report: object = None


class _Points:
    """Counts the steps that a night has reached, and raises or dies at the chosen one."""

    def __init__(self, fault: Fault | None) -> None:
        self.fault, self.reached = fault, Counter()

    def around(self, name: str, function: Callable, *arguments, **options):
        """Call a step with the fault before or after it."""
        fault, number = self.fault, self.reached[name]
        is_here = fault is not None and fault.step == name and (fault.number == number or fault.kind == "disk")
        self.reached[name] += 1
        if is_here and not fault.is_after:
            self.strike()
        found = function(*arguments, **options)
        if is_here and fault.is_after:
            self.strike()
        return found

    def strike(self) -> None:
        """The fault."""
        if self.fault.kind == "disk":
            raise OSError(30, "Read-only file system")
        if self.fault.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise KeyboardInterrupt if self.fault.kind == "interrupt" else SystemExit(143)


def _name_of(path: object) -> str:
    parts = Path(str(path)).parts
    names = [name for name in WRITTEN if name in parts]
    return "branch" if "branch" in names else (names or ["another file"])[0]


@contextlib.contextmanager
def _injected(suite, points: _Points) -> Iterator[None]:
    around, replace, unlink = points.around, os.replace, Path.unlink
    git_of = {module: module.git for module in (results_branch, branch_files)}

    def told(path, *arguments, **options):
        return around("told" if path.name == MARK else "draft", unlink, path, *arguments, **options)

    def runner(*arguments):
        made = suite.runner(*arguments)
        made.build, made.run = partial(around, "build", made.build), partial(around, "run", made.run)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)  # a killed process loses no written bytes
        # ASV's reader and the plots take most of the time of a night.
        patch.setattr("asv_verdict.project.load_json", lambda path, **options: json.loads(Path(path).read_text()))
        patch.setattr("asv_verdict.nightly.plot_changes", lambda *arguments: {})
        patch.setattr(os, "replace", lambda source, target: around(_name_of(target), replace, source, target))
        patch.setattr(Path, "unlink", told)
        patch.setattr(commands, "_say", partial(around, "say", commands._say))
        patch.setattr(commands, "_tell", partial(around, "tell", commands._tell))
        for module, git in git_of.items():
            patch.setattr(
                module,
                "git",
                lambda root, command, *rest, git=git, **options: around(command, git, root, command, *rest, **options),
            )
        patch.setattr(
            commands,
            "nightly",
            partial(commands.nightly, make_runner=runner, make_dashboard=partial(around, "dashboard", suite.dashboard)),
        )
        patch.setattr("asv_verdict.measure.session_runner.busy_cores", lambda: 12.0 if len(suite.speeds) > 1 else 0.0)
        patch.setattr(results_branch.time, "sleep", lambda seconds: None)
        yield


def run_night(suite, machine: str, fault: Fault | None = None, bench: str | None = None) -> Ended:
    """Run `asv-verdict nightly`; a fault of kind `kill` ends the process in which it runs."""
    if fault is None or fault.kind != "kill":
        return _in_process(suite, machine, fault, bench, io.StringIO())
    with tempfile.TemporaryDirectory() as folder:
        printed, ended = Path(folder) / "printed", Path(folder) / "ended"
        child = os.fork()
        if not child:
            try:
                with printed.open("w") as stream:
                    ended.write_bytes(pickle.dumps(_in_process(suite, machine, fault, bench, stream)))
            except BaseException:
                printed.write_text(traceback.format_exc())
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        return pickle.loads(ended.read_bytes()) if ended.exists() else Ended(None, printed.read_text())


def _in_process(suite, machine: str, fault: Fault | None, bench: str | None, stream) -> Ended:
    status, reports, original = None, [], commands.nightly

    def keeping(*arguments, **options):
        reports.append(original(*arguments, **options))
        return reports[0]

    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(io.StringIO()) as errors:
        patch.setattr(commands, "nightly", keeping)
        with _injected(suite, _Points(fault)), contextlib.redirect_stdout(stream):
            try:
                words = ["nightly", "--config", str(suite.root / "asv.conf.json"), "--machine", machine]
                status = commands.main([*words, "--bench", bench] if bench else words)
            except (KeyboardInterrupt, SystemExit):
                if fault is None:
                    raise
    text = stream.getvalue() if isinstance(stream, io.StringIO) else Path(stream.name).read_text()
    if "failed with the error above" in text:
        text += errors.getvalue()
    return Ended(status, text, reports[0] if reports else None)
