"""One measurement in a process of its own, forked from one that has imported what all of them need."""

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

#: After so many seconds a process that has not answered says where it is; ASV ends most cells after 120.
SECONDS_UNTIL_TRACEBACK = 100.0


class ProcessFailed(RuntimeError):
    """A forked process ended without an answer: it raised, it crashed or memory ran out."""


def in_forked_process(function: Callable[[], Answer]) -> Answer:
    """What `function` returns in a forked copy of this process; the value has to be picklable.

    Imports are paid for once that way, and a crash takes the copy alone. No backend may have been started before: its
    threads do not survive a fork. Raises NotImplementedError where the function does, so that ASV shows n/a, and
    ProcessFailed with the traceback or the signal where it fails in another way.
    """
    context = get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(function, sender, os.getpid()))
    with warnings.catch_warnings():
        # Python and JAX warn of a fork beside threads. There are none yet but those of a BLAS, which lets them end.
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
    """Have the kernel kill this process when `parent`, which started it, ends; Linux only, elsewhere no change.

    ASV ends a cell that hangs by a signal to its own child. What that has started would go on, and disturb all later
    cells.
    """
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        set_parent_death_signal = 1  # PR_SET_PDEATHSIG of sys/prctl.h
        prctl(set_parent_death_signal, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before that
            os._exit(1)


def _answer(function: Callable[[], object], sender: Connection, parent: int) -> None:
    die_with(parent)
    _die_first()
    # File descriptor 2, since ASV puts a file of its own there.
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
    # Where memory runs out, the kernel shall take this process and not the one that reports it.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
        score.write("1000")


def _cause_of_death(status: int) -> str:
    if status >= 0:
        return f"the measured process ended with status {status} and no answer"
    name = signal.Signals(-status).name
    hint = "; the kernel does that when memory runs out" if -status == signal.SIGKILL else ""
    return f"the measured process was ended by {name}{hint}"
