"""One measurement in one process, forked from a process that has imported everything the measurements share."""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import signal
import traceback
import warnings
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeVar

Answer = TypeVar("Answer")

#: After this many seconds a process without an answer prints its traceback; ASV ends most cells after 120.
SECONDS_UNTIL_TRACEBACK = 100.0


class ProcessFailed(RuntimeError):
    """A forked process ended without an answer: it raised an error, crashed or ran out of memory."""


def in_forked_process(function: Callable[[], Answer]) -> Answer:
    """Run `function` in a forked copy of this process and return its value, which must be picklable.

    The fork saves imports, and a crash ends the copy only. Call this before any backend starts: the threads of a
    backend do not survive a fork. Raises NotImplementedError if the function does, so that ASV shows n/a. Raises
    ProcessFailed with the traceback or the signal if the function fails in any other way.
    """
    context = get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(function, sender, os.getpid()))
    with warnings.catch_warnings():
        # Python and JAX warn about a fork with threads. So far only BLAS has threads, and it stops them first.
        warnings.simplefilter("ignore")
        process.start()
    sender.close()
    with receiver:
        try:
            kind, answer = receiver.recv()
        except EOFError:
            kind, answer = "crash", None
    process.join()
    if kind == "answer":
        return answer
    if kind == "unavailable":
        raise NotImplementedError(answer)
    raise ProcessFailed(answer or _cause_of_death(process.exitcode or 0))


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends; Linux only, no effect elsewhere.

    ASV ends a hanging cell with a signal to its own child. Without this, the grandchild would keep running and disturb
    all later cells.
    """
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        set_parent_death_signal = 1  # PR_SET_PDEATHSIG of sys/prctl.h
        prctl(set_parent_death_signal, signal.SIGKILL)
        if os.getppid() != parent:  # the parent ended before the request
            os._exit(1)


def _answer(function: Callable[[], object], sender: Connection, parent: int) -> None:
    die_with(parent)
    _die_first()
    # File descriptor 2, since ASV redirects it to its own file.
    faulthandler.dump_traceback_later(SECONDS_UNTIL_TRACEBACK, file=2)
    try:
        message = ("answer", function())
    except NotImplementedError as error:
        message = ("unavailable", str(error))
    except BaseException:
        message = ("error", traceback.format_exc())
    faulthandler.cancel_dump_traceback_later()
    sender.send(message)


def _die_first() -> None:
    # If memory runs out, the kernel kills this process and not its parent, which reports the failure.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
        score.write("1000")


def _cause_of_death(status: int) -> str:
    if status >= 0:
        return f"the measured process ended with status {status} and returned no result"
    name = signal.Signals(-status).name
    hint = "; the kernel sends SIGKILL when memory runs out" if -status == signal.SIGKILL else ""
    return f"{name} ended the measured process{hint}"
