"""Measure HEAD: `python -m tools.bench {nightly,full,sizes,all-cores,gpu} --machine NAME`.

One line shows the progress, and a log file keeps ASV's output. ASV then publishes all results on the dashboard, except
after `gpu`; `--then` runs a module afterwards. The exit status is that of ASV. Status 2 means that some cells failed;
the others are published. After any other failure the command stops, except that `gpu` still measures the CPU.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from asv_verdict import own_python_first
from benchmarks.page import shown
from benchmarks.selections import expression
from tools import asv_runs
from tools.asv_runs import BENCHMARK_FAILED, ROOT
from tools.progress import Progress

ASV = (sys.executable, "-m", "tools.reporting_asv")
SETTINGS = ROOT / "asv.conf.json"
#: The problems of `sizes`. Each is a separate run, because ASV stores the results when a run ends.
PROBLEMS = tuple(row.name for row in shown())
#: Two rounds suffice on a GPU, because no other process uses the device.
GPU_ROUNDS = ("--attribute", "rounds=2")
#: Seconds for ASV to end its own processes after SIGTERM.
PATIENCE = 15.0


class Bench:
    """Runs ASV for one machine and keeps its output in one log."""

    def __init__(self, what: str, machine: str) -> None:
        self.machine = machine
        self.log = Path(".asv", "logs", f"{what}-{datetime.now():%Y-%m-%d-%H%M%S}.log")
        try:
            (ROOT / self.log).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / self.log).touch()
        except OSError as error:
            raise SystemExit(f"{self.log} cannot be written: {error.strerror}; ASV's output needs a file") from None
        _say(f"ASV's output is in {self.log}.")

    def measure(self, configuration: Path, pattern: str, *options: str) -> int:
        """Measure the cells of `pattern` on HEAD, print those that failed, and return ASV's status."""
        status, progress = self._run(
            "ASV builds HEAD and lists its cells",
            *("run", "HEAD^!", "--config", str(configuration), "--machine", self.machine),
            *("--record-samples", "--show-stderr", *options, "--bench", pattern),
        )
        for cell, reason in progress.failures.items():
            _say(f"failed: {cell}: {reason}")
        if status and not progress.failures:
            _say(*(progress.warnings or self._last_lines()), f"asv run ended with status {status}.")
        return status

    def publish(self) -> int:
        """Publish all results on the dashboard, print ASV's warnings, and return its status."""
        status, progress = self._run("ASV publishes the dashboard", "publish")
        _say(*progress.warnings)
        if status:
            _say(*self._last_lines(), f"asv publish ended with status {status}.")
        return status

    def measure_and_publish(self, runs: Iterable[tuple[Path, str]]) -> int:
        """Measure and publish each configuration and pattern in turn; return the first status that is not 0."""
        found = 0
        for configuration, pattern in runs:
            status = self.measure(configuration, pattern)
            if status not in (0, BENCHMARK_FAILED):
                return status
            found = found or status
            if status := self.publish():
                return status
        return found

    def _last_lines(self) -> list[str]:
        return (ROOT / self.log).read_text(encoding="utf-8", errors="replace").splitlines()[-10:]

    def _run(self, waiting: str, *arguments: str) -> tuple[int, Progress]:
        """Run ASV and return its status and its progress; `waiting` is the line shown before the first cell."""
        progress = Progress(sys.stdout, waiting)
        progress.show()
        reading, writing = os.pipe()
        command = [*ASV, str(writing), *arguments]
        # The kernel ends ASV if this process is killed.
        ended_with_us = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        with (ROOT / self.log).open("ab") as log, os.fdopen(reading, encoding="utf-8") as events:
            process = subprocess.Popen(
                [*ended_with_us, *command],
                cwd=ROOT,
                env=own_python_first(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[writing],
                start_new_session=True,
            )
            os.close(writing)
            try:
                for event in events:
                    progress.take(json.loads(event))
                status = process.wait()
            finally:
                _end(process)
                progress.clear()
        return status, progress


def _end(process: subprocess.Popen[bytes]) -> None:
    """End ASV and all processes that it started; a second Ctrl-C does not interrupt this."""
    if process.poll() is None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
        process.kill()
    for member in session_of(process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)
    process.wait()


def session_of(leader: int) -> list[int]:
    """The processes of a POSIX session: ASV starts some in their own process groups. Empty on systems without /proc."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()  # the name of a program may contain spaces
            if int(fields[3]) == leader:
                found.append(int(path.parent.name))
    return found


def nightly(machine: str) -> int:
    """Measure the nightly selection."""
    subprocess.run([sys.executable, "-m", "benchmarks.gpu"], cwd=ROOT, check=True)
    return Bench("nightly", machine).measure_and_publish([(SETTINGS, expression("nightly"))])


def full(machine: str) -> int:
    """Measure every cell of the CPU."""
    return Bench("full", machine).measure_and_publish([(SETTINGS, expression("full"))])


def sizes(machine: str, problems: Sequence[str]) -> int:
    """Measure every size of each problem, and publish after each."""
    pattern = expression("sizes")
    runs = [(SETTINGS, rf"^(?=\w+\.{problem}\.)(?:{pattern})") for problem in problems]
    return Bench("sizes", machine).measure_and_publish(runs)


def all_cores(machine: str) -> int:
    """Measure the nightly selection with every core and thread."""
    return Bench("all-cores", machine).measure_and_publish([(asv_runs.all_cores(), expression("nightly"))])


def gpu(machine: str) -> int:
    """Measure the GPU with the packages of this Python, then a few cells on the CPU; publish nothing."""
    bench = Bench("gpu", machine)
    found = 0
    for platform, selection in (("cuda", "gpu"), ("cpu", "beside-gpu")):
        try:
            configuration = asv_runs.installed(platform)
        except SystemExit as reason:
            _say(str(reason))
            status = 1
        else:
            status = bench.measure(configuration, expression(selection), *GPU_ROUNDS)
        found = status or found
    return found


def _say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its status."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument(
        "what",
        choices=("nightly", "full", "sizes", "all-cores", "gpu"),
        help="what to measure; `make help` explains each",
    )
    parser.add_argument("--machine", required=True, help="the name under which ASV stores the results")
    parser.add_argument(
        "--problems", nargs="+", choices=PROBLEMS, metavar="PROBLEM", help="for `sizes` only; default: all"
    )
    parser.add_argument("--then", metavar="MODULE", help="afterwards, run `python -m MODULE` with the machine's name")
    options = parser.parse_args(arguments)
    if options.problems and options.what != "sizes":
        parser.error(f"--problems does not apply to {options.what}: it selects the problems of `sizes`")
    if options.then and options.what == "gpu":
        parser.error("--then does not apply to gpu, which publishes nothing")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a character that the terminal cannot print must not end the run
            stream.reconfigure(errors="replace")
    match options.what:
        case "sizes":
            status = sizes(options.machine, options.problems or PROBLEMS)
        case "gpu":
            return gpu(options.machine)
        case what:
            status = {"nightly": nightly, "full": full, "all-cores": all_cores}[what](options.machine)
    if status in (0, BENCHMARK_FAILED):
        if options.then:
            command = [sys.executable, "-m", options.then, options.machine]
            status = subprocess.run(command, cwd=ROOT, check=False).returncode or status
        _say("The dashboard is in .asv/html; `make preview` shows it.")
    return status


def command() -> NoReturn:
    """Run as `python -m tools.bench`, then exit."""
    _end_with_make()
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _end_with_make() -> None:
    """Receive SIGTERM when `make` ends, even by SIGKILL.

    If a shell started this command, the command outlives the shell, as with nohup.
    """
    if sys.platform == "linux" and "MAKELEVEL" in os.environ:
        set_signal_at_death_of_parent = 1  # PR_SET_PDEATHSIG of prctl(2)
        ctypes.CDLL(None).prctl(set_signal_at_death_of_parent, signal.SIGTERM, 0, 0, 0)


if __name__ == "__main__":
    command()
