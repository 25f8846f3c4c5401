"""The standard streams and the signals of a command."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys

#: What is added to the number of a signal to make an exit status.
SIGNALLED = 128
#: The signals that ask a process to end, as far as the platform has them.
ENDING = ("SIGTERM", "SIGINT", "SIGHUP")


def open_streams() -> None:
    """Open each closed standard stream on the null device, and make each accept every character.

    A file that the process opened later would take the descriptor of a closed stream, and get its output.
    """
    with contextlib.suppress(OSError):
        while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
            os.set_inheritable(descriptor, True)
        os.close(descriptor)
    for name, number in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:  # how Python tells that the stream was closed
            setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))  # noqa: SIM115 # it stays open
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):  # a character that the terminal cannot show is escaped
            stream.reconfigure(errors="backslashreplace")


def discard_output() -> None:
    """Send the rest of the standard output to the null device, so that Python does not try to write it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def exit_on_signals() -> None:
    """Exit with SIGNALLED + its number on a signal that asks the process to end, after stopping what it has started.

    A signal that the caller has ignored, as `nohup` does, stays ignored.
    """
    for name in ENDING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, frame: sys.exit(SIGNALLED + number))
