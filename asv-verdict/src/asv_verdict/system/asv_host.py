"""Run commands of ASV in one process that keeps what they share: `asv_host.py FILE`.

FILE replaces ~/.asv-machine.json, which all projects of the user share: each `asv run` truncates and rewrites it, and a
kill in between would leave it empty. Each line of standard input is a request, a JSON object: `words` are the arguments
of a command, and `values` replace those of the configuration that `--config` names; a copy of the configuration would
have to lie next to it, because ASV resolves paths relative to it. When the command has ended, its exit status is
written to standard output as a line. The command itself prints to standard error, which is emptied before each request
if it is a file.

`asv run` imports the whole suite to list its benchmarks, and again for each benchmark. Between two requests this
process keeps the list, and the suite in a process that forks for each benchmark (`--launch-method forkserver`), as long
as no benchmark file changes. A request with another `results_dir` is another round: it imports the suite anew, since
random data, the seed of hashes and the layout of memory would be the same in every fork, and rounds have to be
independent. It ends every other process that a command started.

A stored infinity does not stop `asv publish` (finite_graphs.py).
"""

from __future__ import annotations

import contextlib
import copy
import functools
import json
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable
from typing import Any

import finite_graphs  # type: ignore[import-not-found] # noqa: F401 # next to this script, as is `supervised`
import supervised  # type: ignore[import-not-found]
from asv import runner
from asv.benchmarks import Benchmarks
from asv.config import Config
from asv.console import log
from asv.machine import MachineCollection
from asv.main import main
from asv.plugin_manager import plugin_manager

#: What identifies the state of a folder: for each file its name, size, and times of change.
Fingerprint = frozenset[tuple[str, int, int, int]]


def serve(requests: Iterable[str], answer: Callable[[int], None]) -> None:
    """Run the command of each request in turn, and answer with its exit status."""
    suites = _Suites()
    suites.start()
    _import_plugins_once()
    load = Config.load
    try:
        for line in requests:
            request = json.loads(line)
            before = supervised.descendants(os.getpid())
            status = _status_of(request["words"], functools.partial(_loaded, load, request["values"]))
            supervised.end_descendants(os.getpid(), spared=before | suites.processes())
            answer(status)
    finally:
        suites.close()


def _loaded(load: Callable[[str | None], Config], values: dict[str, Any], path: str | None = None) -> Config:
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


class _Suites:
    """The suites that were imported so far, and what ASV needs of them in each run."""

    def __init__(self) -> None:
        self._found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        self._spawners: dict[tuple[Any, ...], Any] = {}
        self._fingerprints: dict[str, Fingerprint] = {}
        #: The results folder of the current round.
        self._round = ""

    def start(self) -> None:
        """Make ASV ask this object for the list of benchmarks, and for the process that starts them."""
        discover = Benchmarks._disc_benchmarks.__func__
        get_spawner = runner.get_spawner

        def discovered(
            cls: type, conf: Any, repo: Any, environments: Any, commits: Any, *rest: Any, **more: Any
        ) -> Any:
            root = os.path.abspath(conf.benchmark_dir)
            self._forget_if_changed(root)
            self._begin(os.path.abspath(conf.results_dir))
            names = tuple((one.name, one._path) for one in environments)
            key = (root, names, tuple(commits), rest, tuple(sorted(more.items())))
            if key not in self._found:
                self._found[key] = discover(cls, conf, repo, environments, commits, *rest, **more)
            return copy.deepcopy(self._found[key])  # ASV writes time limits into it

        def kept(env: Any, benchmark_dir: str, launch_method: str | None) -> Any:
            root = os.path.abspath(benchmark_dir)
            self._forget_if_changed(root)
            key = (root, launch_method, env.name, env._path, env.installed_commit_hash)
            if key in self._spawners and not _is_running(self._spawners[key]):
                self._spawners.pop(key).end()
            if key not in self._spawners:
                # A suite may read and write files at import: elsewhere, as without forks.
                with contextlib.chdir(tempfile.gettempdir()):
                    self._spawners[key] = _Spawner(get_spawner(env, root, launch_method))
            return self._spawners[key]

        Benchmarks._disc_benchmarks = classmethod(discovered)
        runner.get_spawner = kept

    def _begin(self, results: str) -> None:
        """End the imported suites of another round."""
        if self._round != results:
            self._round = results
            self.close()

    def _forget_if_changed(self, root: str) -> None:
        """Forget the suite in a folder whose files changed: ASV reads the benchmarks from the working tree."""
        now = fingerprint(root)
        if self._fingerprints.setdefault(root, now) != now:
            self._fingerprints[root] = now
            for key in [key for key in self._spawners if key[0] == root]:
                self._spawners.pop(key).end()
            self._found = {key: found for key, found in self._found.items() if key[0] != root}

    def processes(self) -> set[int]:
        """The processes that belong to an imported suite."""
        return {process for spawner in self._spawners.values() for process in spawner.processes}

    def close(self) -> None:
        """End the processes of all suites."""
        while self._spawners:
            self._spawners.popitem()[1].end()


def _is_running(spawner: _Spawner) -> bool:
    server = getattr(spawner.original, "server_proc", None)
    return server is None or server.poll() is None


class _Spawner:
    """ASV's spawner, which lives as long as this object: ASV's own `close` does nothing. It imports a suite once."""

    def __init__(self, original: Any) -> None:
        self.original = original
        self.processes: frozenset[int] = frozenset()
        self._imported: tuple[bool, str] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)

    def preimport(self) -> tuple[bool, str]:
        """Import the suite, unless this was done before."""
        if self._imported is None or not self._imported[0]:
            self._imported = self.original.preimport()
            server = getattr(self.original, "server_proc", None)
            if server is not None:
                self.processes = frozenset({server.pid, *supervised.descendants(server.pid)})
        return self._imported[0], ""

    def close(self) -> None:
        """Called by ASV at the end of each run."""

    def end(self) -> None:
        """End the processes of the suite. ASV would wait for those that the import has started."""
        for process in self.processes & supervised.descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.original.close()


def fingerprint(root: str) -> Fingerprint:
    """The state of the files below a folder."""
    found = set()
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if name != "__pycache__"]
        for name in names:
            path = os.path.join(folder, name)
            try:
                state = os.stat(path)
            except OSError:
                continue
            found.add((path, state.st_size, state.st_mtime_ns, state.st_ctime_ns))
    return frozenset(found)


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
    serve(requests, lambda status: print(status, file=answers, flush=True))
