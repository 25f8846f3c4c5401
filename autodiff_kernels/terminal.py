"""Text for a terminal: substitutes for missing characters, lines that fit, times with a unit, and progress."""

from __future__ import annotations

import codecs
import io
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: The largest width of a line of text, in columns.
WIDTH = 100

_ASCII = {"µ": "u", "×": "x", "·": "*", "²": "^2", "½": "1/2", "≤": "<=", "≥": ">=", "…": "...", "‖": "||"}


def replace_missing_characters() -> None:
    """Make both output streams write us for µs, x for × and ^2 for ² if their encoding lacks the character."""
    codecs.register_error("autodiff_kernels.ascii", _in_ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="autodiff_kernels.ascii")


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_ASCII.get(character, "?") for character in error.object[error.start : error.end]), error.end


def wrapped(text: str, indent: str) -> list[str]:
    """`text` in lines of at most WIDTH columns, every line after the first indented."""
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def duration(seconds: float) -> str:
    """A time with three digits and its unit."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def about(seconds: float) -> str:
    """A rough time: rounded to 5 seconds below a minute, to whole minutes above."""
    return f"about {max(5, 5 * round(seconds / 5))} s" if seconds < 57.5 else f"about {round(seconds / 60)} min"


@contextmanager
def progress(total: int) -> Iterator[Callable[[int, object], None]]:
    """Yield a function that shows on standard error which of the `total` steps is running.

    A terminal shows one line, which is erased at the end. A file gets one line per step.
    """
    moves, erase = sys.stderr.isatty(), "\r\x1b[K"

    def show(number: int, step: object) -> None:
        text = f"{number} of {total}: {step}"
        if moves:
            print(erase + text[: shutil.get_terminal_size().columns - 1], end="", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        if moves:
            print(erase, end="", file=sys.stderr, flush=True)
