"""Measured in turn: a process for each contestant, of which one runs at a time, round after round."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Sequence
from importlib import metadata
from multiprocessing.connection import Connection

import numpy as np

from autodiff_kernels.accuracy import relative_errors
from autodiff_kernels.programs import WrongResult
from benchmarks.clock import best_call, pin_to_core
from tools.peers.contestants import CONTESTANTS, FLOOR, PACKAGES, inputs

#: The error that a gradient may have, relative to the oracle's.
TOLERANCE = 1e-9
#: Seconds of calls in a round, one call at least.
ROUND_SECONDS = 0.5
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Disagrees(ArithmeticError):
    """A contestant's gradient is not the oracle's."""


def measure(
    size: int, names: Sequence[str], rounds: int, say: Callable[[str], None] = print
) -> tuple[dict[str, float], dict[str, str]]:
    """Seconds of the shortest call of each contestant at a size, and why the others have none.

    Raises Disagrees where a gradient is not the oracle's.
    """
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    context = multiprocessing.get_context("spawn")
    connections: dict[str, Connection] = {}
    missing: dict[str, str] = {}
    best: dict[str, float] = {}
    processes = []
    for name in names:
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(name, size, theirs), name=name, daemon=True)
        process.start()
        theirs.close()  # so that the end of the process is the end of what it sends
        processes.append(process)
        kind, words = _answer(ours)
        if kind == "disagrees":
            raise Disagrees(words)
        if kind == "missing":
            missing[name] = words
            say(f"n = {size}: {name} is not measured: {words}")
            continue
        connections[name] = ours
    for number in range(rounds):
        # To and fro, so that what grows over time is nobody's.
        for name in list(connections)[:: 1 - 2 * (number % 2)]:
            try:
                connections[name].send(ROUND_SECONDS)
                seconds = connections[name].recv() / (2 if name == FLOOR else 1)
            except (EOFError, OSError):
                missing[name] = f"its process ended in round {number + 1}"
                say(f"n = {size}: {name} is measured no more: {missing[name]}")
                del connections[name]
                best.pop(name, None)
                continue
            best[name] = min(best.get(name, seconds), seconds)
        say(f"n = {size}: round {number + 1} of {rounds}")
    for connection in connections.values():
        with contextlib.suppress(OSError):  # it has answered, and may have ended since
            connection.send(None)
    for process in processes:
        process.join(10)
    return best, missing


def _answer(connection: Connection) -> tuple[str, str]:
    try:
        kind, words = connection.recv()
    except (EOFError, OSError):
        return "missing", "its process ended without an answer"
    return kind, words


def _serve(name: str, size: int, connection: Connection) -> None:
    """Build a contestant and check it; then time calls for as long as is asked, until None is."""
    pin_to_core(-1)
    of_mvn = inputs(size)
    try:
        run = CONTESTANTS[name](of_mvn)
        result = np.asarray(run())
    except ImportError as missing:
        connection.send(("missing", f"{missing}; `make peers` installs it"))
        return
    except WrongResult as wrong:
        connection.send(("disagrees", str(wrong)))
        return
    except Exception as failure:
        connection.send(("missing", f"{type(failure).__name__}: {failure}"))
        return
    if name != FLOOR:
        from autodiff_kernels import PROBLEMS

        expected = PROBLEMS["mvn"].derivative(of_mvn, "cholesky")
        worst = float(np.max(relative_errors(result, expected)))
        if not worst <= TOLERANCE:
            connection.send(("disagrees", f"{name} at n = {size}: {result} is not {expected}, by {worst:.1e}"))
            return
    connection.send(("ready", ""))
    while (seconds := connection.recv()) is not None:
        connection.send(best_call(run, seconds))


def versions() -> str:
    """What is measured, with the libraries under it."""
    found = {}
    for package in (*PACKAGES.values(), "jax", "autograd", "numpy", "scipy"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(f"{package} {version}" for package, version in found.items())
