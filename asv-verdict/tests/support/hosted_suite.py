"""A repository with a suite that notes its imports, and a session of its commit with a real ASV."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from asv_verdict.measure.commit_runner import CommitRunner
from asv_verdict.measure.session_runner import SessionRunner
from asv_verdict.project import read_project

SUITE = """
import os, pathlib, sys, threading, time
HERE = pathlib.Path(os.environ["NOTES"])
with open(HERE / "imports", "a") as file:
    print(os.getpid(), file=file)

class Numbers:
    params = [1, 2]
    version = "1"
    def track_size(self, size):
        return size * 10

class Cached:
    version = "1"
    def setup_cache(self):
        with open(HERE / "caches", "a") as file:
            print(os.getcwd(), file=file)
        pathlib.Path("count").write_text("0")
        return os.getcwd()
    def track_rounds(self, folder):
        count = int(pathlib.Path("count").read_text()) + 1
        pathlib.Path("count").write_text(str(count))
        assert folder == os.getcwd()
        return count

DRAW = int.from_bytes(os.urandom(4), "big")

class Random:
    version = "1"
    def setup_cache(self):
        return int.from_bytes(os.urandom(4), "big")
    def track_cached(self, drawn):
        return drawn
    def track_imported(self, drawn):
        return DRAW
"""
SIZES = ["suite.Numbers.track_size(1)", "suite.Numbers.track_size(2)"]


@contextlib.contextmanager
def hosted(folder: Path) -> Iterator[Callable[..., SessionRunner]]:
    """Makes a repository with a suite in `folder`, and a session of its commit that forks."""
    root = folder / "project"
    processes = []

    def made(suite=SUITE, forks=True, minutes=5.0, html_dir="html", launch_method="auto", **files):
        (root / "benchmarks").mkdir(parents=True)
        (root / "benchmarks" / "__init__.py").touch()
        for name, text in {"suite": suite, **files}.items():
            (root / "benchmarks" / f"{name}.py").write_text(text)
        content = {
            "version": 1,
            "project": "kernels",
            "repo": ".",
            "environment_type": "installed",
            "html_dir": html_dir,
            "launch_method": launch_method,
            "pythons": [f"{sys.version_info.major}.{sys.version_info.minor}"],
            "plugins": [".asv_verdict.measure.installed"],
        }
        (root / "asv.conf.json").write_text(json.dumps(content))
        for words in ("init -q -b main", "config user.email a@b.c", "config user.name a", "add .", "commit -qm Begin"):
            subprocess.run(["git", "-C", str(root), *words.split()], check=True)
        subprocess.run([sys.executable, "-m", "asv", "machine", "--yes", "--machine", "m"], cwd=root, check=True)
        commit = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        runner = CommitRunner(read_project(root / "asv.conf.json"), "m", commit)
        processes.append(runner.process)
        runner.build(folder / "built", 60)
        return SessionRunner([runner], folder / "session", minutes * 60, lambda words: None, forks=forks)

    try:
        yield made
    finally:
        for process in processes:
            process.close()


def lines(name):
    """The lines that the suite wrote into a file."""
    path = os.path.join(os.environ["NOTES"], name)
    return Path(path).read_text().splitlines() if os.path.exists(path) else []


def values(session_runner):
    """The rounds of each cell."""
    (found,) = session_runner.session.values.values()
    return {cell: rounds for (_, cell), rounds in found.items()}
