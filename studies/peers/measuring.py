"""Measure the contestants in rounds. Each has its own process, and only one of them runs at a time."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Sequence
from importlib import metadata
from multiprocessing.connection import Connection

import numpy as np

from autodiff_kernels.accuracy import relative_errors
from autodiff_kernels.checking import WrongResult
from benchmarks.clock import best_call, pin_to_core
from studies.peers.contestants import CONTESTANTS, FLOOR, PACKAGES, inputs

#: The largest relative error that a gradient may have.
TOLERANCE = 1e-9
#: How long the calls of a contestant are repeated in a round, in seconds; there is at least one call.
ROUND_SECONDS = 0.5
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Disagrees(ArithmeticError):
    """The gradient of a contestant differs from the oracle's."""


def measure(
    size: int, names: Sequence[str], rounds: int, say: Callable[[str], None] = print
) -> tuple[dict[str, float], dict[str, str]]:
    """Seconds of the shortest call of each contestant at a size, and the reason for each one not measured.

    Raises Disagrees if a gradient differs from the oracle's.
    """
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    context = multiprocessing.get_context("spawn")
    connections: dict[str, Connection] = {}
    missing: dict[str, str] = {}
    best: dict[str, float] = {}
    processes = []
    for name in names:
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(name, size, theirs), name=name, daemon=True)
        process.start()
        theirs.close()  # otherwise the connection would stay open when the process ends
        processes.append(process)
        kind, words = answer(ours)
        if kind == "disagrees":
            raise Disagrees(words)
        if kind == "missing":
            missing[name] = words
            say(f"n = {size}: {name} is not measured: {words}")
            continue
        connections[name] = ours
    for number in range(rounds):
        # The order alternates between forwards and backwards, so that a drift favours no contestant.
        for name in list(connections)[:: 1 - 2 * (number % 2)]:
            try:
                connections[name].send(ROUND_SECONDS)
                seconds = connections[name].recv() / (2 if name == FLOOR else 1)
            except (EOFError, OSError):
                missing[name] = f"its process ended in round {number + 1}"
                say(f"n = {size}: {name} is no longer measured: {missing[name]}")
                del connections[name]
                best.pop(name, None)
                continue
            best[name] = min(best.get(name, seconds), seconds)
        say(f"n = {size}: round {number + 1} of {rounds}")
    for connection in connections.values():
        with contextlib.suppress(OSError):  # the process may have ended after its last answer
            connection.send(None)
    for process in processes:
        process.join(10)
    return best, missing


def answer(connection: Connection) -> tuple[str, str]:
    try:
        kind, words = connection.recv()
    except (EOFError, OSError):
        return "missing", "its process ended without an answer"
    return kind, words


def serve(name: str, size: int, connection: Connection) -> None:
    """Build a contestant and check it. Then time calls for each number of seconds received; None ends the process."""
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
            allowed = f"relative error {worst:.1e}, at most {TOLERANCE:.0e} is allowed"
            connection.send(("disagrees", f"{name} at n = {size}: gradient {result}, expected {expected}; {allowed}"))
            return
    connection.send(("ready", ""))
    while (seconds := connection.recv()) is not None:
        connection.send(best_call(run, seconds))


def versions() -> str:
    """The versions of the peers and of the libraries of this package."""
    found = {}
    for package in (*PACKAGES.values(), "jax", "autograd", "numpy", "scipy"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(f"{package} {version}" for package, version in found.items())
