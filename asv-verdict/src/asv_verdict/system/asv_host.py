"""Run commands of ASV in one process that keeps what they share: `asv_host.py FILE`.

FILE replaces ~/.asv-machine.json, which all projects of the user share: each `asv run` truncates and rewrites it, and a
kill in between would leave it empty. Each line of standard input is a request, a JSON object: `words` are the arguments
of a command, and `values` replace those of the configuration that `--config` names; a copy of the configuration would
have to lie next to it, because ASV resolves paths relative to it. `benchmarks` names one of each class that the round
measures; if there are any, a suite that forks imports only their modules. Each line of standard output is an answer, a
JSON object: when the command has ended, `status` is its exit status. The command itself prints to standard error, which
is emptied before each request if it is a file.

A command that `takes_turns` with those of other processes also answers before each visit of a cell, with its name as
`turn`, and continues when it can read a line. Each answer has the `visited` cells since the last one (visits.py): the
environment, the cell, its value from this process alone, and the time at which it ended.

`asv run` imports the whole suite to list its benchmarks, and again for each benchmark. Between two requests this
process keeps what can be used again (kept_suites.py). It ends every other process that a command started.

A stored infinity does not stop `asv publish` (finite_graphs.py).
"""

from __future__ import annotations

import functools
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

# The modules without a package lie next to this script.
import finite_graphs  # type: ignore[import-not-found] # noqa: F401
import supervised  # type: ignore[import-not-found]
import visits  # type: ignore[import-not-found]
from asv import runner
from asv.config import Config
from asv.console import log
from asv.machine import MachineCollection
from asv.main import main
from asv.plugin_manager import plugin_manager
from kept_suites import Suites  # type: ignore[import-not-found]


def serve(requests: Iterator[str], answer: Callable[[dict[str, Any]], None]) -> None:
    """Run the command of each request in turn, and answer with its exit status."""
    suites = Suites()
    suites.start()
    _import_plugins_once()
    visited = _Visits(requests, answer)
    load = Config.load
    try:
        for line in requests:
            request = json.loads(line)
            suites.benchmarks = request.get("benchmarks", ())
            visited.take_turns = request.get("takes_turns", False)
            before = supervised.descendants(os.getpid())
            status = _status_of(request["words"], functools.partial(loaded, load, request["values"]))
            supervised.end_descendants(os.getpid(), spared=before | suites.processes())
            visited.answer({"status": status})
    finally:
        suites.close()


class _Visits:
    """Notes each visit of a cell for the next answer, and waits before it if the present command takes turns."""

    def __init__(self, requests: Iterator[str], answer: Callable[[dict[str, Any]], None]) -> None:
        self.take_turns = False
        self._answer = answer
        self._visited: list[tuple[str, str, float, float]] = []
        run_cell, told = runner._run_benchmark_single_param, visits.ToldValue()

        def run_in_turn(benchmark: Any, spawner: Any, index: int, *arguments: Any, **named: Any) -> Any:
            if self.take_turns:
                self.answer({"turn": f"{benchmark['name']} {index}"})
                next(requests)
            told.forget()
            result = run_cell(benchmark, spawner, index, *arguments, **named)
            value = visits.value_of(result, told.read())
            if value is not None:
                name = visits.name_of(benchmark, index)
                self._visited.append((spawner.env.name, name, value, time.monotonic()))
            return result

        runner._run_benchmark_single_param = run_in_turn

    def answer(self, content: dict[str, Any]) -> None:
        """Answer, with the visits since the last answer."""
        self._answer({**content, "visited": self._visited})
        self._visited = []


def loaded(load: Callable[[str | None], Config], values: dict[str, Any], path: str | None = None) -> Config:
    """ASV's configuration with other values."""
    configuration = load(path)
    configuration.__dict__.update(values)
    return configuration


def _status_of(words: list[str], load: Callable[[str | None], Config]) -> int:
    """Run a command of ASV; returns its exit status."""
    _empty(sys.stderr.fileno())
    Config.load = load
    log._logger.handlers.clear()  # each command adds the handler again
    log.__init__()
    sys.argv = ["asv", *words]
    here = os.getcwd()
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:
        traceback.print_exc()
        return 1
    finally:
        os.chdir(here)  # ASV changes to the folder of the configuration
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _empty(descriptor: int) -> None:
    try:
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
    except OSError:  # a terminal or a pipe
        return


def _import_plugins_once() -> None:
    """Make ASV import each plugin once, and not again in each command: a plugin may wrap functions of ASV."""
    imported: set[str] = set()
    import_plugin = plugin_manager.import_plugin

    def once(name: str) -> None:
        if name not in imported:
            import_plugin(name)
            imported.add(name)

    plugin_manager.import_plugin = once


def _own_streams() -> tuple[Any, Any]:
    """The requests and the answers. Commands and benchmarks have neither: they print to standard error."""
    requests, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers


if __name__ == "__main__":
    machine_file = sys.argv[1]
    MachineCollection.get_machine_file_path = staticmethod(lambda: machine_file)
    sys.path[0] = os.getcwd()  # as with `python -m asv`: plugins may be in the working directory
    supervised.adopt_orphans()
    requests, answers = _own_streams()
    serve(requests, lambda found: print(json.dumps(found), file=answers, flush=True))
