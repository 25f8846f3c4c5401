"""Keep what the runs of ASV in one process share: the list of benchmarks, and the imported suite.

With `--launch-method forkserver`, ASV imports the suite in a process that forks for each benchmark. If a request names
benchmarks, this process imports only their modules (fork_server.py). A changed benchmark file makes ASV list and import
the suite again. A request with another `results_dir` is another round: it imports the suite anew, since random data,
the seed of hashes and the layout of memory would be the same in every fork, and rounds have to be independent. The
script `asv_host.py` imports this module, which lies next to it.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import signal
import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import fork_server  # type: ignore[import-not-found]
import supervised  # type: ignore[import-not-found]
from asv import runner
from asv.benchmarks import Benchmarks

#: What identifies the state of a folder: for each file its name, size, and times of change.
Fingerprint = frozenset[tuple[str, int, int, int]]


class Suites:
    """The suites that were imported so far, and what ASV needs of them in each run."""

    def __init__(self) -> None:
        self._found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        self._spawners: dict[tuple[Any, ...], Any] = {}
        self._fingerprints: dict[str, Fingerprint] = {}
        #: Benchmarks of all modules that the current round measures; empty if ASV imports the whole suite.
        self.benchmarks: Sequence[str] = ()
        #: The folders into which ASV writes.
        self._written: Collection[str] = ()
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
            self._written = frozenset(map(os.path.abspath, (conf.results_dir, conf.html_dir, conf.env_dir)))
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
                with contextlib.chdir(tempfile.gettempdir()), _importing(self.benchmarks):
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
        now = fingerprint(root, self._written)
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


@contextlib.contextmanager
def _importing(benchmarks: Sequence[str]) -> Iterator[None]:
    """Let a fork server that ASV starts import only the modules of these benchmarks, if there are any."""
    if not benchmarks:
        yield
        return
    script = runner.BENCHMARK_RUN_SCRIPT
    descriptor, name = tempfile.mkstemp(suffix=".json")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"script": script, "benchmarks": list(benchmarks)}, file)
    os.environ[fork_server.VARIABLE] = name
    runner.BENCHMARK_RUN_SCRIPT = fork_server.__file__
    try:
        yield
    finally:
        runner.BENCHMARK_RUN_SCRIPT = script
        del os.environ[fork_server.VARIABLE]
        Path(name).unlink()


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
        server = getattr(self.original, "server_proc", None)
        if server is not None and server.pid in self.processes:
            server.wait()  # ASV would sleep while the process that was killed is still there
        self.original.close()


def fingerprint(root: str, written: Collection[str] = ()) -> Fingerprint:
    """The state of the files below a folder, without caches, hidden folders and those in `written`.

    ASV's configuration often lies in the folder of the benchmarks, and then ASV writes results and environments there.
    """
    found = set()
    for folder, below, names in os.walk(root):
        below[:] = [
            name
            for name in below
            if name != "__pycache__" and not name.startswith(".") and os.path.join(folder, name) not in written
        ]
        for name in names:
            path = os.path.join(folder, name)
            try:
                state = os.stat(path)
            except OSError:
                continue
            found.add((path, state.st_size, state.st_mtime_ns, state.st_ctime_ns))
    return frozenset(found)
