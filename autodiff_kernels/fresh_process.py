"""Call a function in a new process that ends with the call, even if the caller is interrupted."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any


class NoAnswer(RuntimeError):
    """The process ended before it returned a result."""


def in_fresh_process(function: Callable[..., Any], *arguments: Any, prepare: Callable[[], None] | None = None) -> Any:
    """The result of `function(*arguments)` in a new process, which runs `prepare` first.

    Raises what the function raises, and NoAnswer if its process ends without a result. An exception here, such as
    KeyboardInterrupt, kills the process.
    """
    context = get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sending, function, arguments, prepare), daemon=True)
    try:
        with _children_ignore_interrupts():
            process.start()
        sending.close()  # otherwise the pipe stays open when the process ends
        succeeded, found = receiving.recv()
    except EOFError:
        raise NoAnswer from None
    finally:
        receiving.close()
        if process.pid is not None:
            process.kill()
            process.join()
    if succeeded:
        return found
    raise found


@contextmanager
def _children_ignore_interrupts() -> Iterator[None]:
    """Let a terminal's Ctrl-C end only this process, which then kills its child: a child would print a traceback."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may change what a signal does
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _answer(
    sending: Connection, function: Callable[..., Any], arguments: tuple[Any, ...], prepare: Callable[[], None] | None
) -> None:
    try:
        if prepare is not None:
            prepare()
        answer = (True, function(*arguments))
    except Exception as error:
        answer = (False, error)
    sending.send(answer)
