"""A process that runs commands of ASV one after the other, so that a suite is imported once (system/asv_host.py)."""

from __future__ import annotations

import contextlib
import json
import selectors
import subprocess
import sys
import tempfile
import time
import weakref
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from asv_verdict.measure.processes import LONGEST_RUN, end, start
from asv_verdict.measure.session import Key, Visit
from asv_verdict.measure.turns import at_once
from asv_verdict.project import Project
from asv_verdict.system import supervised

#: The script of the process. It is never imported.
ASV_HOST = Path(supervised.__file__).with_name("asv_host.py")


class OutOfTime(RuntimeError):
    """A run of ASV was stopped at its deadline."""


@dataclass
class _Running:
    process: subprocess.Popen[str]
    #: The file to which ASV and the benchmarks print.
    output: IO[bytes]
    machine_file: Path


class AsvProcess:
    """Runs commands of ASV in one process, which starts with the first command and ends with this object.

    A command that is stopped at its deadline ends the process as well; the next command starts another.
    """

    def __init__(self) -> None:
        #: Whether ASV can fork the imported suite for each benchmark. A suite that starts threads or a GPU cannot.
        self.can_fork = True
        #: A benchmark of each class that the current round measures: a suite that forks imports only their modules.
        self.benchmarks: Sequence[str] = ()
        #: The visits of all commands since they were last cleared.
        self.visits: defaultdict[Key, list[Visit]] = defaultdict(list)
        #: Whether a benchmark was measured in a forked process.
        self.has_forked = False
        self._running: _Running | None = None
        self._end: Callable[[], object] = _nothing

    def run(
        self, project: Project, machine_file: Path, values: Mapping[str, str], seconds: float, *words: str
    ) -> tuple[int, str]:
        """Status and output of a command of ASV, with other values in its configuration. Raises OutOfTime."""
        return at_once(self.steps(project, machine_file, values, seconds, *words, takes_turns=False))

    def steps(
        self,
        project: Project,
        machine_file: Path,
        values: Mapping[str, str],
        seconds: float,
        *words: str,
        takes_turns: bool = True,
    ) -> Generator[str, None, tuple[int, str]]:
        """Do what `run` does, and yield the name of a cell before each visit."""
        begin = time.monotonic()
        configuration = ["--config", str(project.root / project.configuration_name)]
        request = {
            "values": dict(values),
            "words": [*words[:1], *configuration, *words[1:]],
            # A suite that ASV forks anyway may import what its benchmarks share in a module without benchmarks.
            "benchmarks": [] if project.configuration.get("launch_method") == "forkserver" else list(self.benchmarks),
            "takes_turns": takes_turns,
        }
        running = self._started(project.root, machine_file)
        assert running.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # the process has ended; its status and output say why
            print(json.dumps(request), file=running.process.stdin, flush=True)
        deadline = begin + min(max(seconds, 0.0), LONGEST_RUN)
        try:
            while "turn" in (answer := self._answer(running.process, deadline)):
                yield answer["turn"]
                with contextlib.suppress(BrokenPipeError):
                    print(file=running.process.stdin, flush=True)
            status = answer["status"] if answer else running.process.wait(3 * supervised.PATIENCE) or 1
        except (TimeoutError, subprocess.TimeoutExpired):
            self.close()
            raise OutOfTime(f"asv {words[0]} was stopped after {time.monotonic() - begin:.0f} s") from None
        except BaseException:
            self.close()
            raise
        running.output.seek(0)
        output = running.output.read().decode(errors="replace")
        if not answer:
            self.close()
        return status, output

    def _answer(self, process: subprocess.Popen[str], deadline: float) -> dict[str, Any]:
        """The next answer of the process, whose visits are noted; empty if it has ended. Raises TimeoutError."""
        answer: dict[str, Any] = {}
        with contextlib.suppress(ValueError):  # a process that was killed wrote no line, or a part of one
            answer = json.loads(_line(process, deadline - time.monotonic()))
        for environment, cell, value, ended in answer.get("visited", ()):
            self.visits[environment, cell].append(Visit(ended, value))
        return answer

    def close(self) -> None:
        """End the process, and every process that it started."""
        self._end()
        self._end = _nothing
        self._running = None

    def _started(self, root: Path, machine_file: Path) -> _Running:
        if self._running is None or self._running.machine_file != machine_file:
            self.close()
            output = tempfile.TemporaryFile()  # noqa: SIM115 # `_end` closes it
            command = [sys.executable, str(ASV_HOST), str(machine_file)]
            # ASV and benchmarks that are stopped leave their temporary files.
            temporary = tempfile.mkdtemp(prefix="asv-verdict-")
            process = start(command, root, stdin=subprocess.PIPE, stderr=output, temporary=temporary)
            self._running = _Running(process, output, machine_file)
            self._end = weakref.finalize(self, _end, process, output)
        return self._running


def _nothing() -> None:
    pass


def _line(process: subprocess.Popen[str], seconds: float) -> str:
    """The next line that a process prints; "" if it has ended. Raises TimeoutError."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if not selector.select(max(0.0, seconds)):
            raise TimeoutError
    return process.stdout.readline().strip()


def _end(process: subprocess.Popen[str], output: IO[bytes]) -> None:
    """End a process, and close what it shares with this one."""
    end(process)
    output.close()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
