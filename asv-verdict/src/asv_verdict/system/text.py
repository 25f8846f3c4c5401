"""Foreign text for a terminal: from commits, results, other programs and other people."""

from __future__ import annotations

import contextlib
import shutil
import sys
import unicodedata

#: The longest text of a message, in characters.
LONGEST = 1000
#: Categories that a terminal or a browser obeys and does not show: control, format, surrogates, separators of lines.
_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
#: Line breaks and tabs, and the joiners inside emoji and words of some scripts.
_HARMLESS = frozenset("\n\t\u200c\u200d")


def visible(text: str) -> str:
    r"""The text with control characters, except line breaks and tabs, as escape sequences such as `\x1b`."""
    return "".join(
        character
        if character in _HARMLESS or unicodedata.category(character) not in _OBEYED
        else character.encode("unicode_escape").decode()
        for character in text.replace("\r\n", "\n")
    )


def one_line(text: str, longest: int = LONGEST) -> str:
    """The visible text on one line, cut with an ellipsis after `longest` characters."""
    line = " ".join(visible(text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def counted(number: int, noun: str) -> str:
    """A number and its noun, such as `1 cell` or `2 cells`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class Progress(str):
    """A line on the progress of a run, which the next line may replace."""


class Speaker:
    """Prints lines to standard error. On a terminal, each line of progress replaces the one before it.

    Standard error that cannot be written, such as a log on a full disk, is no reason to stop a measurement.
    """

    def __init__(self) -> None:
        self._is_open = False

    def __call__(self, sentence: str) -> None:
        """Print a sentence, without control characters."""
        if isinstance(sentence, Progress) and sys.stderr.isatty():
            line = one_line(sentence, shutil.get_terminal_size().columns - 1)
            _print(f"\r\x1b[K{line}")
            self._is_open = True
        else:
            self.end()
            _print(visible(sentence) + "\n")

    def end(self) -> None:
        """Begin a new line if the last one was progress, before something else is printed."""
        if self._is_open:
            _print("\n")
        self._is_open = False


def _print(text: str) -> None:
    with contextlib.suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()
